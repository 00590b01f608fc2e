import type { Agenda, Task } from '../agenda.ts';
import { makeArrivals } from '../arrivals.ts';
import { makeBackfill } from './backfill.ts';
import type { BackfillNote } from './notes.ts';
import { enteringAll } from '../closing.ts';
import type { Coverage } from '../coverage.ts';
import type { Day } from '../time.ts';
import { spareAtMost } from '../turns.ts';

export interface BackfillAgendaOptions {
  readonly watched: 'all' | readonly number[];
  readonly overlapMs: number;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
  readonly requestsPerSecond: number;
  readonly onNote: (note: BackfillNote) => void;
}

const makeState = ({ watched, overlapMs, start, requestsPerSecond, onNote }: BackfillAgendaOptions) => {
  const busy = new Set<number>();
  const asked: number[] = [];
  const backfill = makeBackfill({
    ...{ overlapMs, onNote, watched: (): 'all' | readonly number[] => watched },
    atMost: spareAtMost(requestsPerSecond),
    isBusy: (movieId) => busy.has(movieId),
    ask: (movies) => void asked.push(...movies),
  });
  const arrivals = makeArrivals(() => undefined);
  return { watched, start, busy, asked, backfill, arrivals, coverage: null as Coverage | null, isStopped: false };
};
type State = ReturnType<typeof makeState>;

const next = ({ watched, start, busy, asked, backfill, arrivals, coverage, isStopped }: State, now: number): Task => {
  if (coverage === null) throw new Error('no session is open');
  if (isStopped) return { done: true };
  const change =
    watched === 'all' ? (enteringAll(coverage, { start, now }) ?? backfill.opening(now)) : arrivals.next(coverage, now);
  if (change !== null) return { change };
  const task = backfill.next(now);
  if ('movieId' in task) busy.add(task.movieId);
  if (!('until' in task)) return task;
  const movieId = asked.findLast((each) => !busy.has(each) && coverage.at(each) !== undefined);
  if (movieId !== undefined) {
    asked.splice(asked.lastIndexOf(movieId), 1);
    busy.add(movieId);
    return { movieId };
  }
  return coverage.wanted() === null && asked.length === 0 ? { done: true } : task;
};

/** Backfill alone, where no instance polls; what went back to the oldest open day is polled once. `stop`: nothing more. */
export const makeBackfillAgenda = (options: BackfillAgendaOptions): Agenda & { readonly stop: () => void } => {
  const state = makeState(options);
  const { busy, asked, backfill, arrivals } = state;
  return {
    next: (now) => next(state, now),
    stop: () => void (state.isStopped = true),
    open: (coverage, now) => {
      busy.clear();
      state.coverage = coverage;
      if (options.watched !== 'all') arrivals.begin(options.watched, options.start);
      backfill.open(coverage, now);
    },
    polled: (movieId, _answer, now) => {
      busy.delete(movieId);
      if (backfill.isUnderWay(movieId)) backfill.polled(movieId, now);
    },
    listed: (_at, answer, now) => backfill.listed(answer, now),
    written: (change, now) => arrivals.written(change, now),
    failed: (task, how) => {
      if ('list' in task) backfill.listFailed(how);
      if (!('movieId' in task)) return;
      busy.delete(task.movieId);
      if (backfill.isUnderWay(task.movieId)) backfill.failed(task.movieId, how);
      else if (how.isOver) asked.push(task.movieId);
    },
  };
};
