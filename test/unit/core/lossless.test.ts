import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeKeys } from '../../../src/core/change-keys.ts';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import type { Json } from '../../../src/core/json.ts';
import { map, noteRecord, toItem, type ChangeEvent, type Mapped } from '../../../src/core/map.ts';
import { parse, type Group, type Item, type Output } from '../../../src/core/parse.ts';
import { wideWindow, anyGroup } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: 'tmdb.movie.', partitions: 6, schemas });
const readBack = (mapped: Mapped) => decode(schemas[mapped.schema].type, encode(mapped).value) as ChangeEvent;
const plain = (event: unknown): unknown => JSON.parse(JSON.stringify(event));
const blank = { id: '65a5e1d0aa000000000000a1', action: 'updated', time: '2024-01-16 01:54:56 UTC' };
/** jest's arrays have another prototype than those of structuredClone. */
const ofOneRealm = (json: Json): unknown => structuredClone(json);
const isItem = (output: Output): output is Item => output.kind === 'item';

const eventsOf = (groups: readonly Group[]) =>
  parse(groups, wideWindow)
    .outputs.filter(isItem)
    .map((item) => ({ item, mapped: map(42, item, 1_700_000_000_000) }));

describe('every change comes out as it went in', () => {
  it('for items of every change key, and raw is kept where it has to be alone', () => {
    const complete = new Map<string, Set<boolean>>();
    fc.assert(
      fc.property(anyGroup, ({ key, item }) => {
        const found = eventsOf([{ key, items: [item] }]);
        expect(found).toHaveLength(1);
        for (const { mapped } of found) {
          const event = readBack(mapped);
          expect(isDeepStrictEqual(ofOneRealm(toItem(event)), ofOneRealm(item))).toBe(true);
          complete.set(key, (complete.get(key) ?? new Set()).add(event.raw === null));
          expect(plain(event)).toEqual(plain(mapped.value));
          expect(Object.values(mapped.headers).every((header) => typeof header === 'string')).toBe(true);
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 4000) },
    );
    // Of every key there were both: what the typed form holds alone, and what it does not.
    for (const key of Object.keys(changeKeys)) expect([key, complete.get(key)?.size]).toEqual([key, 2]);
  });

  it('an event keeps the shape it was read by, whether its key had a topic then or has one now', () => {
    const [old] = eventsOf([{ key: 'a key of tomorrow', items: [{ ...blank, value: '5' }] }]);
    const [own] = eventsOf([{ key: 'title', items: [{ ...blank, value: '5' }] }]);
    if (old === undefined || own === undefined) throw new Error('nothing was parsed');
    const [before, now] = [readBack(old.mapped), readBack(own.mapped)];
    const as = (event: ChangeEvent, changeKey: string) =>
      toItem(Object.assign<ChangeEvent, object>(event, { change_key: changeKey }));
    expect(as(before, 'title')).toMatchObject({ value: '5' }); // JSON text, not text
    expect(as(now, 'a key of tomorrow')).toMatchObject({ value: '5' }); // text, not JSON text
    expect(() => toItem(noteRecord({ ...now }, 'tmdb.movie.ChangeOfTomorrow'))).toThrow(/of a newer tmdb-cdc: upgrade/);
  });

  const folder = '../shared/recordings';
  const isThere = existsSync(folder);
  const recorded = isThere ? it : it.skip;
  recorded(`for every recorded answer${isThere ? '' : ' (no recordings on this machine)'}`, () => {
    const files = readdirSync(folder).filter((file) => /^(movie|fragment|partial)-.*\.json$/.test(file));
    const groups = files.flatMap((file) => {
      const body = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as { changes?: Group[] };
      return body.changes ?? [body as unknown as Group];
    });
    const total = groups.reduce((sum, { items }) => sum + items.length, 0);
    const found = groups.flatMap((group) => eventsOf([group]));
    expect(found).toHaveLength(total);
    for (const { item, mapped } of found) expect(toItem(readBack(mapped))).toEqual(item.received);
    const shares = [...Map.groupBy(found, ({ item }) => item.changeKey)].sort().map(([key, all]) => {
      const typed = all.filter(({ mapped }) => mapped.topic === key && mapped.value.raw === null).length;
      return { key, typed, all: all.length };
    });
    const typed = shares.reduce((sum, share) => sum + share.typed, 0);
    process.stdout.write(
      `recordings: ${files.length} files, ${total} items, typed and raw null for ${typed} of them:\n` +
        `${shares.map((share) => `${share.key} ${share.typed}/${share.all}`).join(', ')}\n`,
    );
    expect(typed / total).toBeGreaterThanOrEqual(0.95);
  });
});
