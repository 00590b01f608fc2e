import { entering } from './closing.ts';
import { atOnce } from './chunks.ts';
import type { Change, Coverage } from './coverage.ts';
import { dayOf, type Day } from './time.ts';
import type { WatchChange } from './watch.ts';

/**
 * How many movies that have their records already arrive in a turn. The loop may take a turn for each movie that it has
 * room for before it waits: more would keep the process from its heartbeats for seconds.
 */
const atMost = 2 * atOnce;

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
  hasMore: boolean;
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
  state.hasMore = false;
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
  state.hasMore = state.entered === null;
  return null;
};

/** Movies that are watched from now on: one that has no record gets it before it is polled. */
export const makeArrivals = (onArrived: OnArrived) => {
  const state: State = { onArrived, added: new Map(), start: '', waiting: [].values(), entered: null, hasMore: false };
  return {
    /** A session begins with these. `from`: the first day of one that has no record and was not added since. */
    begin: (movies: Iterable<number>, from: Day): void =>
      void Object.assign(state, { start: from, waiting: movies[Symbol.iterator](), entered: null, hasMore: false }),
    /** The list has become another one. What is being written counts once it is written: the session may end before. */
    change: ({ ids, added, removed }: WatchChange, from: Day): void => {
      for (const movieId of removed) state.added.delete(movieId);
      for (const movieId of added) state.added.set(movieId, from);
      state.waiting = ids[Symbol.iterator]();
      if (state.entered !== null) state.entered = { ...state.entered, movies: [] };
    },
    /** Whether the next of them can arrive in another turn. */
    hasMore: (): boolean => state.hasMore,
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
