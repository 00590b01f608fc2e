import type { Consumer, Kafka } from 'kafkajs';
import { causesOf, readFault, refusalIn, ServiceError } from '../core/errors.ts';
import { outOfRange, type From, type Range } from '../core/positions.ts';
import { makeProgress } from '../core/progress.ts';
import { alone, jumpIn, type ConsumeRequest, type Reading } from '../core/reading.ts';

/** Throws OFFSET_OUT_OF_RANGE where what comes next is no longer there, and TOPICS_MISSING where a topic is gone. */
export type Consume = (request: ConsumeRequest, signal: AbortSignal) => Promise<void>;

export interface ConsumeOptions {
  readonly kafka: Kafka;
  /** One consumer's reading; see `read.ts`. */
  readonly read: (consumer: Consumer, reading: Reading & { group: string }, signal: AbortSignal) => Promise<void>;
  /** A new group for each consumer, deleted afterwards: nothing stays behind. */
  readonly groupId: () => string;
  readonly deleteGroup: (group: string) => Promise<unknown>;
  readonly findRanges: (topics: readonly string[], from: From) => Promise<readonly Range[]>;
  readonly atMost: (ms: number, work: Promise<unknown>) => Promise<void>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Reading to an end without a sign of life for so long is a failure, in ms; in a group the others may be slow to join. */
const stallMs = { alone: 30_000, shared: 120_000 };

/** Aborted once there was no sign of life for too long. What is in hand may take as long as it takes. */
const makeWatchdog = (ms: number | null, isHeld: () => boolean) => {
  const stall = new AbortController();
  const bark = (): void => {
    if (isHeld()) timer?.refresh();
    else stall.abort();
  };
  const timer = ms === null ? undefined : setTimeout(bark, ms);
  return { signal: stall.signal, onLife: () => void timer?.refresh(), clear: () => clearTimeout(timer) };
};

const topicsOf = (ranges: readonly Range[]): string[] => [...new Set(ranges.map(({ topic }) => topic))];

/** INCONSISTENT_GROUP_PROTOCOL: the members of the group share partitions in another way. */
const isTaken = (error: unknown): boolean => causesOf(error).some(({ code }) => code === 23);

/** What a new consumer would meet again, for a person; null where it may be cured. What the handler threw is its own affair. */
const finalFault = (error: unknown, group: string, topics: readonly string[]): unknown => {
  const sentence = `the group ${group} is in use elsewhere, by another kind of consumer: choose another name`;
  if (error instanceof ServiceError && error.code === 'KAFKA_UNREACHABLE') return null;
  const unreadable = causesOf(error).find(({ name }) => name === 'KafkaJSNotImplemented'); // a codec
  if (unreadable !== undefined)
    return new ServiceError('TOPICS_DIFFER', `${topics.join(', ')} cannot be read here: ${unreadable.message}`, error);
  if (!(causesOf(error)[0]?.name ?? '').startsWith('KafkaJS')) return error;
  if (isTaken(error)) return new ServiceError('BUSY', sentence, error);
  return refusalIn(error) === null ? null : readFault(error, { operation: 'Read', topics, group });
};

/** Throws what no new consumer can cure: a topic that is gone, an offset that is gone. */
const diagnose = async (error: unknown, { findRanges }: ConsumeOptions, { ranges, progress }: Reading) => {
  const jump = jumpIn(error);
  const found = await findRanges(topicsOf(ranges), { at: 'beginning' }).catch((fault: unknown) => {
    if (fault instanceof ServiceError && fault.code === 'TOPICS_MISSING') throw fault;
    return [];
  });
  const range = found.find(({ topic, partition }) => topic === jump?.topic && partition === jump.partition);
  if (range === undefined) return;
  const wanted = progress.next(range.topic, range.partition);
  if (wanted < range.low || wanted > range.high)
    throw new ServiceError('OFFSET_OUT_OF_RANGE', outOfRange(range, wanted), error);
};

const consumerOptions = {
  maxWaitTimeInMs: 100,
  heartbeatInterval: 1000,
  allowAutoTopicCreation: false,
  readUncommitted: false,
  maxBytes: 1_048_576, // of compressed records, which are ten times as much and more once they are decoded
  // A new consumer finds the coordinator and the leaders that there are by then.
  retry: { restartOnFailure: async () => Promise.resolve(false) },
};
const retryMs = 300;

/** A consumer for as long as it lives. */
const attempt = async (options: ConsumeOptions, reading: Reading, signal: AbortSignal): Promise<void> => {
  const { kafka, read, groupId, deleteGroup, atMost, rest } = options;
  const { id, options: own } = reading.membership;
  const group = id ?? groupId();
  const consumer = kafka.consumer({ groupId: group, ...consumerOptions, ...own });
  try {
    await read(consumer, { ...reading, group }, signal);
  } catch (error) {
    const fault = finalFault(error, group, topicsOf(reading.ranges));
    if (fault !== null) throw fault as Error; // or what the handler threw
    await diagnose(error, options, reading);
    await rest(retryMs, signal).catch(() => undefined);
  } finally {
    await atMost(5000, consumer.disconnect());
    if (id === null) await atMost(3000, deleteGroup(group));
  }
};

/** The one reader of committed records: checkpoints, tail, and whoever reads on. Ends quietly on the signal. */
export const makeConsume =
  (options: ConsumeOptions): Consume =>
  async ({ ranges, onRecords, progress = makeProgress(ranges), membership = alone }, signal) => {
    const ms = membership.id === null ? stallMs.alone : stallMs.shared;
    const {
      signal: stall,
      onLife,
      clear,
    } = makeWatchdog(ranges.some(({ end }) => end !== null) ? ms : null, progress.isHeld);
    const either = AbortSignal.any([signal, stall]);
    const turn = { settle: async () => Promise.resolve() };
    const reading = { ranges, onRecords, progress, membership, onLife, turn };
    let isDone = membership.id === null && progress.isDone(); // a group's offsets are committed, even with nothing to read
    try {
      while (!isDone && !either.aborted) {
        await attempt(options, reading, either);
        isDone = progress.isDone();
      }
      if (stall.aborted && !signal.aborted && !isDone)
        throw new ServiceError('KAFKA_UNREACHABLE', `Kafka gave nothing to read for ${ms / 1000} s`);
    } finally {
      clear();
    }
  };
