import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeOf, idsOf, parseWatchFile } from '../../../src/core/watch.ts';

it('a list names its movies, everything names none', () => {
  expect(idsOf(undefined)).toEqual([]);
  expect(idsOf({ kind: 'all' })).toEqual([]);
  expect(idsOf({ kind: 'ids', ids: [2, 1] })).toEqual([2, 1]);
  expect(idsOf({ kind: 'file', path: '/list', ids: [3] })).toEqual([3]);
});

it('a file gives each id once, in the order of the lines', () => {
  expect(parseWatchFile('603\n550\n603\n')).toEqual({ ids: [603, 550], problems: [] });
});

it('many lines are parsed, a double among them found', () => {
  const text = Array.from({ length: 100_000 }, (_, at) => 100_001 - at).join('\n');
  const { ids, problems } = parseWatchFile(`${text}\n7\n`);
  expect([ids.length, ids[0], ids.at(-1), problems]).toEqual([100_000, 100_001, 2, []]);
});

it('what is added and removed is what one list has and the other has not', () => {
  const list = fc.uniqueArray(fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(list, list, (before, after) => {
      const without = (ids: number[], others: number[]): number[] =>
        ids.filter((id) => !others.includes(id)).sort((a, b) => a - b);
      expect(changeOf(before, after)).toEqual({
        ids: after,
        added: without(after, before),
        removed: without(before, after),
      });
    }),
  );
});
