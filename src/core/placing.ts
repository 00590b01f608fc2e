import { enter, type Checkpoint } from './checkpoint.ts';
import { atOnce } from './chunks.ts';
import type { Change, Coverage } from './coverage.ts';
import { placeOf } from './stamp.ts';
import { earlierOf, startOf, type Day } from './time.ts';

/** Where an operator wants a movie to be: from a day on, or exactly as a checkpoint says. */
export interface Wish {
  readonly movieId: number;
  readonly to: Day | Checkpoint;
}

/**
 * The checkpoint with `day` as its first open day. Back to a day at or before `from` nothing of the days since then is
 * said to be published, so that all of it is published again. On to a later day nothing before it will be, and what is
 * published of the days from it on stays said. What has no place in time belongs to no day: it stays said.
 */
export const movedTo = ({ since, from, seen }: Checkpoint, day: Day): Checkpoint => {
  const isSaid = (stamp: string): boolean => {
    const place = placeOf(stamp);
    return place === null || (day > from && place >= startOf(day));
  };
  return { since: earlierOf(since, day), from: day, seen: seen.filter(isSaid) };
};

/** What a wish makes of a checkpoint; `undefined`: the movie has none yet. */
export const placedBy = ({ to }: Wish, before: Checkpoint | undefined): Checkpoint => {
  if (typeof to !== 'string') return to;
  return before === undefined ? enter(to) : movedTo(before, to);
};

const isSame = (a: Checkpoint | undefined, b: Checkpoint): boolean =>
  a?.since === b.since && a.from === b.from && a.seen.join() === b.seen.join();

/** Items one after another in groups of so many. */
const grouped = <Item>(items: readonly Item[], size = atOnce): (readonly Item[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

/** Decided about what is committed by then; null: nothing is to be written. */
type Decide = (coverage: Coverage) => Change | null;

/** Wishes as changes, one transaction each. A record of the movie's own, whatever the frontier says. */
export const placing = (wishes: readonly Wish[]): readonly Decide[] =>
  grouped(wishes).map((some) => (coverage) => {
    const movies = some.flatMap((wish): Change['movies'] => {
      const before = coverage.at(wish.movieId);
      const after = placedBy(wish, before);
      return isSame(before, after) ? [] : [[wish.movieId, coverage.asStored(after)]];
    });
    return movies.length === 0 ? null : { movies };
  });

const nothingLeft: Pick<Change, 'frontier' | 'wanted'> = { frontier: null, wanted: null };

/**
 * Everything is forgotten. The frontier speaks for whoever has no record: as long as it is there, a movie's record says
 * its first day itself, and the frontier goes last. So what a killed command has done is true, and done again no harm.
 */
export const resettingAll = (coverage: Coverage, start: Day): readonly Decide[] => {
  const ids = [...coverage.records()].map(([movieId]) => movieId);
  const all = grouped(ids);
  if (coverage.frontier() === null) {
    const forget: Decide = (now) => (now.wanted() === null ? null : { wanted: null, movies: [] });
    return [forget, ...all.map((some): Decide => () => ({ movies: some.map((movieId) => [movieId, null]) }))];
  }
  if (all.length <= 1)
    return [(now) => ({ ...nothingLeft, movies: [...now.records()].map(([movieId]) => [movieId, null]) })];
  const known = new Set(ids);
  return [
    ...all.map((some): Decide => () => ({ movies: some.map((movieId) => [movieId, enter(start)]) })),
    // Whom an instance has polled meanwhile, with a bound of the frontier's.
    (now) => ({
      ...nothingLeft,
      movies: [...now.records()]
        .filter(([, { since, from }]) => since === null || from === null)
        .map(([movieId]) => [movieId, known.has(movieId) ? (now.at(movieId) ?? enter(start)) : enter(start)]),
    }),
  ];
};
