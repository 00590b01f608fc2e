import type { Clients } from './clients.ts';
import { ServiceError } from './core/errors.ts';
import type { Range } from './core/positions.ts';
import { makeProgress, type Progress } from './core/progress.ts';
import type { ConsumeRequest } from './core/reading.ts';
import { rest } from './io/rest.ts';

interface StayingOptions extends Pick<ConsumeRequest, 'onRecords' | 'membership'> {
  /** Of one partition. */
  readonly topic: string;
  /** Where to begin, in a whole partition. Default: at its beginning. */
  readonly from?: (whole: Range) => Range;
}

const lookMs = 20;
/** So long with nothing to read that should be there is a failure, in ms. */
const stallMs = 30_000;

/** One consumer's course. */
interface Course {
  isOver: boolean;
  fault: unknown;
  ended: Promise<void>;
}

/**
 * Reads a topic on with one consumer: each `read` resolves, with the offset behind it, once all is taken that is committed by
 * then. Kafka lets whoever joins a new group wait for others, three seconds where group.initial.rebalance.delay.ms is not
 * set: a consumer for each read would.
 */
export const openStaying = (
  { findRanges, consume }: Pick<Clients, 'findRanges' | 'consume'>,
  { topic, from = (whole) => whole, ...reader }: StayingOptions,
) => {
  const stop = new AbortController();
  let progress: Progress | null = null;
  let course: Course | null = null;
  const begin = (ranges: readonly Range[], places: Progress): Course => {
    const mine: Course = { isOver: false, fault: null, ended: Promise.resolve() };
    const end = (fault: unknown): void => void Object.assign(mine, { isOver: true, fault });
    mine.ended = consume({ ranges, progress: places, ...reader }, stop.signal).then(() => end(null), end);
    return mine;
  };
  const untilRead = async ({ next }: Progress, high: bigint, signal: AbortSignal): Promise<void> => {
    let [at, movedAt] = [-1n, performance.now()];
    while (course?.isOver === false && next(topic, 0) < high) {
      if (next(topic, 0) > at) [at, movedAt] = [next(topic, 0), performance.now()];
      if (performance.now() - movedAt > stallMs)
        throw new ServiceError('KAFKA_UNREACHABLE', `Kafka gave nothing to read for ${stallMs / 1000} s`);
      await rest(lookMs, signal);
    }
    if (course?.fault) throw course.fault as Error; // what the reader rejects with
  };
  return {
    read: async (signal: AbortSignal): Promise<bigint> => {
      const ranges = (await findRanges([topic], { at: 'beginning' })).map((range) => ({ ...from(range), end: null }));
      progress ??= makeProgress(ranges);
      if (course?.isOver !== false) course = begin(ranges, progress);
      const high = ranges[0]?.high ?? 0n;
      await untilRead(progress, high, signal);
      return high;
    },
    close: async (): Promise<void> => {
      stop.abort();
      await course?.ended;
    },
  };
};
