import { readdirSync, existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Window } from '../../../src/core/checkpoint.ts';
import { parse, readAnswer } from '../../../src/core/parse.ts';
import { outputsOf } from '../../support/items.ts';

const window: Window = {
  bound: 'from',
  ask: { start: '2026-08-16', end: '2026-08-19' },
  take: { start: '2026-08-17', end: null },
};
const id = (time: string): string =>
  (Date.parse(time.replace(' UTC', 'Z').replace(' ', 'T')) / 1000).toString(16) + 'aa00000000000001';
const at = (time: string, more: object = {}) => ({ id: id(time), action: 'added', time, value: 'x', ...more });
const good = at('2026-08-18 10:00:00 UTC');
const one = (item: unknown, key: unknown = 'title') => outputsOf([{ key, items: [item] }] as never, window);

describe('an item', () => {
  it('with identity, action and time is an event, named by its id', () => {
    expect(one(good)).toMatchObject([{ kind: 'item', stamp: good.id, place: Date.parse('2026-08-18T10:00:00Z') }]);
  });

  it('whose id is of another second is named by both', () => {
    const item = at('2026-08-18 10:00:00 UTC', { id: id('2026-08-18 09:59:59 UTC') });
    expect(one(item)[0]?.stamp).toBe(`1787047200-${item.id}`);
  });

  it.each(['2026-08-18T10:00:00Z', '2026-08-18T10:00:00.000Z', '2026-08-18T12:00:00+02:00'])(
    'has the same name whether its time reads %s or TMDB style',
    (time) => expect(one({ ...good, time })[0]?.stamp).toBe(good.id),
  );

  it.each([
    ['no action', { action: undefined }, 'action: '],
    ['a null action', { action: null }, 'action: '],
    ['no id', { id: undefined }, 'id: '],
    ['a number as id', { id: 7 }, 'id: '],
    ['an empty id', { id: '' }, 'id: '],
    ['a blank in its id', { id: 'a b' }, 'id: '],
    ['no time', { time: undefined }, 'time: '],
    ['a day that does not exist', { time: '2026-02-30 10:00:00 UTC' }, 'time: '],
    ['an hour that does not exist', { time: '2026-08-18 24:00:00 UTC' }, 'time: '],
    ['no zone', { time: '2026-08-18 10:00:00' }, 'time: '],
    ['a time more than a day outside the window', { time: '2019-01-01 00:00:00 UTC' }, 'time: more than a day'],
  ])('with %s is rejected with a reason', (_, member, reason) => {
    const [output] = one({ ...good, ...member });
    expect(output).toMatchObject({ kind: 'rejected', reason: expect.stringContaining(reason) });
  });

  it.each([[null], [7], ['text'], [[]], [{}]])('that is %j is rejected and has no place in time', (item) => {
    expect(one(item)).toMatchObject([
      { kind: 'rejected', place: null, stamp: expect.stringMatching(/^rejected-[0-9a-f]{24}$/) },
    ]);
  });

  it.each([[null], [7], ['\ud83d'], [{}]])('under the change key %j is rejected', (key) => {
    expect(one(good, key)).toMatchObject([
      { kind: 'rejected', reason: expect.stringContaining('change key'), stamp: good.id },
    ]);
  });

  it('is placed by its id where it has no time', () => {
    expect(one({ ...good, time: null })[0]).toMatchObject({ stamp: expect.stringMatching(/^1787047200-rejected-/) });
  });

  it('keeps its name whatever the order of its members', () => {
    expect(one({ a: 1, b: 2 })[0]?.stamp).toBe(one({ b: 2, a: 1 })[0]?.stamp);
  });
});

describe('a window', () => {
  it('takes its own days and leaves the others', () => {
    const items = [at('2026-08-16 23:59:59 UTC'), at('2026-08-17 00:00:00 UTC'), at('2026-08-18 23:59:59 UTC')];
    const groups = [{ key: 'title', items }] as never;
    expect(parse(groups, window)).toMatchObject({ outputs: [{ id: items[1]?.id }, { id: items[2]?.id }], outside: 1 });
  });

  it('of backfill leaves out what has no place in time, and counts it', () => {
    const backfill: Window = { bound: 'since', ask: window.ask, take: { start: '2026-08-17', end: '2026-08-18' } };
    const groups = [{ key: 'title', items: [{}, at('2026-08-17 00:00:00 UTC')] }] as never;
    expect(parse(groups, backfill)).toMatchObject({ outputs: [{ kind: 'item' }], outside: 1 });
  });
});

describe('an answer', () => {
  const unreadable: unknown = expect.objectContaining({ code: 'TMDB_UNREADABLE' });

  it.each([
    ['nothing', ''],
    ['half of one', '{"changes":[{"key":"title","items":['],
    ['a web page', '<!DOCTYPE html><title>Sign in</title>'],
    ['a bare list', '[]'],
    ['null', 'null'],
    ['no changes', '{}'],
    ['changes that are no list', '{"changes":{}}'],
    ['a group that is no object', '{"changes":[7]}'],
    ['a group without items', '{"changes":[{"key":"title"}]}'],
    ['items that are no list', '{"changes":[{"key":"title","items":{}}]}'],
    ['pages that are no number', '{"changes":[],"total_pages":"2"}'],
    ['a pit', `{"changes":[{"key":"title","items":[${'['.repeat(5000)}${']'.repeat(5000)}]}]}`],
  ])('that is %s is unreadable', (_, body) => {
    expect(() => readAnswer(body, window)).toThrow(unreadable);
  });

  it('quotes nothing of what it could not read', () => {
    expect(() => readAnswer('eyJhbGciOi', window)).toThrow(/^TMDB's answer is no JSON$/);
  });

  it('of other days is unreadable, of which a few are, is not', () => {
    const old = { ...good, id: id('2019-01-01 00:00:00 UTC'), time: '2019-01-01 00:00:00 UTC' };
    const body = (items: unknown[]) => JSON.stringify({ changes: [{ key: 'title', items }] });
    expect(() => readAnswer(body([old, old, good]), window)).toThrow(/dates were ignored/);
    expect(readAnswer(body([old, good, good]), window).groups).toHaveLength(1);
  });

  it('with unknown members, no groups, empty groups or a group twice is fine', () => {
    const body = '{"changes":[{"key":"a","items":[]},{"key":"a","items":[],"x":1}],"y":2}';
    expect(readAnswer(body, window)).toMatchObject({ groups: [{ key: 'a' }, { key: 'a' }], pages: 1 });
    expect(readAnswer('{"changes":[]}', window).groups).toEqual([]);
  });

  it('says how many pages it has, should TMDB begin to page', () => {
    expect(readAnswer('{"changes":[],"page":1,"total_pages":3}', window).pages).toBe(3);
  });
});

const recordings = '../shared/recordings';
const recorded = existsSync(recordings) ? it : it.skip;
recorded(`recorded errors are no answers${existsSync(recordings) ? '' : ' (no recordings on this machine)'}`, () => {
  const files = readdirSync(recordings).filter((file) => file.startsWith('error-'));
  for (const file of files) {
    expect(() => readAnswer(readFileSync(`${recordings}/${file}`, 'utf8'), window)).toThrow();
  }
  expect(files.length).toBeGreaterThan(5);
});
