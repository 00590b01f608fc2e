import type { BackfillOptions, BackfillTask } from './notes.ts';
import { makeState, next, open, openingChange, type State } from './turns.ts';
import type { BackfillWindow } from './window.ts';
import type { Change, Coverage } from '../coverage.ts';
import type { Failure } from './crowd.ts';
import type { ListAnswer } from '../schedule/planned.ts';
import { isTooLong } from './range-walk.ts';
import { daysIn } from '../time.ts';

/** A list that is too long is asked for in halves; that of one day is read as far as TMDB gives it. */
const shorten = (state: State, window: BackfillWindow): boolean => {
  const days = daysIn(window);
  if (days === 1) {
    state.onNote({ kind: 'CUT', start: window.start, end: window.end });
    return false;
  }
  [state.days, state.window] = [Math.ceil(days / 2), null];
  return true;
};

const listed = (state: State, answer: ListAnswer, now: number): void => {
  const { window, coverage } = state;
  state.listing = null;
  if (window === null || coverage === null) return;
  const isFirst = window.walk.ids.size === 0;
  if (isTooLong(answer) && (daysIn(window) > 1 || isFirst) && shorten(state, window)) return;
  window.listed(coverage, answer, now);
};

const listFailed = (state: State, how: Failure): void => {
  const { window } = state;
  state.listing = null;
  if (window === null || (how.isFinal === true && shorten(state, window))) return;
  window.listFailed(how);
};

/** A wait that is longer than this is said, and so is a time without a turn. */
const patienceMs = 60_000;
const sayStarvedMs = 600_000;

const noteWait = (state: State, task: BackfillTask, now: number): void => {
  const isIdle = state.underWay.size === 0 && state.listing === null;
  if (!('until' in task) || task.until === Infinity || !isIdle) return;
  if (task.until < now + patienceMs || task.until <= state.waitsUntil) return;
  state.waitsUntil = task.until;
  state.onNote({ kind: 'WAITING', until: task.until });
};

const noteStarved = (state: State, now: number): void => {
  if ((state.coverage?.wanted() ?? null) === null || now < state.turnAt + patienceMs) return;
  state.turnAt = now + sayStarvedMs;
  state.onNote({ kind: 'STARVED' });
};

/**
 * Publishes what lies before the days that are published: of each watched movie, or, where everything is watched, of all
 * that the lists of those days name. It keeps no state but the records: what they say is not yet there is to be done.
 */
export const makeBackfill = (options: BackfillOptions) => {
  const state = makeState(options);
  return {
    /** A session begins. What was under way in the last one is done again. */
    open: (coverage: Coverage, now: number): void => {
      open(state, coverage);
      state.turnAt = now;
    },
    /** What is to be written before anything is polled. */
    opening: (now: number): Change | null => openingChange(state, now),
    next: (now: number): BackfillTask => {
      state.turnAt = Math.max(state.turnAt, now);
      const task = next(state, now);
      noteWait(state, task, now);
      return task;
    },
    /** Live polling had the turn. */
    passed: (now: number): void => noteStarved(state, now),
    isUnderWay: (movieId: number): boolean => state.underWay.has(movieId),
    polled: (movieId: number, now: number): void => {
      const crowd = state.underWay.get(movieId);
      state.underWay.delete(movieId);
      crowd?.polled(movieId, state.coverage?.at(movieId)?.since ?? '', now);
    },
    listed: (answer: ListAnswer, now: number): void => listed(state, answer, now),
    listFailed: (how: Failure): void => listFailed(state, how),
    failed: (movieId: number, how: Failure): void => {
      state.underWay.get(movieId)?.failed(movieId, how);
      state.underWay.delete(movieId);
    },
  };
};
export type Backfill = ReturnType<typeof makeBackfill>;
