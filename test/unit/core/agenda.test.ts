import { expect, it } from '@jest/globals';
import { makeAgenda, type Task } from '../../../src/core/agenda.ts';
import { makeCoverage, type Frontier, type Stored } from '../../../src/core/coverage.ts';
import { makePlan } from '../../../src/core/schedule/plan.ts';
import type { Day } from '../../../src/core/time.ts';
import { changeOf } from '../../../src/core/watch.ts';

const now = Date.parse('2026-03-14T12:00:00Z');
const overlapMs = 48 * 3_600_000;
const answer = { taken: now, items: 0, newestAt: null, expiresAt: null };

const make = (watched: 'all' | readonly number[], start: Day | null = '2026-03-14', hasLists = watched === 'all') => {
  const options = { requestsPerSecond: 20, intervalMs: 900_000, overlapMs };
  const plan = makePlan({ ...options, watched: watched === 'all' ? 'all' : [], hasLists });
  return makeAgenda({ plan, watched, overlapMs, start, onRemark: () => undefined });
};
const of = (movies: Readonly<Record<number, Stored>>, frontier: Frontier | null = null) =>
  makeCoverage(new Map(Object.entries(movies).map(([id, stored]) => [Number(id), stored])), frontier);
const behind: Stored = { since: '2026-03-01', from: '2026-03-08', seen: [] };

/** What it wants to be done until it waits; lists are empty, and changes are written at once. */
const work = (agenda: ReturnType<typeof make>, coverage: ReturnType<typeof of>, at = now): Task[] => {
  const done: Task[] = [];
  for (let task = agenda.next(at); !('until' in task); task = agenda.next(at)) {
    done.push(task);
    if ('list' in task) agenda.listed(task.list, { ids: [], pages: 0, results: 0, taken: at }, at);
    if ('movieId' in task) agenda.polled(task.movieId, { ...answer, taken: at }, at);
    if ('change' in task) {
      coverage.apply(task.change);
      agenda.written(task.change, at);
    }
  }
  return done;
};
const polledIn = (done: readonly Task[]): number[] => done.flatMap((task) => ('movieId' in task ? [task.movieId] : []));

it('a watch on everything begins with its frontier, and asks for whom that finds behind it', () => {
  const agenda = make('all');
  const coverage = of({ 1: behind, 2: { ...behind, from: '2026-03-14' } });
  agenda.open(coverage, now);
  const done = work(agenda, coverage);
  expect(done[0]).toEqual({ change: { frontier: { since: '2026-03-14', through: '2026-03-14' }, movies: [] } });
  expect(polledIn(done)).toEqual([1]);
});

it('a session begins with whoever is behind the frontier', () => {
  const agenda = make('all');
  const coverage = of({ 1: behind }, { since: '2026-03-01', through: '2026-03-12' });
  agenda.open(coverage, now);
  expect(polledIn(work(agenda, coverage))).toEqual([1]);
});

it('a watched movie is polled once its record is written, and not before', () => {
  const agenda = make([5, 6]);
  const coverage = of({ 6: { since: '2026-03-14', from: '2026-03-14', seen: [] } });
  agenda.open(coverage, now);
  const task = agenda.next(now);
  expect(task).toEqual({ change: { movies: [[5, { since: '2026-03-14', from: '2026-03-14', seen: [] }]] } });
  expect(agenda.next(now)).toHaveProperty('until');
  if ('change' in task) agenda.written(coverage.apply(task.change), now);
  expect(polledIn(work(agenda, coverage)).sort()).toEqual([5, 6]);
});

it('a movie without a record has the frontier’s days and needs none', () => {
  const agenda = make([5]);
  const coverage = of({}, { since: '2026-03-01', through: '2026-03-12' });
  agenda.open(coverage, now);
  expect(work(agenda, coverage)).toEqual([{ movieId: 5 }]);
});

