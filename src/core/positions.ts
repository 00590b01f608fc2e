/** The offsets of a partition: `low` the first there is, `high` the end that a read_committed reader can reach. */
export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** Where to begin: everything, nothing, a time in ms since 1970, or an offset in every or in named partitions. */
export type From =
  | { readonly at: 'beginning' | 'end' }
  | { readonly at: 'time'; readonly ms: number }
  | { readonly at: 'offset'; readonly offset: bigint }
  | { readonly at: 'offsets'; readonly offsets: ReadonlyMap<number, bigint> };

export const placeName = (topic: string, partition: number): string => `${topic}/${partition}`;

/** Of a time after the last record kafkajs gives the end as it is by then, which may have moved on. */
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A partition to be read: from its first offset to before its end. */
export interface Range extends PartitionOffsets {
  readonly start: bigint;
}

/**
 * Every partition with where reading begins, or what is wrong with it: kafkajs jumps in silence to one of the ends when
 * it is asked for an offset that is not there. `ofTime` holds the offsets of `from.ms`.
 */
export const rangesOf = (
  offsets: readonly PartitionOffsets[],
  from: From,
  ofTime: ReadonlyMap<string, bigint>,
): { readonly ranges: readonly Range[]; readonly problems: readonly string[] } => {
  const startOf = ({ topic, partition, low, high }: PartitionOffsets): bigint => {
    if (from.at === 'beginning') return low;
    if (from.at === 'offset') return from.offset;
    if (from.at === 'offsets') return from.offsets.get(partition) ?? high;
    return from.at === 'time' ? earlier(ofTime.get(placeName(topic, partition)) ?? high, high) : high;
  };
  const ranges = offsets.map((each) => ({ ...each, start: startOf(each) }));
  const unknown =
    from.at === 'offsets'
      ? [...from.offsets.keys()].filter((p) => !offsets.some(({ partition }) => partition === p))
      : [];
  const problems = [
    ...unknown.map((partition) => `there is no partition ${partition}`),
    ...ranges
      .filter(({ start, low, high }) => start < low || start > high)
      .map(
        ({ topic, partition, start, low, high }) =>
          `${topic} partition ${partition} has offsets ${low} to ${high}, not ${start}`,
      ),
  ];
  return { ranges, problems };
};

/** How far each partition is read, and whether that is all of it. */
export const makeProgress = (ranges: readonly Range[], untilNow: boolean) => {
  const next = new Map(ranges.map(({ topic, partition, start }) => [placeName(topic, partition), start]));
  const ends = new Map(ranges.map(({ topic, partition, high }) => [placeName(topic, partition), high]));
  return {
    next: (topic: string, partition: number) => next.get(placeName(topic, partition)),
    end: (topic: string, partition: number) => (untilNow ? (ends.get(placeName(topic, partition)) ?? null) : null),
    move: (topic: string, partition: number, offset: bigint) => next.set(placeName(topic, partition), offset),
    isDone: () => untilNow && [...ends].every(([name, high]) => (next.get(name) ?? high) >= high),
  };
};

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
