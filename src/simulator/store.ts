import { member } from '../core/json.ts';
import type { Entry } from './world.ts';

/** Every change that TMDB holds, in the order in which it came, and those of one movie without a look at the others. */
export const makeStore = (entries: readonly Entry[]) => {
  const all: Entry[] = [];
  const movies = new Map<number, Entry[]>();
  const add = (entry: Entry): void => {
    all.push(entry);
    const known = movies.get(entry.movieId);
    if (known === undefined) movies.set(entry.movieId, [entry]);
    else known.push(entry);
  };
  const drop = (from: Entry[], movieId: number, id: string): void => {
    const kept = from.filter((entry) => entry.movieId !== movieId || member(entry.item, 'id') !== id);
    from.splice(0, from.length, ...kept);
  };
  entries.forEach(add);
  return {
    add,
    /** The item is shown no longer, as where a movie was merged with another one. */
    forget: (movieId: number, id: string): void => {
      drop(all, movieId, id);
      drop(movies.get(movieId) ?? [], movieId, id);
    },
    all: all as readonly Entry[],
    ofMovie: (movieId: number): readonly Entry[] => movies.get(movieId) ?? [],
  };
};

export type Store = ReturnType<typeof makeStore>;
