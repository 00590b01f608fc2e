import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isChangeKey } from '../../../src/core/change-keys.ts';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import { map, toItem, type ChangeEvent, type Mapped } from '../../../src/core/map.ts';
import { parse, type Group, type Item, type Output } from '../../../src/core/parse.ts';
import { wideWindow, anyGroup } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: 'tmdb.movie.', partitions: 6, schemas });
const readBack = (mapped: Mapped) => decode(schemas[mapped.schema].type, encode(mapped).value) as ChangeEvent;
const plain = (event: unknown): unknown => JSON.parse(JSON.stringify(event));
const isItem = (output: Output): output is Item => output.kind === 'item';

const eventsOf = (groups: readonly Group[]) =>
  parse(groups, wideWindow)
    .outputs.filter(isItem)
    .map((item) => ({ item, mapped: map(42, item, 1_700_000_000_000) }));

describe('every change comes out as it went in', () => {
  it('for items of every shape', () => {
    fc.assert(
      fc.property(anyGroup, ({ key, item }) => {
        const found = eventsOf([{ key, items: [item] }]);
        expect(found).toHaveLength(1);
        for (const { mapped } of found) {
          const event = readBack(mapped);
          expect(isDeepStrictEqual(toItem(event), item)).toBe(true);
          expect(plain(event)).toEqual(plain(mapped.value));
          expect(Object.values(mapped.headers).every((header) => typeof header === 'string')).toBe(true);
        }
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 3000) },
    );
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
    const typed = found.filter(({ mapped }) => (mapped.value as ChangeEvent).raw === null);
    console.log(`recordings: ${files.length} files, ${total} items, raw is null for ${typed.length}`);
    const kept = found.filter(({ item, mapped }) => isChangeKey(item.changeKey) && mapped.value.raw !== null);
    expect(kept.map(({ item }) => item.received)).toEqual([]);
  });
});
