import { expect, it } from '@jest/globals';
import { makeArrivals } from '../../../src/core/arrivals.ts';
import { makeCoverage } from '../../../src/core/coverage.ts';

const now = Date.parse('2026-03-14T12:00:00Z');
const start = '2026-03-10';
const many = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

const make = () => {
  const arrived: number[] = [];
  const coverage = makeCoverage(new Map(), null);
  return { arrived, coverage, arrivals: makeArrivals((movies) => void arrived.push(...movies)) };
};

it('movies arrive 500 at a time, each once its record is written', () => {
  const { arrivals, arrived, coverage } = make();
  arrivals.begin(many(1001), start);
  for (const count of [500, 1000, 1001]) {
    const change = arrivals.next(coverage, now);
    if (change === null) throw new Error('nothing to be written');
    expect([arrivals.next(coverage, now), arrivals.hasMore()]).toEqual([null, false]);
    arrivals.written(coverage.apply(change), now);
    expect(arrived).toHaveLength(count);
  }
  expect(arrivals.next(coverage, now)).toBeNull();
  expect(coverage.at(1001)).toEqual({ since: start, from: start, seen: [] });
});

it('those that have their records arrive at once, but no more than 1,000 in a turn', () => {
  const { arrivals, arrived } = make();
  const coverage = makeCoverage(new Map(), { since: '2026-03-01', through: '2026-03-12' });
  arrivals.begin(many(1200), start);
  expect(arrivals.next(coverage, now)).toBeNull();
  expect([arrived.length, arrivals.hasMore()]).toEqual([1000, true]);
  arrivals.next(coverage, now);
  expect([arrived.length, arrivals.hasMore()]).toEqual([1200, false]);
});

it('what was to be written for another list is no arrival any more', () => {
  const { arrivals, arrived, coverage } = make();
  arrivals.begin([1], start);
  const change = arrivals.next(coverage, now);
  arrivals.begin([2], start);
  if (change !== null) arrivals.written(coverage.apply(change), now);
  expect(arrived).toEqual([]);
  expect(arrivals.next(coverage, now)?.movies.map(([movieId]) => movieId)).toEqual([2]);
});
