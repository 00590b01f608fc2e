import type { Held, Published } from './audit.ts';
import type { Span } from './audit-scope.ts';
import type { ChangeEvent } from './map.ts';
import { toItem } from './map.ts';
import { pieceOf } from './parse.ts';
import { placeOf, stampOfItem } from './stamp.ts';
import { startOf } from './time.ts';
import { murmur2 } from './topics.ts';

interface Collected {
  readonly rank: number;
  readonly events: Map<string, Held>;
  readonly letters: Set<string>;
}

/**
 * So many movies by chance, in one pass: those of the lowest rank of all that were offered. Who is pushed out has a higher
 * rank than all that stay, so it never comes back, and of who stays nothing was missed.
 */
const makeLowest = (most: number) => {
  const chosen = new Map<number, Collected>();
  let highest: readonly [movieId: number, rank: number] | null = null;
  const findHighest = (): readonly [number, number] =>
    [...chosen].reduce<readonly [number, number]>(
      (high, [id, { rank }]) => (isAbove([id, rank], high) ? [id, rank] : high),
      [-1, -1],
    );
  const isAbove = (a: readonly [number, number], b: readonly [number, number]): boolean =>
    a[1] > b[1] || (a[1] === b[1] && a[0] > b[0]);
  return {
    chosen,
    admits: (movieId: number, rank: number): boolean =>
      chosen.has(movieId) || chosen.size < most || isAbove((highest ??= findHighest()), [movieId, rank]),
    add: (movieId: number, rank: number): Collected => {
      if (chosen.size === most) chosen.delete((highest ?? findHighest())[0]);
      const made = { rank, events: new Map(), letters: new Set<string>() };
      chosen.set(movieId, made);
      highest = null;
      return made;
    },
  };
};

export interface CollectOptions {
  /** By name, or so many by chance among those with something in their days. */
  readonly movies: ReadonlySet<number> | number;
  /** The same text, the same choice. */
  readonly seed: string;
  /** The days of a movie; null: it is not compared. */
  readonly spanOf: (movieId: number) => Span | null;
}

const isIn = ({ start, end }: Span, place: number): boolean => place >= startOf(start) && place < startOf(end);

/** Who is compared, and where what there is of one is kept. */
const makeRooms = ({ movies, seed, spanOf }: CollectOptions) => {
  const { chosen, admits, add } = makeLowest(typeof movies === 'number' ? movies : movies.size);
  const rankOf = (movieId: number): number =>
    typeof movies === 'number' ? murmur2(Buffer.from(`${seed}/${movieId}`)) >>> 0 : 0;
  /** Whether it is worth while to read a record of the movie. */
  const isWanted = (movieId: number): boolean =>
    typeof movies === 'number' ? admits(movieId, rankOf(movieId)) : movies.has(movieId);
  /** Null where it lies outside the movie's days. */
  const roomFor = (movieId: number, stamp: string): Collected | null => {
    const [span, place] = [spanOf(movieId), placeOf(stamp)];
    if (span === null || place === null || !isIn(span, place) || !isWanted(movieId)) return null;
    return chosen.get(movieId) ?? add(movieId, rankOf(movieId));
  };
  return { chosen, isWanted, roomFor };
};

/** Takes what is published, in whatever order of topics, and keeps that of the movies to be compared. */
export const makeCollect = (options: CollectOptions) => {
  const { movies } = options;
  const { chosen, isWanted, roomFor } = makeRooms(options);
  return {
    isWanted,
    /** Of two of one stamp the one that was observed later stays. Throws what `toItem` throws. */
    addEvent: (event: ChangeEvent): void => {
      const {
        movie_id: movieId,
        item_id: id,
        change_key: changeKey,
        changed_at: changedAt,
        observed_at: observedAt,
      } = event;
      const stamp = stampOfItem(id, changedAt);
      const piece = pieceOf({ changeKey, received: toItem(event) });
      const room = roomFor(movieId, stamp);
      if (room === null || (room.events.get(stamp)?.observedAt ?? -1) > observedAt) return;
      room.events.set(stamp, { recordKey: `${movieId}:${id}`, changeKey, changedAt, observedAt, piece });
    },
    addLetter: (movieId: number, stamp: string): void => void roomFor(movieId, stamp)?.letters.add(stamp),
    /** The letter was replayed. */
    removeLetter: (movieId: number, stamp: string): void => void chosen.get(movieId)?.letters.delete(stamp),
    /** By movie id; of a movie by name also where there is nothing. */
    all: (): ReadonlyMap<number, Published> => {
      if (typeof movies === 'number') return new Map([...chosen].sort(([a], [b]) => a - b));
      const none = { events: new Map<string, Held>(), letters: new Set<string>() };
      return new Map([...movies].sort((a, b) => a - b).map((movieId) => [movieId, chosen.get(movieId) ?? none]));
    },
  };
};
export type Collect = ReturnType<typeof makeCollect>;
