import type { Checkpoint } from './checkpoint.ts';
import { placeOf } from './stamp.ts';
import { earlierOf, laterOf, memo, startOf, type Day } from './time.ts';

/** What has been published of every movie there is: everything in the days `[since, through)`. */
export interface Frontier {
  readonly since: Day;
  readonly through: Day;
  /** Live polling has closed no day yet: backfill has, before it. */
  readonly fresh?: true;
}

/** Whether the next day to be closed is the first. */
export const isFresh = ({ since, through, fresh }: Frontier): boolean => fresh === true || since === through;

/** A checkpoint as it is kept: a bound that is null is the frontier's. */
export interface Stored {
  readonly since: Day | null;
  readonly from: Day | null;
  readonly seen: readonly string[];
}

/** An operator's wish that TMDB is asked nothing, until he takes it back. */
export interface Paused {
  /** Ms since 1970. */
  readonly at: number;
  /** Who: user@host. */
  readonly by: string;
  readonly reason: string | null;
}

/** What is committed in one transaction. A movie's null removes its record: it says nothing of its own any more. */
export interface Change {
  /** Null removes it: nothing is published of a movie that has no record. */
  readonly frontier?: Frontier | null;
  readonly movies: readonly (readonly [movieId: number, stored: Stored | null])[];
  /** From which day on backfill is to publish; null once it is there. */
  readonly wanted?: Day | null;
  /** Null: whoever polls goes on. */
  readonly paused?: Paused | null;
}

/** Of what is stored, what is no movie's. */
export type Wishes = Required<Pick<Change, 'wanted' | 'paused'>>;

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

/** The frontier may have moved on either side since a poll began: where the days meet, both are published. */
const joined = (polled: Checkpoint, known: Checkpoint | undefined): Checkpoint => {
  if (known === undefined || known.since > polled.from || known.from < polled.since) return polled;
  const [since, from] = [earlierOf(polled.since, known.since), laterOf(polled.from, known.from)];
  if (from === polled.from) return { ...polled, since };
  return { since, from, seen: polled.seen.filter((stamp) => (placeOf(stamp) ?? Infinity) >= startOf(from)) };
};

/** What a record means beside a frontier, and how a checkpoint is kept as one. */
const makeReading = (movies: ReadonlyMap<number, Stored>, frontierOf: () => Frontier | null) => {
  /** `from` is always said: a frontier that moves meanwhile must not speak for what was asked before. */
  const asStored = ({ since, from, seen }: Checkpoint): Stored =>
    oneOf({ since: since === frontierOf()?.since ? null : since, from, seen });
  /** Undefined where nothing speaks for the movie. */
  const at = (movieId: number): Checkpoint | undefined => {
    const [own, frontier] = [movies.get(movieId), frontierOf()];
    if (own !== undefined) return resolve(own, frontier);
    return frontier === null ? undefined : { since: frontier.since, from: frontier.through, seen: [] };
  };
  /** A `since` that has not moved stays as it was written, also where the frontier has gone there meanwhile. */
  const storedOf = (movieId: number, polled: Checkpoint): Stored => {
    const known = at(movieId);
    const after = joined(polled, known);
    const stored = asStored(after);
    return after.since === known?.since ? { ...stored, since: movies.get(movieId)?.since ?? null } : stored;
  };
  return { asStored, at, storedOf };
};

/**
 * What has been published of each movie. One without a record has the frontier's days. One whose `from` lies before
 * `through` is behind: the frontier does not speak for it.
 */
export const makeCoverage = (movies: Map<number, Stored>, stored: Frontier | null, wishes: Partial<Wishes> = {}) => {
  let { frontier, wanted, paused }: Wishes & { frontier: Frontier | null } = {
    ...{ frontier: stored, wanted: null, paused: null },
    ...wishes,
  };
  const { asStored, at, storedOf } = makeReading(movies, () => frontier);
  const written = new Map<number, Stored>();
  return {
    at,
    asStored,
    /** What a poll has brought, as it is to be kept. */
    writing: (movieId: number, checkpoint: Checkpoint): Stored => {
      written.set(movieId, storedOf(movieId, checkpoint));
      return written.get(movieId) ?? asStored(checkpoint);
    },
    frontier: () => frontier,
    /** From which day on backfill is to publish; null: it is there, or nobody has asked. */
    wanted: () => wanted,
    /** Null: nobody wants it to stand still. */
    paused: () => paused,
    size: () => movies.size,
    record: (movieId: number): Stored | undefined => movies.get(movieId),
    records: (): Iterable<readonly [movieId: number, stored: Stored]> => movies,
    /** What was written of a poll. What was not is no record here either: the log and this always say the same. */
    put: (movieId: number, checkpoint: Checkpoint): void => {
      movies.set(movieId, written.get(movieId) ?? storedOf(movieId, checkpoint));
      written.delete(movieId);
    },
    /** Whoever takes a change over publishes it in the same turn: what is asked from then on begins with it. */
    apply: (change: Change): Change => {
      ({ frontier = frontier, wanted = wanted, paused = paused } = change);
      for (const [movieId, own] of change.movies)
        if (own === null) movies.delete(movieId);
        else movies.set(movieId, own);
      return change;
    },
  };
};
export type Coverage = ReturnType<typeof makeCoverage>;
