import { expect, it } from '@jest/globals';
import { makeCoverage } from '../../../src/core/coverage.ts';
import { makeOnce } from '../../../src/core/once.ts';

const now = Date.parse('2026-03-14T12:00:00Z');
const start = '2026-03-10';
const answer = { taken: now, items: 0, newestAt: null, expiresAt: null };
const frontier = { since: '2026-03-01', through: '2026-03-12' };

it('asks for every movie once, and is done when all are answered', () => {
  const once = makeOnce([1, 2], start);
  once.open(makeCoverage(new Map(), frontier), now);
  expect([once.next(now), once.next(now), once.next(now)]).toEqual([
    { movieId: 1 },
    { movieId: 2 },
    { until: Infinity },
  ]);
  once.polled(1, answer, now);
  once.failed({ movieId: 2 }, { isOver: false, now });
  expect(once.next(now)).toEqual({ done: true });
});

it('writes a record before it asks, and is not done before that', () => {
  const once = makeOnce([1], start);
  const coverage = makeCoverage(new Map(), null);
  once.open(coverage, now);
  const task = once.next(now);
  expect(task).toEqual({ change: { movies: [[1, { since: start, from: start, seen: [] }]] } });
  expect(once.next(now)).toEqual({ until: Infinity });
  if ('change' in task) once.written(coverage.apply(task.change), now);
  expect(once.next(now)).toEqual({ movieId: 1 });
});

it('what a session leaves undone is the next one’s, and nothing else', () => {
  const once = makeOnce([1, 2], start);
  const coverage = makeCoverage(new Map(), frontier);
  once.open(coverage, now);
  const [first, second] = [once.next(now), once.next(now)];
  once.polled(1, answer, now);
  once.failed(second, { isOver: true, now });
  once.open(coverage, now);
  expect(first).toEqual({ movieId: 1 });
  expect(once.next(now)).toEqual({ movieId: 2 });
  once.polled(2, answer, now);
  expect(once.next(now)).toEqual({ done: true });
});
