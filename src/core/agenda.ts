import { makeArrivals } from './arrivals.ts';
import { behind } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import { makeKeeper } from './keeper.ts';
import type { Plan } from './plan.ts';
import type { ListAnswer, ListPage, MovieAnswer, Remark } from './planned.ts';
import { dayOf, type Day } from './time.ts';

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

const nothing: MovieAnswer = { taken: null, items: 0, newestAt: null, expiresAt: null };

/** The first record of a watch on everything, or one that a clock ahead of time has written, from today. */
const enteringAll = (coverage: Coverage, { start, now }: { start: Day; now: number }): Change | null => {
  const frontier = coverage.frontier();
  const today = dayOf(now);
  if (frontier === null) return { frontier: { since: start, through: start }, movies: [] };
  const isAhead = frontier.through > today && frontier.since === frontier.through && coverage.size() === 0;
  return isAhead ? { frontier: { since: today, through: today }, movies: [] } : null;
};

/** The work that never ends: who enters, which day is closed, and else what the plan says. */
export const makeAgenda = ({ plan, watched, overlapMs, start, onRemark }: AgendaOptions) => {
  const busy = new Set<number>();
  const unread = new Set<number>();
  const arrivals = makeArrivals(start, plan.watch);
  const keeper = makeKeeper({ plan, overlapMs, busy, failed: unread });
  let movies: readonly number[] = watched === 'all' ? [] : watched;
  let coverage: Coverage | null = null;

  const open = (opened: Coverage): void => {
    coverage = opened;
    busy.clear();
    keeper.open();
    arrivals.begin(movies);
    plan.ask(behind(opened));
  };

  const writing = (at: Coverage, now: number): Change | null =>
    (watched === 'all' ? (enteringAll(at, { start, now }) ?? keeper.next(at, now)) : null) ?? arrivals.next(at, now);

  const next = (now: number): Task => {
    if (coverage === null) throw new Error('no session is open');
    const change = writing(coverage, now);
    if (change !== null) return { change };
    const task = plan.next(now);
    if ('movieId' in task) busy.add(task.movieId);
    if (!('until' in task) || watched !== 'all') return task;
    return { until: Math.min(task.until, keeper.until(coverage, now)) };
  };

  const failed: Agenda['failed'] = (task, { isOver, now }) => {
    if ('list' in task) plan.listFailed(task.list, now);
    if (!('movieId' in task)) return;
    const { movieId } = task;
    busy.delete(movieId);
    if (!isOver) unread.add(movieId);
    if (!isOver) plan.failed(movieId, now);
    else {
      plan.polled(movieId, nothing, now);
      plan.ask([movieId]);
    }
  };

  return {
    open,
    next,
    failed,
    polled: (movieId: number, answer: MovieAnswer, now: number): void => {
      busy.delete(movieId);
      unread.delete(movieId);
      plan.polled(movieId, answer, now);
    },
    listed: (at: ListPage, answer: ListAnswer, now: number): void => {
      const remark = plan.listed(at, answer, now);
      if (remark !== null) onRemark(remark, at);
    },
    written: (change: Change, now: number): void => {
      keeper.written(change);
      arrivals.written(change, now);
    },
    /** The watch list is another one by now. */
    watch: (list: readonly number[], removed: readonly number[]): void => {
      movies = list;
      plan.unwatch(removed);
      arrivals.begin(list);
    },
  } satisfies Agenda & Record<string, unknown>;
};
