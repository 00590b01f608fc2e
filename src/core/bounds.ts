import { createHash } from 'node:crypto';
import type { Checkpoint } from './checkpoint.ts';
import type { Coverage } from './coverage.ts';
import { earlierOf, laterOf, type Day } from './time.ts';

/** What is watched: every movie, or these. */
export type Watched = 'all' | readonly number[];

/** How far everything watched is published; of the movies named in `entered` also where they begin. */
export interface Bounds {
  /** The largest `since` and the smallest `from`; null where nothing is watched. */
  readonly since: Day | null;
  readonly from: Day | null;
  readonly entered: Day | null;
}

interface Of {
  readonly watched: Watched;
  /** TMDB does not know them: they hold nothing up. */
  readonly gone: ReadonlySet<number>;
  readonly entered: ReadonlySet<number>;
}

const idsOf = function* (coverage: Coverage, watched: Watched): Generator<number> {
  if (watched === 'all') for (const [movieId] of coverage.records()) yield movieId;
  else yield* watched;
};

/** Null while a movie has no record yet. Looks at each movie, or at each record where everything is watched. */
export const boundsOf = (coverage: Coverage, { watched, gone, entered }: Of): Bounds | null => {
  const frontier = watched === 'all' ? coverage.frontier() : null;
  if (watched === 'all' && frontier === null) return null;
  let [since, from]: [Day | null, Day | null] = [frontier?.since ?? null, frontier?.through ?? null];
  const take = (at: Checkpoint): void => {
    since = since === null ? at.since : laterOf(since, at.since);
    from = from === null ? at.from : earlierOf(from, at.from);
  };
  for (const movieId of idsOf(coverage, watched)) {
    const at = coverage.at(movieId);
    if (at === undefined) return null;
    if (!gone.has(movieId)) take(at);
  }
  const firsts = [...entered].map((movieId) => coverage.at(movieId)?.from ?? '').sort();
  return { since, from, entered: firsts[0] ?? null };
};

/** Where whoever is furthest behind goes on, of those that have a record; null where nobody has. A pass like `boundsOf`. */
export const leastFrom = (coverage: Coverage, { watched, gone }: Omit<Of, 'entered'>): Day | null => {
  let least = watched === 'all' ? (coverage.frontier()?.through ?? null) : null;
  for (const movieId of idsOf(coverage, watched)) {
    const from = gone.has(movieId) ? undefined : coverage.at(movieId)?.from;
    if (from !== undefined && (least === null || from < least)) least = from;
  }
  return least;
};

/** How many movies `boundsOf` looks at. */
export const sizeOf = (coverage: Coverage, watched: Watched): number =>
  watched === 'all' ? coverage.size() : watched.length;

/** The same for the same movies, in whatever order. */
export const fingerprintOf = (watched: Watched): string =>
  watched === 'all'
    ? 'all'
    : createHash('sha256')
        .update(Float64Array.from(new Set(watched)).sort())
        .digest('hex')
        .slice(0, 16);
