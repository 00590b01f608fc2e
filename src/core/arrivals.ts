import { entering } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import { dayOf, type Day } from './time.ts';

/**
 * How many movies arrive at a time, and how many of those in a turn that have their records already. The loop may take a
 * turn for each movie that it has room for before it waits: more would keep the process from its heartbeats for seconds.
 */
const atOnce = 500;
const atMost = 2 * atOnce;

const take = (waiting: Iterator<number>): number[] => {
  const movies: number[] = [];
  for (let each = waiting.next(); each.done !== true; each = waiting.next()) {
    movies.push(each.value);
    if (movies.length === atOnce) break;
  }
  return movies;
};

/** Movies that are watched from now on: one that has no record gets it before it is polled. */
export const makeArrivals = (onArrived: (movies: readonly number[], now: number) => void) => {
  let start: Day = '';
  let waiting: Iterator<number> = [].values();
  let hasMore = false;
  let entered: { readonly change: Change; readonly movies: readonly number[] } | null = null;
  return {
    /** These, and no longer what was still to come. `from`: the first day of one that has no record. */
    begin: (movies: Iterable<number>, from: Day): void => {
      start = from;
      waiting = movies[Symbol.iterator]();
      [entered, hasMore] = [null, false];
    },
    /** Whether the next of them can arrive in another turn. */
    hasMore: (): boolean => hasMore,
    /** What is to be written before more can arrive. */
    next: (coverage: Coverage, now: number): Change | null => {
      hasMore = false;
      for (let count = 0; entered === null && count < atMost; count += atOnce) {
        const movies = take(waiting);
        if (movies.length === 0) return null;
        const [change] = entering(coverage, movies, { start, today: dayOf(now) });
        if (change !== undefined) {
          entered = { change, movies };
          return change;
        }
        onArrived(movies, now);
      }
      hasMore = entered === null;
      return null;
    },
    written: (change: Change, now: number): void => {
      if (entered?.change !== change) return;
      onArrived(entered.movies, now);
      entered = null;
    },
  };
};
