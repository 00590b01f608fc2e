import { placeName, type Range } from './positions.ts';

interface Place {
  readonly topic: string;
  readonly partition: number;
  next: bigint;
  /** Whether anything of it was read. */
  isRead: boolean;
  /** The record that is handed out and not finished. */
  held: bigint | null;
  readonly end: bigint | null;
}

/** Never back, and never beyond its end. */
const goTo = (place: Place, offset: bigint): void => {
  const bounded = place.end !== null && offset > place.end ? place.end : offset;
  Object.assign(place, { isRead: true, next: bounded > place.next ? bounded : place.next });
};

const isOver = ({ next, held, end }: Place): boolean => end !== null && next >= end && held === null;

const placesOf = (ranges: readonly Range[]) => {
  const isEndless = ranges.every(({ end }) => end === null);
  const places = new Map<string, Place>(
    ranges.map(({ topic, partition, start, end }) => [
      placeName(topic, partition),
      { topic, partition, next: start, isRead: false, held: null, end },
    ]),
  );
  const at = (topic: string, partition: number): Place => {
    const name = placeName(topic, partition);
    const known = places.get(name);
    if (known !== undefined) return known;
    const place = { topic, partition, next: 0n, isRead: false, held: null, end: isEndless ? null : 0n }; // added since: all of it is new
    places.set(name, place);
    return place;
  };
  return { isEndless, places, at };
};

/** How far each partition is read, and whether that is all of it. It never goes back, and never beyond an end. */
export const makeProgress = (ranges: readonly Range[]) => {
  const { isEndless, places, at } = placesOf(ranges);
  let assigned: ReadonlySet<string> | null = null;
  const ours = (): Place[] => [...places].flatMap(([name, place]) => (assigned?.has(name) === false ? [] : [place]));
  return {
    next: (topic: string, partition: number): bigint => at(topic, partition).next,
    /** Whether a record is ours, not read already, and not behind the end. */
    isWanted: (topic: string, partition: number, offset: bigint): boolean => {
      const { next, end } = at(topic, partition);
      return offset >= next && (end === null || offset < end) && assigned?.has(placeName(topic, partition)) !== false;
    },
    move: (topic: string, partition: number, offset: bigint): void => goTo(at(topic, partition), offset),
    /** Goes on where its group is: of a partition that was not read here, also before where it would have begun. */
    resume: (topic: string, partition: number, offset: bigint): void => {
      const place = at(topic, partition);
      if (!place.isRead) place.next = 0n;
      goTo(place, offset);
    },
    /** A record is handed out, to be finished before anything behind it is. */
    take: (topic: string, partition: number, offset: bigint): void => {
      Object.assign(at(topic, partition), { next: offset + 1n, isRead: true, held: offset });
    },
    /** Whether its partition is at its end by that. */
    finish: (topic: string, partition: number, offset: bigint): boolean => {
      const place = at(topic, partition);
      if (place.held === offset) place.held = null;
      return isOver(place);
    },
    /** The partitions that a group has given us; before that, all. */
    assign: (names: readonly string[]): void => void (assigned = new Set(names)),
    /** Of ours, the offset up to which all is finished. */
    finished: () => ours().map(({ topic, partition, next, held }) => ({ topic, partition, offset: held ?? next })),
    /** Where to go on, by `placeName`. */
    position: (): Readonly<Record<string, string>> =>
      Object.fromEntries([...places].map(([name, { next }]) => [name, String(next)])),
    /** Whether something is handed out and not finished. */
    isHeld: (): boolean => [...places.values()].some(({ held }) => held !== null),
    isDone: (): boolean => !isEndless && ours().every(isOver),
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