it.each([
  ['polled for good', false],
  ['named by lists', true],
])('a movie that goes back to an open day for backfill is polled from there soon, where it is %s', (_, hasLists) => {
  const agenda = make([5], '2026-03-14', hasLists);
  const fresh: Stored = { since: '2026-03-14', from: '2026-03-14', seen: [] };
  const coverage = of({ 5: fresh });
  agenda.open(coverage, now);
  work(agenda, coverage);
  const task = { list: { day: '2026-03-14', page: 1 } };
  if (hasLists) agenda.listed(task.list, { ids: [5], pages: 1, results: 1, taken: now }, now);
  work(agenda, coverage);
  const wanted = makeCoverage(new Map([[5, fresh]]), null, { wanted: '2026-03-01' });
  const later = now + 30_000;
  agenda.open(wanted, later);
  const froms = [later, later + 60_000].map((at) => {
    const done = work(agenda, wanted, at);
    return done.filter((each) => 'movieId' in each && !('since' in each)).length;
  });
  expect(wanted.at(5)?.from).toBe('2026-03-12');
  expect(froms.reduce((sum, each) => sum + each, 0)).toBe(1);
});

it('a frontier that goes back to an open day for backfill has whoever the open days list polled from there', () => {
  const agenda = make('all');
  const fresh = { since: '2026-03-14', through: '2026-03-14' };
  const coverage = makeCoverage(new Map(), fresh);
  agenda.open(coverage, now);
  const named: number[] = [];
  for (let task = agenda.next(now); !('until' in task); task = agenda.next(now)) {
    const day = 'list' in task && 'day' in task.list ? task.list.day : '';
    const ids = day === '2026-03-13' ? [5] : [];
    if ('list' in task) agenda.listed(task.list, { ids, pages: 1, results: ids.length, taken: now }, now);
    if ('movieId' in task) agenda.polled(named[named.push(task.movieId) - 1] ?? 0, answer, now);
  }
  expect(named).toEqual([5]); // and it has no record: nothing was new from 2026-03-14 on
  const wanted = makeCoverage(new Map(), fresh, { wanted: '2026-03-01' });
  agenda.open(wanted, now + 1000);
  work(agenda, wanted, now + 1000);
  expect(wanted.at(5)?.from).toBe('2026-03-12');
  expect(polledIn(work(agenda, wanted, now + 61_000))).toContain(5);
});

it('what a session leaves undone is done in the next one', () => {
  const agenda = make([5]);
  const coverage = of({ 5: behind });
  agenda.open(coverage, now);
  const task = agenda.next(now);
  expect(task).toEqual({ movieId: 5 });
  agenda.failed(task, { isOver: true, now });
  agenda.open(coverage, now + 60_000);
  expect(agenda.next(now + 60_000)).toEqual({ movieId: 5 });
});

it('a movie that is no longer watched is not asked for', () => {
  const agenda = make([5, 6]);
  const coverage = of({ 5: behind, 6: behind });
  agenda.open(coverage, now);
  agenda.watch({ ids: [6, 7], added: [7], removed: [5] }, { from: '2026-03-13', hasLists: false, now });
  const done = work(agenda, coverage);
  expect(done).toContainEqual({ change: { movies: [[7, { since: '2026-03-13', from: '2026-03-13', seen: [] }]] } });
  expect(polledIn(done).sort()).toEqual([6, 7]);
});

it('a long list goes on arriving, turn after turn, though nothing is due', () => {
  const ids = Array.from({ length: 20_000 }, (_, at) => at + 1);
  const agenda = make(ids, '2026-03-14', true);
  agenda.open(of({}, { since: '2026-03-01', through: '2026-03-14' }), now);
  const untils: number[] = [];
  while ((untils.at(-1) ?? now) === now) {
    const task = agenda.next(now);
    if ('until' in task) untils.push(task.until);
  }
  expect(untils.length).toBeGreaterThan(5);
});

