/** The offsets of a partition: `low` the first there is, `high` the end that a read_committed reader can reach. */
export interface PartitionOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** Offsets by `placeName`. */
export type Offsets = ReadonlyMap<string, bigint>;

/**
 * A place in the log: a time in ms since 1970, an offset in every partition, one in named partitions of one topic, or one
 * in named partitions of any topic.
 */
type Point =
  | { readonly at: 'time'; readonly ms: number }
  | { readonly at: 'offset'; readonly offset: bigint }
  | { readonly at: 'offsets'; readonly offsets: ReadonlyMap<number, bigint> }
  | { readonly at: 'position'; readonly position: Offsets };

/** Where to begin. What `offsets` does not name is not read; what a `position` does not name is read from `elsewhere`. */
export type From =
  | { readonly at: 'beginning' }
  | { readonly at: 'end' }
  | Exclude<Point, { at: 'position' }>
  | { readonly at: 'position'; readonly position: Offsets; readonly elsewhere: From };

/** Before what to end: what is committed by now, or a point. What a point does not name is not read. */
export type Until = { readonly at: 'now' } | Point;

export const placeName = (topic: string, partition: number): string => `${topic}/${partition}`;
const nameOf = ({ topic, partition }: PartitionOffsets): string => placeName(topic, partition);

/** A partition to be read: from its first offset to before its end, or for ever. */
export interface Range extends PartitionOffsets {
  readonly start: bigint;
  readonly end: bigint | null;
}

/** Of a time after the last record kafkajs gives the end as it is by then, which may have moved on. */
const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);

const offsetOf = (point: Point, each: PartitionOffsets, ofTime: Offsets): bigint | undefined => {
  if (point.at === 'offset') return point.offset;
  if (point.at === 'offsets') return point.offsets.get(each.partition);
  if (point.at === 'position') return point.position.get(nameOf(each));
  return earlier(ofTime.get(nameOf(each)) ?? each.high, each.high);
};

const startOf = (from: From, each: PartitionOffsets, ofTime: Offsets): bigint => {
  if (from.at === 'beginning') return each.low;
  if (from.at === 'end') return each.high;
  if (from.at === 'position') return from.position.get(nameOf(each)) ?? startOf(from.elsewhere, each, ofTime);
  return offsetOf(from, each, ofTime) ?? each.high;
};

const endOf = (until: Until | undefined, each: PartitionOffsets, ofTime: Offsets): bigint | null => {
  if (until === undefined) return null;
  return until.at === 'now' ? each.high : (offsetOf(until, each, ofTime) ?? each.low);
};

/** The sentence of OFFSET_OUT_OF_RANGE. */
export const outOfRange = ({ topic, partition, low, high }: PartitionOffsets, wanted: bigint): string =>
  `${topic} partition ${partition} has offsets ${low} to ${high}, not ${wanted}`;

/** The partitions that a point names and that are not there. Of topics that are not read, a stored position may tell. */
const unknownIn = (point: From | Until, offsets: readonly PartitionOffsets[]): readonly (string | number)[] => {
  if (point.at === 'offsets')
    return [...point.offsets.keys()].filter((each) => !offsets.some(({ partition }) => partition === each));
  return point.at === 'position'
    ? [...point.position.keys()].filter(
        (name) =>
          offsets.some(({ topic }) => name.startsWith(`${topic}/`)) && !offsets.some((each) => nameOf(each) === name),
      )
    : [];
};

/** The time that a point is or falls back to, in ms since 1970; null where it needs none. */
export const timeIn = (point: From | Until | undefined): number | null => {
  if (point?.at === 'position' && 'elsewhere' in point) return timeIn(point.elsewhere);
  return point?.at === 'time' ? point.ms : null;
};

export interface Wanted {
  readonly from: From;
  readonly until: Until | undefined;
}

/**
 * Every partition with where reading begins and ends, or what is wrong with it: kafkajs jumps in silence to one of the
 * ends when it is asked for an offset that is not there. `times` holds the offsets of the times that are wanted.
 */
export const rangesOf = (
  offsets: readonly PartitionOffsets[],
  { from, until }: Wanted,
  times: { readonly from: Offsets; readonly until: Offsets },
): { readonly ranges: readonly Range[]; readonly problems: readonly string[] } => {
  const ranges = offsets.map((each) => ({
    ...each,
    start: startOf(from, each, times.from),
    end: endOf(until, each, times.until),
  }));
  const unknown = [from, ...(until === undefined ? [] : [until])].flatMap((point) => unknownIn(point, offsets));
  const problems = [
    ...[...new Set(unknown)].map((partition) => `there is no partition ${partition}`),
    ...ranges.flatMap((range) => {
      const { start, end, low, high } = range;
      const wrong = [...(start < low || start > high ? [start] : []), ...(end !== null && end > high ? [end] : [])];
      return [...new Set(wrong)].map((offset) => outOfRange(range, offset));
    }),
  ];
  return { ranges, problems };
};
