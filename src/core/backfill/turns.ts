// What backfill does next.
import { makeMovies, type MoviesTask } from './movies.ts';
import { makeWindow, moveSince, trimSince, type BackfillWindow, type WindowTask } from './window.ts';
import type { BackfillOptions, BackfillTask } from './notes.ts';
import { takeDays } from '../checkpoint.ts';
import type { Change, Coverage } from '../coverage.ts';
import type { Crowd } from './crowd.ts';
import { opening } from './opening.ts';
import type { RangePage } from './range-walk.ts';
import { ownRecords } from './extent.ts';
import { addDays, daysIn, laterOf, type Day } from '../time.ts';

/** Windows grow again while their lists have fewer pages. */
const fewRows = 20_000;
const soonMs = 500;

type Changes = Iterator<Change | null, undefined>;
const nothing = (): Changes => [].values();

export const makeState = (options: BackfillOptions) => ({
  ...options,
  movies: makeMovies(options),
  window: null as BackfillWindow | null,
  days: takeDays,
  /** What is to be written before anything is polled; null until that is known, and where nothing is wanted. */
  opening: null as Changes | null,
  /** What the frontier says by now, and records need not. */
  trims: nothing(),
  listing: null as RangePage | null,
  /** Movies in the pipeline, each of a window's or of the others. */
  underWay: new Map<number, Crowd>(),
  /** When it had its turn, and until when it is known to wait. */
  turnAt: -Infinity,
  waitsUntil: -Infinity,
  coverage: null as Coverage | null,
});
export type State = ReturnType<typeof makeState>;

export const open = (state: State, coverage: Coverage): void => {
  const isSame = coverage.frontier()?.since === state.window?.end && coverage.wanted() !== null;
  if (!isSame) state.window = null;
  state.window?.reopen();
  state.movies.reopen();
  state.underWay.clear();
  const trims = trimSince(coverage, state.isBusy);
  Object.assign(state, { coverage, opening: null, trims, listing: null });
};

/** What is to be written before anything is polled. */
export const openingChange = (state: State, now: number): Change | null => {
  const { coverage, overlapMs, ask } = state;
  const wanted = coverage?.wanted() ?? null;
  if (coverage === null || wanted === null || state.watched() !== 'all' || coverage.frontier() === null) return null;
  state.opening ??= opening(coverage, { overlapMs, now, wanted });
  const change = state.opening.next().value ?? null;
  const hasMoved = (movieId: number, from: Day | null): boolean => {
    const before = coverage.record(movieId)?.from ?? null;
    return before !== null && from !== null && from < before;
  };
  ask(
    (change?.movies ?? []).flatMap(([movieId, to]) => (hasMoved(movieId, to?.from ?? null) ? [movieId] : [])),
    now,
  );
  return change;
};

/** The frontier's `since` goes to the window's start, once its movies are there. */
const closeWindow = (state: State, coverage: Coverage, now: number): BackfillTask => {
  const { window } = state;
  if (window === null) return { until: now };
  const change = moveSince(coverage, window, state.isBusy);
  if (change === null) return { until: now + soonMs };
  const movies = window.walk.ids.size;
  state.onNote({ kind: 'WINDOW', since: window.start, movies, left: change.movies.length });
  state.window = null;
  state.trims = trimSince(coverage, state.isBusy);
  if (movies < fewRows) state.days = Math.min(takeDays, daysIn(window) * 2);
  return { change };
};

const trimmed = ({ trims }: State, now: number): BackfillTask | null => {
  const { value: change, done } = trims.next();
  if (done === true) return null;
  return change === null ? { until: now + soonMs } : { change };
};

const nextOfAll = (state: State, coverage: Coverage, { to, now }: { to: Day; now: number }): BackfillTask | null => {
  const since = coverage.frontier()?.since;
  if (since === undefined) return { until: now + soonMs };
  if (state.window === null) {
    const rest = trimmed(state, now);
    if (rest !== null || since <= to) return rest;
    state.window = makeWindow({ start: laterOf(to, addDays(since, -state.days)), end: since }, state);
  }
  const task: WindowTask = state.window.next(coverage, now);
  return 'isOver' in task ? closeWindow(state, coverage, now) : give(state, task, to);
};

const give = (state: State, task: Exclude<WindowTask | MoviesTask, { isOver: true }>, to: Day): BackfillTask => {
  const { window, movies, coverage } = state;
  if ('list' in task) {
    window?.walk.give();
    state.listing = task.list;
  }
  if (!('movieId' in task)) return task;
  const crowd = window?.crowd ?? movies.crowd();
  state.underWay.set(task.movieId, crowd);
  crowd.give(task.movieId, coverage?.at(task.movieId)?.since ?? to);
  return { movieId: task.movieId, since: window?.start ?? to };
};

export const next = (state: State, now: number): BackfillTask => {
  const { coverage, movies, atMost } = state;
  const to = coverage?.wanted() ?? null;
  const count = state.underWay.size + (state.listing === null ? 0 : 1);
  if (coverage === null || to === null || count >= atMost) return { until: Infinity };
  const watched = state.watched();
  const ofAll = watched === 'all' ? nextOfAll(state, coverage, { to, now }) : null;
  if (ofAll !== null) return ofAll;
  const task = movies.next(coverage, { movies: watched === 'all' ? ownRecords(coverage) : watched, to, now });
  if (!('isOver' in task)) return give(state, task, to);
  state.onNote({ kind: 'DONE', since: to, gone: movies.end() });
  return { change: { movies: [], wanted: null } };
};
