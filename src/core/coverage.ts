import type { Checkpoint } from './checkpoint.ts';
import { memo, type Day } from './time.ts';

/** What has been published of every movie there is: everything in the days `[since, through)`. */
export interface Frontier {
  readonly since: Day;
  readonly through: Day;
}

/** A checkpoint as it is kept: a bound that is null is the frontier's. */
export interface Stored {
  readonly since: Day | null;
  readonly from: Day | null;
  readonly seen: readonly string[];
}

/** What is committed in one transaction. A movie's null removes its record: it says nothing of its own any more. */
export interface Change {
  readonly frontier?: Frontier;
  readonly movies: readonly (readonly [movieId: number, stored: Stored | null])[];
}

// Of a million records most have seen nothing, and their days are a few hundred: one instance of each is kept.
const quiet = memo(10_000, (days: string): Stored => {
  const [since = '', from = ''] = days.split('/');
  return { since: since === '' ? null : since, from: from === '' ? null : from, seen: [] };
});

/** The one instance of a record that has seen nothing. */
export const oneOf = (stored: Stored): Stored =>
  stored.seen.length > 0 ? stored : quiet(`${stored.since ?? ''}/${stored.from ?? ''}`);

const resolve = ({ since, from, seen }: Stored, frontier: Frontier | null): Checkpoint => {
  const [own, next] = [since ?? frontier?.since, from ?? frontier?.through];
  if (own === undefined || next === undefined) throw new Error('a record without a bound, and no frontier');
  return { since: own, from: next, seen };
};

/**
 * What has been published of each movie. One without a record has the frontier's days. One whose `from` lies before
 * `through` is behind: the frontier does not speak for it.
 */
export const makeCoverage = (movies: Map<number, Stored>, stored: Frontier | null) => {
  let frontier = stored;
  /** `from` is always said: a frontier that moves meanwhile must not speak for what was asked before. */
  const asStored = ({ since, from, seen }: Checkpoint): Stored =>
    oneOf({ since: since === frontier?.since ? null : since, from, seen });
  return {
    asStored,
    frontier: () => frontier,
    size: () => movies.size,
    record: (movieId: number): Stored | undefined => movies.get(movieId),
    records: (): Iterable<readonly [movieId: number, stored: Stored]> => movies,
    /** Undefined where nothing speaks for the movie. */
    at: (movieId: number): Checkpoint | undefined => {
      const own = movies.get(movieId);
      if (own !== undefined) return resolve(own, frontier);
      return frontier === null ? undefined : { since: frontier.since, from: frontier.through, seen: [] };
    },
    put: (movieId: number, checkpoint: Checkpoint): void => void movies.set(movieId, asStored(checkpoint)),
    /** Whoever takes a change over publishes it in the same turn: what is asked from then on begins with it. */
    apply: (change: Change): Change => {
      frontier = change.frontier ?? frontier;
      for (const [movieId, own] of change.movies)
        if (own === null) movies.delete(movieId);
        else movies.set(movieId, own);
      return change;
    },
  };
};
export type Coverage = ReturnType<typeof makeCoverage>;

/** How many records go into one transaction. */
const atOnce = 500;

export const inChanges = (movies: Change['movies']): Change[] =>
  Array.from({ length: Math.ceil(movies.length / atOnce) }, (_, nth) => ({
    movies: movies.slice(nth * atOnce, (nth + 1) * atOnce),
  }));
