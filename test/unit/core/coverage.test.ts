import { expect, it } from '@jest/globals';
import { chunksOf } from '../../../src/core/chunks.ts';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';

const frontier = { since: '2026-03-01', through: '2026-03-10' };
const stamp = '69aeb4000000000000000000';

it('a movie without a record has the days of the frontier, and none where there is no frontier', () => {
  expect(makeCoverage(new Map(), frontier).at(1)).toEqual({ since: '2026-03-01', from: '2026-03-10', seen: [] });
  expect(makeCoverage(new Map(), null).at(1)).toBeUndefined();
});

it.each<[Stored, object]>([
  [
    { since: null, from: null, seen: [stamp] },
    { since: '2026-03-01', from: '2026-03-10' },
  ],
  [
    { since: '2026-03-05', from: null, seen: [] },
    { since: '2026-03-05', from: '2026-03-10' },
  ],
  [
    { since: null, from: '2026-03-12', seen: [] },
    { since: '2026-03-01', from: '2026-03-12' },
  ],
  [
    { since: null, from: '2026-03-04', seen: [] },
    { since: '2026-03-01', from: '2026-03-04' },
  ],
])('of %j an absent bound is the frontier’s and a present one wins', (stored, days) => {
  expect(makeCoverage(new Map([[1, stored]]), frontier).at(1)).toEqual({ ...days, seen: stored.seen });
});

it('refuses a record that leaves a bound to a frontier that is not there', () => {
  expect(() => makeCoverage(new Map([[1, { since: null, from: '2026-03-12', seen: [] }]]), null).at(1)).toThrow(
    'no frontier',
  );
});

it('what was asked for before the frontier closed a day has that day as well, and does not move with it from then on', () => {
  const coverage = makeCoverage(new Map(), frontier);
  const asked = coverage.at(1) ?? { since: '', from: '', seen: [] };
  coverage.apply({ frontier: { ...frontier, through: '2026-03-11' }, movies: [] });
  coverage.put(1, asked);
  expect(coverage.record(1)).toEqual({ since: null, from: '2026-03-11', seen: [] });
  coverage.apply({ frontier: { ...frontier, through: '2026-03-12' }, movies: [] });
  expect(coverage.at(1)?.from).toBe('2026-03-11');
});

it('takes over a change as a whole, and null removes a record', () => {
  const coverage = makeCoverage(new Map([[1, { since: null, from: '2026-03-12', seen: [] }]]), frontier);
  const through = '2026-03-11';
  coverage.apply({
    frontier: { ...frontier, through },
    movies: [
      [1, null],
      [2, { since: null, from: null, seen: [] }],
    ],
  });
  expect([coverage.frontier()?.through, coverage.record(1), coverage.at(2)?.from]).toEqual([
    through,
    undefined,
    through,
  ]);
});

it('knows a pause until it is taken back', () => {
  const coverage = makeCoverage(new Map(), null);
  const paused = { at: 1, by: 'ann@host', reason: null };
  coverage.apply({ movies: [], paused });
  coverage.apply({ movies: [], wanted: '2026-03-01' });
  expect(coverage.paused()).toEqual(paused);
  coverage.apply({ movies: [], paused: null });
  expect([coverage.paused(), coverage.wanted()]).toEqual([null, '2026-03-01']);
});

it('puts 500 records into a transaction', () => {
  const movies = Array.from({ length: 1001 }, (_, at) => [at, null] as const);
  const sizes = [...chunksOf(movies, (each) => each)].map((change) => change.movies.length);
  expect(sizes).toEqual([500, 500, 1]);
  expect([...chunksOf([], () => null)]).toEqual([]);
});
