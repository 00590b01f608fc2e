import { expect, it } from '@jest/globals';
import { makeAgenda } from '../../../src/core/agenda.ts';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';
import { returning } from '../../../src/core/returning.ts';
import { makePlan } from '../../../src/core/schedule/plan.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const overlapMs = 48 * 3_600_000;
const at = (from: string, seen: readonly string[] = []): Stored => ({ since: '2026-11-01', from, seen });
const of = (records: readonly (readonly [number, Stored])[], through: string | null = null) =>
  makeCoverage(new Map(records), through === null ? null : { since: '2026-11-01', through });

it('knows whose checkpoint went back, and who has none any more', () => {
  const known = of([
    [1, at('2026-11-25')],
    [2, at('2026-11-25', ['1-a', '1-b'])],
    [3, at('2026-11-25')],
    [4, at('2026-11-25', ['1-a'])],
    [5, at('2026-11-25')],
  ]);
  const coverage = of([
    [1, at('2026-11-20')],
    [2, at('2026-11-25')],
    [3, at('2026-11-26')],
    [4, at('2026-11-25', ['1-a', '1-c'])],
    [6, at('2026-11-20')],
  ]);
  expect(returning(known, coverage)).toEqual({ back: [1, 2], gone: [5] });
});

it('knows who went back before the frontier, or from a record of its own to it', () => {
  const known = of([[2, at('2026-11-27')]], '2026-11-25');
  expect(returning(known, of([[1, at('2026-11-20')]], '2026-11-25'))).toEqual({ back: [1, 2], gone: [] });
});

/** An agenda over many movies, each polled a minute ago. */
const startAgenda = (movies: readonly number[], hasLists: boolean) => {
  const plan = makePlan({ requestsPerSecond: 20, intervalMs: 3_600_000, overlapMs, watched: [], hasLists });
  const agenda = makeAgenda({ plan, watched: movies, overlapMs, start: '2026-11-20', onRemark: () => undefined });
  const known = of(movies.map((movieId) => [movieId, at('2026-11-25')]));
  agenda.open(known, now - 120_000);
  // The last one is the busiest: it is due before any other.
  const answerOf = (movieId: number) => ({ items: movieId === 2999 ? 50 : 0, newestAt: null, expiresAt: null });
  for (;;) {
    const task = agenda.next(now - 60_000);
    if ('until' in task && task.until > now - 60_000) break;
    if ('movieId' in task)
      agenda.polled(task.movieId, { ...answerOf(task.movieId), taken: now - 60_000 }, now - 60_000);
    if ('list' in task) agenda.listed(task.list, { ids: [], pages: 1, results: 0, taken: now - 60_000 }, now - 60_000);
  }
  return agenda;
};

/** What is polled within two minutes, with the coverage that there is by then. */
const polledBy = (agenda: ReturnType<typeof makeAgenda>, coverage: ReturnType<typeof of>, opensAt = now): number[] => {
  const polled: number[] = [];
  agenda.open(coverage, opensAt);
  for (let [ms, turns] = [opensAt, 0]; ms < opensAt + 120_000 && turns < 5000; turns += 1) {
    const task = agenda.next(ms);
    if ('change' in task) {
      coverage.apply(task.change);
      agenda.written(task.change, ms);
    } else if ('movieId' in task) {
      if (coverage.at(task.movieId) === undefined) throw new Error(`${task.movieId} is polled without a checkpoint`);
      polled.push(task.movieId);
      agenda.polled(task.movieId, { taken: ms, items: 0, newestAt: null, expiresAt: null }, ms);
    } else if ('list' in task) agenda.listed(task.list, { ids: [], pages: 1, results: 0, taken: ms }, ms);
    else if ('until' in task) ms = Math.max(ms + 1, task.until);
  }
  return polled;
};

it.each([true, false])('whoever was set back is polled soon, though it was polled just now (lists: %s)', (hasLists) => {
  const movies = [1, 2, 3];
  const coverage = of(movies.map((movieId) => [movieId, at(movieId === 2 ? '2026-11-21' : '2026-11-25')]));
  expect(polledBy(startAgenda(movies, hasLists), coverage)).toContain(2);
});

it.each([true, false])('whoever has lost its record is polled once it has one again (lists: %s)', (hasLists) => {
  const movies = Array.from({ length: 3000 }, (_, nth) => nth + 1);
  const left = movies.slice(0, 2000);
  const coverage = of(left.map((movieId) => [movieId, at('2026-11-25')]));
  const dueAt = now + 2 * 3_600_000; // without lists each is due by then
  const polled = polledBy(startAgenda(movies, hasLists), coverage, dueAt);
  expect(polled).toContain(2999);
  expect(coverage.at(2999)).toEqual({ since: '2026-11-20', from: '2026-11-20', seen: [] });
});
