import { makeArrivals } from './arrivals.ts';
import { behind, enteringAll } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import { makeKeeper } from './keeper.ts';
import type { Plan } from './planned.ts';
import type { ListAnswer, ListPage, MovieAnswer, Remark } from './planned.ts';
import { addDays, dayOf, type Day } from './time.ts';
import type { WatchChange } from './watch.ts';

/** One thing to be done. `until`: nothing before that ms. */
export type Task =
  | { readonly movieId: number }
  | { readonly list: ListPage }
  | { readonly change: Change }
  | { readonly until: number }
  | { readonly done: true };

/** What is to be done, one thing after another. Each is under way until it is told what came of it. */
export interface Agenda {
  /** A session begins: what was under way in the last one is to be done again. */
  readonly open: (coverage: Coverage, now: number) => void;
  readonly next: (now: number) => Task;
  readonly polled: (movieId: number, answer: MovieAnswer, now: number) => void;
  readonly listed: (at: ListPage, answer: ListAnswer, now: number) => void;
  readonly written: (change: Change, now: number) => void;
  /** `isOver`: the session is, and it is no fault of what was to be done. */
  readonly failed: (task: Task, how: { readonly isOver: boolean; readonly now: number }) => void;
}

export interface AgendaOptions {
  readonly plan: Plan;
  readonly watched: 'all' | readonly number[];
  readonly overlapMs: number;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
  readonly onRemark: (remark: Remark, at: ListPage) => void;
}

/** A watched movie that no list names is polled as often anyway. */
const weekDays = 7;

const makeState = ({ plan, watched, overlapMs, start, onRemark }: AgendaOptions) => {
  const busy = new Set<number>();
  const failed = new Set<number>();
  const arrived = (movies: readonly number[], now: number): void => {
    plan.watch(movies, now);
    const first = firstMissed(overlapMs, now);
    if (state.isAll || state.coverage === null) return;
    const { coverage } = state;
    plan.ask(movies.filter((movieId) => (coverage.at(movieId)?.from ?? first) < first));
  };
  const state = {
    ...{ plan, overlapMs, start, onRemark, busy, failed },
    isAll: watched === 'all',
    movies: watched === 'all' ? [] : watched,
    arrivals: makeArrivals(arrived),
    keeper: makeKeeper({ plan, overlapMs, busy, failed }),
    coverage: null as Coverage | null, // until the first session
  };
  return state;
};
type State = ReturnType<typeof makeState>;

/** Whoever was not polled since then is asked for, whatever the lists name. */
const firstMissed = (overlapMs: number, now: number): Day => addDays(dayOf(now - overlapMs), -weekDays);

/** The days whose lists say what was missed: since the frontier, or else since each watched movie was polled anyway. */
const missedDays = ({ isAll, overlapMs }: State, coverage: Coverage, now: number): Day[] => {
  const open = dayOf(now - overlapMs);
  const first = isAll ? (coverage.frontier()?.through ?? open) : firstMissed(overlapMs, now);
  const days: Day[] = [];
  for (let day = first; day < open; day = addDays(day, 1)) days.push(day);
  return days;
};

const open = (state: State, coverage: Coverage, now: number): void => {
  const { plan, busy, keeper, arrivals, movies, start } = state;
  busy.clear();
  keeper.open();
  arrivals.begin(movies, start);
  plan.ask(behind(coverage));
  if (state.coverage === null) for (const day of missedDays(state, coverage, now)) plan.walk(day, now);
  state.coverage = coverage;
};

const writing = ({ isAll, start, keeper, arrivals }: State, coverage: Coverage, now: number): Change | null =>
  (isAll ? (enteringAll(coverage, { start, now }) ?? keeper.next(coverage, now)) : null) ??
  arrivals.next(coverage, now);

const next = (state: State, now: number): Task => {
  const { coverage, plan, busy, isAll, keeper } = state;
  if (coverage === null) throw new Error('no session is open');
  const change = writing(state, coverage, now);
  if (change !== null) return { change };
  const task = plan.next(now);
  if ('movieId' in task) busy.add(task.movieId);
  return 'until' in task && isAll ? { until: Math.min(task.until, keeper.until(coverage, now)) } : task;
};

const settle = ({ plan, busy, failed }: State, movieId: number, { isOver, now }: { isOver: boolean; now: number }) => {
  busy.delete(movieId);
  if (isOver) {
    plan.release(movieId, now);
    return;
  }
  failed.add(movieId);
  plan.failed(movieId, now);
};

/** The work that never ends: who enters, which day is closed, and else what the plan says. */
export const makeAgenda = (options: AgendaOptions) => {
  const state = makeState(options);
  const { plan, busy, failed, keeper, arrivals, onRemark } = state;
  return {
    open: (coverage: Coverage, now: number): void => open(state, coverage, now),
    next: (now: number): Task => next(state, now),
    polled: (movieId: number, answer: MovieAnswer, now: number): void => {
      busy.delete(movieId);
      failed.delete(movieId);
      plan.polled(movieId, answer, now);
    },
    listed: (at: ListPage, answer: ListAnswer, now: number): void => {
      const remark = plan.listed(at, answer, now);
      if (remark !== null) onRemark(remark, at);
    },
    written: (change: Change, now: number): void => {
      keeper.written(change);
      // Also whom the first frontier finds behind it, and who could not be read for long.
      if (change.frontier !== undefined && state.coverage !== null) plan.ask(behind(state.coverage));
      arrivals.written(change, now);
    },
    failed: (task: Task, how: { readonly isOver: boolean; readonly now: number }): void => {
      if ('list' in task) plan.listFailed(task.list, how.now);
      if ('movieId' in task) settle(state, task.movieId, how);
    },
    /** The watch list is another one by now. `from`: the first day of one that has no record. */
    watch: ({ ids, removed }: WatchChange, from: Day): void => {
      state.movies = ids;
      plan.unwatch(removed);
      arrivals.begin(ids, from);
    },
  };
};
