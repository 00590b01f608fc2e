import { entering } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import { dayOf, type Day } from './time.ts';

/** How many movies arrive at a time, and how many of those at once that have their records already. */
const atOnce = 500;
const atMost = 100 * atOnce;

/** Movies that are watched from now on: one that has no record gets it before it is polled. `start`: its first day. */
export const makeArrivals = (start: Day, onArrived: (movies: readonly number[], now: number) => void) => {
  let waiting: Iterator<number> = [].values();
  let entered: { readonly change: Change; readonly movies: readonly number[] } | null = null;
  const take = (): number[] => {
    const movies: number[] = [];
    for (let each = waiting.next(); each.done !== true; each = waiting.next()) {
      movies.push(each.value);
      if (movies.length === atOnce) break;
    }
    return movies;
  };
  return {
    /** These, and no longer what was still to come. */
    begin: (movies: Iterable<number>): void => {
      waiting = movies[Symbol.iterator]();
      entered = null;
    },
    /** What is to be written before more can arrive. */
    next: (coverage: Coverage, now: number): Change | null => {
      for (let count = 0; entered === null && count < atMost; count += atOnce) {
        const movies = take();
        if (movies.length === 0) return null;
        const [change] = entering(coverage, movies, { start, today: dayOf(now) });
        if (change !== undefined) {
          entered = { change, movies };
          return change;
        }
        onArrived(movies, now);
      }
      return null;
    },
    written: (change: Change, now: number): void => {
      if (entered?.change !== change) return;
      onArrived(entered.movies, now);
      entered = null;
    },
  };
};
