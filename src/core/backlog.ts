import type { Range } from './positions.ts';
import type { Progress } from './progress.ts';
import type { ConsumedRecord } from './reading.ts';

/** So many offsets before the end: about twenty events, since each transaction ends with a marker that has one too. */
const back = 40n;
const size = 500;

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/**
 * What there was when reading began, before anything newer: the newest events of all partitions in the order in which
 * they were committed. `atEnd`: the partitions with what there is of them.
 */
export const makeBacklog = (atEnd: readonly Range[]) => {
  const ranges = atEnd.map((range) => ({ ...range, start: larger(range.low, range.high - back), end: null }));
  let kept: ConsumedRecord[] = [];
  const trim = (): void => {
    kept = kept.toSorted((a, b) => a.timestamp - b.timestamp).slice(-size);
  };
  return {
    ranges,
    keep: (records: readonly ConsumedRecord[]): void => {
      kept.push(...records);
      if (kept.length > 2 * size) trim();
    },
    /** Whether every partition is read to where it ended. */
    isRead: ({ next }: Progress): boolean =>
      ranges.every(({ topic, partition, high }) => next(topic, partition) >= high),
    /** The newest, oldest first; once. */
    take: (): readonly ConsumedRecord[] => {
      trim();
      const newest = kept;
      kept = [];
      return newest;
    },
  };
};
