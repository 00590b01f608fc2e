import { expect, it } from '@jest/globals';
import { makeCoverage } from '../../../src/core/coverage.ts';
import { makeAgenda, type Task } from '../../../src/core/agenda.ts';
import { makeOnce, makeUpToNow } from '../../../src/core/once.ts';
import { makePlan } from '../../../src/core/schedule/plan.ts';

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

/** Everything, once, at a pace of `requestsPerSecond`, each answer after 100 ms; gives who was polled, and when it ended. */
const upToNow = (intervalMs: number, movies: readonly number[]) => {
  const options = { requestsPerSecond: 20, intervalMs, overlapMs: 48 * 3_600_000 };
  const plan = makePlan({ ...options, watched: 'all', hasLists: true });
  const once = makeUpToNow(makeAgenda({ ...options, plan, watched: 'all', start, onRemark: () => undefined }), plan);
  const coverage = makeCoverage(new Map(), { since: start, through: '2026-03-13' });
  const polled: number[] = [];
  const underWay: { readonly task: Task; readonly endAt: number }[] = [];
  const end = (task: Task, at: number): void => {
    if ('list' in task) once.listed(task.list, { ids: movies, pages: 1, results: movies.length, taken: at }, at);
    if ('change' in task) once.written(coverage.apply(task.change), at);
    if (!('movieId' in task)) return;
    polled.push(task.movieId);
    once.polled(task.movieId, { ...answer, taken: at, items: 1, newestAt: at }, at);
  };
  once.open(coverage, now);
  for (let at = now; at < now + 1_000_000; at += 50) {
    while ((underWay[0]?.endAt ?? Infinity) <= at) end(underWay.shift()?.task ?? { done: true }, at);
    const task = once.next(at);
    if ('done' in task) return { polled, ms: at - now };
    if (!('until' in task)) underWay.push({ task, endAt: at + 100 });
  }
  return { polled, ms: Infinity };
};

it.each([0, 1000, 900_000, 86_400_000])(
  'everything up to now ends, however often a movie is due again (every %i ms)',
  (intervalMs) => {
    for (const count of [0, 1, 70, 2000]) {
      const movies = Array.from({ length: count }, (_, at) => at + 1);
      const { polled, ms } = upToNow(intervalMs, movies);
      expect(new Set(polled).size).toBe(count);
      expect(ms).toBeLessThan(4 * count * 50 + 20_000); // every fourth turn is the start's
    }
  },
);