it('beside lists a movie that is added, also once more, is asked at once, and those of the start are not', () => {
  const agenda = make([5], '2026-03-10', true);
  const coverage = of({ 6: { since: '2026-03-10', from: '2026-03-12', seen: [] } });
  agenda.open(coverage, now);
  expect(polledIn(work(agenda, coverage))).toEqual([]);
  for (const [before, ids] of [
    [[5], [5, 6, 7]],
    [[5, 6, 7], [5]],
    [[5], [5, 6, 7]],
  ] as const) {
    agenda.watch(changeOf(before, ids), { from: '2026-03-10', hasLists: true, now });
    expect(polledIn(work(agenda, coverage)).sort()).toEqual(ids.filter((id) => !before.some((old) => old === id)));
  }
});

it('an added movie keeps the day on which it was added until its record is written, whatever session writes it', () => {
  const agenda = make([5], '2026-03-10');
  agenda.open(of({ 5: behind }), now);
  agenda.watch(changeOf([5], [5, 6]), { from: '2026-03-13', hasLists: false, now });
  const lost = agenda.next(now);
  agenda.failed(lost, { isOver: true, now });
  const coverage = of({ 5: behind });
  agenda.open(coverage, now);
  const task = agenda.next(now);
  expect(task).toEqual(lost);
  expect(task).toEqual({ change: { movies: [[6, { since: '2026-03-13', from: '2026-03-13', seen: [] }]] } });
  agenda.watch(changeOf([5, 6], [5, 6, 7]), { from: '2026-03-14', hasLists: false, now });
  expect(agenda.next(now)).not.toHaveProperty('change'); // 6 is not taken for written
  agenda.failed(task, { isOver: true, now });
  agenda.open(of({ 5: behind }), now);
  expect(agenda.next(now)).toMatchObject({
    change: {
      movies: [
        [6, { from: '2026-03-13' }],
        [7, { from: '2026-03-14' }],
      ],
    },
  });
});

it.each(['all' as const, [5]])('without a first day it is that of the first session: %j', (watched) => {
  const agenda = make(watched, null);
  const days = { since: '2026-03-14', from: '2026-03-14' };
  const change = watched === 'all' ? { frontier: { since: days.since } } : { movies: [[5, days]] };
  agenda.open(of({}), now);
  expect(agenda.next(now)).toMatchObject({ change });
  agenda.open(of({}), now + 3 * 86_400_000);
  expect(agenda.next(now + 3 * 86_400_000)).toMatchObject({ change });
});

it('a process that was suspended for days reads the lists of all of them', () => {
  const agenda = make([5], '2026-03-14', true);
  const coverage = of({ 5: { since: '2026-03-14', from: '2026-03-14', seen: [] } });
  agenda.open(coverage, now);
  work(agenda, coverage);
  const later = now + 6 * 86_400_000;
  agenda.open(coverage, later);
  const days = work(agenda, coverage, later).flatMap((task) =>
    'list' in task && 'day' in task.list ? [task.list.day] : [],
  );
  expect([...new Set(days)].sort()).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20].map((each) => `2026-03-${each}`));
});

it('without a session there is nothing to be done', () => {
  expect(() => make('all').next(now)).toThrow('no session is open');
});

it('a page of a list is no failure of its own where the session ends, however often', () => {
  const agenda = make('all');
  const coverage = of({}, { since: '2026-03-12', through: '2026-03-12' });
  const pages = (): Task[] => {
    const given: Task[] = [];
    for (let task = agenda.next(now); 'list' in task; task = agenda.next(now)) given.push(task);
    return given;
  };
  agenda.open(coverage, now);
  const first = pages();
  expect(first.length).toBeGreaterThan(0);
  for (let sessions = 0; sessions < 5; sessions += 1) {
    for (const task of first) agenda.failed(task, { isOver: true, now });
    agenda.open(coverage, now);
    expect(pages()).toEqual(first);
  }
});
