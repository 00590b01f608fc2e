import { placeName, type Range } from './positions.ts';

interface Place {
  next: bigint;
  readonly end: bigint | null;
}

/** How far each partition is read, and whether that is all of it. It never goes back, and never beyond an end. */
export const makeProgress = (ranges: readonly Range[]) => {
  const isEndless = ranges.every(({ end }) => end === null);
  const places = new Map<string, Place>(
    ranges.map(({ topic, partition, start, end }) => [placeName(topic, partition), { next: start, end }]),
  );
  const at = (topic: string, partition: number): Place => {
    const name = placeName(topic, partition);
    const place = places.get(name) ?? { next: 0n, end: isEndless ? null : 0n }; // added since: all of it is new
    places.set(name, place);
    return place;
  };
  return {
    next: (topic: string, partition: number): bigint => at(topic, partition).next,
    /** Whether a record is neither read already nor behind the end. */
    isWanted: (topic: string, partition: number, offset: bigint): boolean => {
      const { next, end } = at(topic, partition);
      return offset >= next && (end === null || offset < end);
    },
    move: (topic: string, partition: number, offset: bigint): void => {
      const place = at(topic, partition);
      const bounded = place.end !== null && offset > place.end ? place.end : offset;
      if (bounded > place.next) place.next = bounded;
    },
    isDone: (): boolean => !isEndless && [...places.values()].every(({ next, end }) => end !== null && next >= end),
  };
};
export type Progress = ReturnType<typeof makeProgress>;

/** From where on in its partition a session's records are all that should come. */
export const makeWatch = () => {
  let watched: { readonly session: string; readonly next: bigint } | null = null;
  return {
    begin: (session: string, next: bigint): void => void (watched = { session, next }),
    end: (): void => void (watched = null),
    next: () => watched?.next ?? null,
    move: (next: bigint): void => {
      if (watched !== null && next > watched.next) watched = { ...watched, next };
    },
    /** Whether a record at `offset`, written by `session`, is another session's. */
    isForeign: (offset: bigint, session: string | undefined): boolean =>
      watched !== null && offset >= watched.next && session !== watched.session,
  };
};
