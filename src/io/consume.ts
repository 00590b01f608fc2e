import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { causesOf, readFault, ServiceError } from '../core/errors.ts';
import { makeProgress, type Range } from '../core/positions.ts';

/** A committed record. `timestamp` in ms since 1970: when it was published. */
export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: Buffer | null;
}

export interface ConsumeRequest {
  /** Partitions and where to begin in each. */
  readonly ranges: readonly Range[];
  /** Ends at what was committed when the ranges were found; else goes on until the signal. */
  readonly untilNow: boolean;
  /** Takes what was read, partition by partition in order. May be slow: the next is not read before it is done. */
  readonly onRecords: (records: readonly ConsumedRecord[]) => Promise<void>;
}

export type Consume = (request: ConsumeRequest, signal: AbortSignal) => Promise<void>;

export interface ConsumeOptions {
  readonly kafka: Kafka;
  /** A new group for each read, deleted afterwards: nothing stays behind. */
  readonly groupId: () => string;
  readonly deleteGroup: (group: string) => Promise<unknown>;
  readonly atMost: (ms: number, work: Promise<unknown>) => Promise<void>;
}

/** Reading to now without a sign of life for so long is a failure, in ms. */
const stallMs = 30_000;

const stalled = (): ServiceError =>
  new ServiceError('KAFKA_UNREACHABLE', `Kafka gave nothing to read for ${stallMs / 1000} s`);

const recordsOf = ({ batch }: EachBatchPayload, before: bigint | null): ConsumedRecord[] =>
  batch.messages
    .map(({ offset, timestamp, key, value }) => ({
      topic: batch.topic,
      partition: batch.partition,
      offset: BigInt(offset),
      timestamp: Number(timestamp),
      key: key?.toString() ?? null,
      value,
    }))
    .filter(({ offset }) => before === null || offset < before);

/** Lets heartbeats go on while a slow reader works: a lost session would begin again somewhere else. */
const whileBeating = async (work: Promise<void>, beat: () => Promise<void>): Promise<void> => {
  // A heartbeat that fails is the next fetch's to notice.
  const timer = setInterval(() => void beat().catch(() => undefined), 1000);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
};

type Progress = ReturnType<typeof makeProgress>;

/** After every join kafkajs begins at an end of the log: what was read so far is only known here. */
const seekOnJoin = (consumer: Consumer, progress: Progress): void => {
  consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    for (const [topic, partitions] of Object.entries(memberAssignment)) {
      for (const partition of partitions) {
        const offset = progress.next(topic, partition);
        if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) });
      }
    }
  });
};

const read = async (consumer: Consumer, request: ConsumeRequest, signal: AbortSignal): Promise<void> => {
  const progress = makeProgress(request.ranges, request.untilNow);
  const { promise: end, resolve, reject } = Promise.withResolvers<undefined>();
  const watchdog = request.untilNow ? setTimeout(() => reject(stalled()), stallMs) : undefined;
  const onAbort = (): void => resolve(undefined);

  seekOnJoin(consumer, progress);
  // The only sign of batches that hold nothing but commit markers or aborted records.
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, lastOffset } }) => {
    watchdog?.refresh();
    progress.move(topic, partition, BigInt(lastOffset) + 1n);
    if (progress.isDone()) resolve(undefined);
  });
  consumer.on('consumer.crash', ({ payload: { error, restart } }) => (restart ? undefined : reject(error)));

  // A handler's error must not reach kafkajs, which would call it again and again.
  const eachBatch = async (payload: EachBatchPayload): Promise<void> => {
    const records = recordsOf(payload, progress.end(payload.batch.topic, payload.batch.partition));
    if (records.length === 0 || signal.aborted) return;
    const beat = async (): Promise<void> => {
      watchdog?.refresh(); // a slow reader is no stall
      await payload.heartbeat();
    };
    await whileBeating(request.onRecords(records), beat).catch(reject);
  };

  signal.addEventListener('abort', onAbort, { once: true });
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [...new Set(request.ranges.map(({ topic }) => topic))], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch });
    await end;
  };
  try {
    await Promise.race([start(), end]); // the end may come while it is still joining
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener('abort', onAbort);
  }
};

/** The one reader of committed records: checkpoints, tail, and whoever reads on. Ends quietly on the signal. */
export const makeConsume =
  ({ kafka, groupId, deleteGroup, atMost }: ConsumeOptions): Consume =>
  async (request, signal) => {
    if (request.untilNow && request.ranges.every(({ start, high }) => start >= high)) return;
    const options = {
      maxWaitTimeInMs: 100,
      heartbeatInterval: 1000,
      allowAutoTopicCreation: false,
      readUncommitted: false,
    };
    const group = groupId();
    const consumer = kafka.consumer({ groupId: group, ...options });
    try {
      await read(consumer, request, signal);
    } catch (error) {
      // What the handler threw is its own affair.
      const topics = [...new Set(request.ranges.map(({ topic }) => topic))];
      const isKafkas = (causesOf(error)[0]?.name ?? '').startsWith('KafkaJS');
      throw isKafkas ? readFault(error, { operation: 'Read', topics, group }) : error;
    } finally {
      await atMost(5000, consumer.disconnect());
      await atMost(3000, deleteGroup(group));
    }
  };
