import { entering } from './closing.ts';
import { atOnce, type Change, type Coverage } from './coverage.ts';
import { dayOf, type Day } from './time.ts';

/** How many movies that have their records already arrive at once. */
const atMost = 100 * atOnce;

/** Movies that are watched from now on: one that has no record gets it before it is polled. */
export const makeArrivals = (onArrived: (movies: readonly number[], now: number) => void) => {
  let start: Day = '';
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
    /** These, and no longer what was still to come. `from`: the first day of one that has no record. */
    begin: (movies: Iterable<number>, from: Day): void => {
      start = from;
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
