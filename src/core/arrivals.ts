import { entering } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import { dayOf, type Day } from './time.ts';
import type { WatchChange } from './watch.ts';

/** How many movies arrive at a time, and how many of those at once that have their records already. */
const atOnce = 500;
const atMost = 100 * atOnce;

interface Arrived {
  readonly now: number;
  /** Those of them that were added to the list while it was watched. */
  readonly added: readonly number[];
}
type OnArrived = (movies: readonly number[], how: Arrived) => void;

interface State {
  readonly onArrived: OnArrived;
  /** Who was added and has not arrived, and the first day of one that has no record. */
  readonly added: Map<number, Day>;
  start: Day;
  waiting: Iterator<number>;
  entered: { readonly change: Change; readonly movies: readonly number[] } | null;
}

const take = ({ waiting }: State): number[] => {
  const movies: number[] = [];
  for (let each = waiting.next(); each.done !== true; each = waiting.next()) {
    movies.push(each.value);
    if (movies.length === atOnce) break;
  }
  return movies;
};

const arrive = ({ added, onArrived }: State, movies: readonly number[], now: number): void =>
  onArrived(movies, { now, added: movies.filter((movieId) => added.delete(movieId)) });

const next = (state: State, coverage: Coverage, now: number): Change | null => {
  for (let count = 0; state.entered === null && count < atMost; count += atOnce) {
    const movies = take(state);
    if (movies.length === 0) return null;
    const firstOf = (movieId: number): Day => state.added.get(movieId) ?? state.start;
    const [change] = entering(coverage, movies, { startOf: firstOf, today: dayOf(now) });
    if (change !== undefined) {
      state.entered = { change, movies };
      return change;
    }
    arrive(state, movies, now);
  }
  return null;
};

/** Movies that are watched from now on: one that has no record gets it before it is polled. */
export const makeArrivals = (onArrived: OnArrived) => {
  const state: State = { onArrived, added: new Map(), start: '', waiting: [].values(), entered: null };
  return {
    /** A session begins with these. `from`: the first day of one that has no record and was not added since. */
    begin: (movies: Iterable<number>, from: Day): void =>
      void Object.assign(state, { start: from, waiting: movies[Symbol.iterator](), entered: null }),
    /** The list has become another one. What is being written counts once it is written: the session may end before. */
    change: ({ ids, added, removed }: WatchChange, from: Day): void => {
      for (const movieId of removed) state.added.delete(movieId);
      for (const movieId of added) state.added.set(movieId, from);
      state.waiting = ids[Symbol.iterator]();
      if (state.entered !== null) state.entered = { ...state.entered, movies: [] };
    },
    /** What is to be written before more can arrive. */
    next: (coverage: Coverage, now: number): Change | null => next(state, coverage, now),
    written: (change: Change, now: number): void => {
      const { entered } = state;
      if (entered?.change !== change) return;
      state.entered = null;
      arrive(state, entered.movies, now);
    },
  };
};
