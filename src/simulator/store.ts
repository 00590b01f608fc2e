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
  entries.forEach(add);
  return {
    add,
    all: all as readonly Entry[],
    ofMovie: (movieId: number): readonly Entry[] => movies.get(movieId) ?? [],
  };
};

export type Store = ReturnType<typeof makeStore>;
