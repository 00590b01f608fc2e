import { makeArrivals } from './arrivals.ts';
import type { BackfillNote } from './backfill/notes.ts';
import { behind, enteringAll } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Failure } from './backfill/crowd.ts';
import { makeKeeper } from './keeper.ts';
import { firstMissed, missedDays } from './missed.ts';
import type { ListAnswer, ListPage, MovieAnswer, Plan, Remark } from './schedule/planned.ts';
import type { Task } from './tasks.ts';
import type { RangePage } from './backfill/range-walk.ts';
import { makeReturning } from './returning.ts';
import { dayOf, type Day } from './time.ts';
import { makeTurns } from './turns.ts';
import type { WatchChange, Watching } from './watch.ts';

export type { Agenda, Task } from './tasks.ts';

export interface AgendaOptions {
  readonly plan: Plan;
  readonly watched: 'all' | readonly number[];
  readonly overlapMs: number;
  /** The first day of a movie that has no checkpoint; null: that on which the first session opens. */
  readonly start: Day | null;
  readonly onRemark: (remark: Remark, at: ListPage) => void;
  /** The budget, of which backfill has what is left; 20 by default. */
  readonly requestsPerSecond?: number;
  readonly onNote?: (note: BackfillNote) => void;
}

const makeState = ({ plan, watched, overlapMs, start, onRemark, ...options }: AgendaOptions) => {
  const busy = new Set<number>();
  const failed = new Set<number>();
  const arrived = (movies: readonly number[], { now, added }: { now: number; added: readonly number[] }): void => {
    plan.watch(movies, now, added);
    plan.ask(added); // the lists that are known need not name them
    state.returning.arrived(movies, now);
    const [first, { isAll, coverage }] = [firstMissed(overlapMs, now), state];
    if (isAll || coverage === null) return;
    plan.ask(movies.filter((movieId) => (coverage.at(movieId)?.from ?? first) < first));
  };
  const state = {
    ...{ plan, overlapMs, start, onRemark, busy, failed },
    isAll: watched === 'all',
    movies: watched === 'all' ? [] : watched,
    ...{ arrivals: makeArrivals(arrived), returning: makeReturning(plan) },
    keeper: makeKeeper({ plan, overlapMs, busy, failed }),
    turns: makeTurns({
      ...{ plan, busy, overlapMs, watched: (): 'all' | readonly number[] => (state.isAll ? 'all' : state.movies) },
      ...{ requestsPerSecond: 20, onNote: () => undefined, ...options },
    }),
    ...{ coverage: null as Coverage | null, lastTurn: '' }, // until the first session
  };
  return state;
};
type State = ReturnType<typeof makeState>;

const open = (state: State, coverage: Coverage, now: number): void => {
  const { plan, busy, keeper, arrivals, turns, movies } = state;
  busy.clear();
  keeper.open();
  turns.open(coverage, now);
  arrivals.begin(movies, (state.start ??= dayOf(now)));
  plan.ask(behind(coverage));
  state.returning.open(state.coverage, coverage, now);
  for (const day of missedDays(coverage.frontier(), { ...state, now })) plan.walk(day, now);
  state.coverage = coverage;
};

const writing = ({ isAll, start, turns, keeper, arrivals }: State, coverage: Coverage, now: number): Change | null =>
  (isAll
    ? (enteringAll(coverage, { start: start ?? dayOf(now), now }) ?? turns.opening(now) ?? keeper.next(coverage, now))
    : null) ?? arrivals.next(coverage, now);

const next = (state: State, now: number): Task => {
  const { coverage, turns, isAll, keeper, arrivals } = state;
  if (coverage === null) throw new Error('no session is open');
  state.lastTurn = dayOf(now);
  const change = writing(state, coverage, now);
  if (change !== null) return { change };
  const task = turns.next(now);
  if ('until' in task && arrivals.hasMore()) return { until: now };
  return 'until' in task && isAll ? { until: Math.min(task.until, keeper.until(coverage, now)) } : task;
};

const settle = ({ plan, busy, failed, turns }: State, movieId: number, how: Failure) => {
  busy.delete(movieId);
  if (turns.failed(movieId, how)) return;
  if (how.isOver) plan.release(movieId, how.now);
  else {
    failed.add(movieId);
    plan.failed(movieId, how.now, how.isFinal);
  }
};

/** The work that never ends: who enters, which day is closed, and else what the plan says. */
export const makeAgenda = (options: AgendaOptions) => {
  const state = makeState(options);
  const { plan, busy, failed, keeper, arrivals, turns, onRemark } = state;
  return {
    open: (coverage: Coverage, now: number): void => open(state, coverage, now),
    next: (now: number): Task => next(state, now),
    polled: (movieId: number, answer: MovieAnswer, now: number): void => {
      busy.delete(movieId);
      if (turns.polled(movieId, now)) return;
      failed.delete(movieId);
      plan.polled(movieId, answer, now);
    },
    listed: (at: ListPage | RangePage, answer: ListAnswer, now: number): void => {
      if (!('day' in at)) {
        turns.listed(answer, now);
        return;
      }
      const remark = plan.listed(at, answer, now);
      if (remark !== null) onRemark(remark, at);
    },
    written: (change: Change, now: number): void => {
      keeper.written(change);
      // Also whom the first frontier finds behind it, and who could not be read for long.
      if (change.frontier !== undefined && state.coverage !== null) plan.ask(behind(state.coverage));
      arrivals.written(change, now);
    },
    failed: (task: Task, how: Failure): void => {
      if ('movieId' in task) settle(state, task.movieId, how);
      if ('list' in task) turns.listFailed(task.list, how);
    },
    watch: (change: WatchChange, { from, hasLists, now }: Watching): void => {
      state.movies = change.ids;
      plan.unwatch(change.removed);
      plan.useLists(hasLists, now); // once the removed are gone: without lists each that is left is kept
      arrivals.change(change, from);
    },
  };
};
