import type { Consumer, EachBatchPayload, LogEntry } from 'kafkajs';
import type { Progress } from '../core/progress.ts';
import { isJump, jumped, recordsOf, type Reading } from '../core/reading.ts';

type Act = (topic: string, partition: number) => void;

const resetting = 'Offset out of range, resetting to default offset';

/**
 * Where a position is no longer there, kafkajs commits and takes one of the ends of the log, and tells nobody but its log
 * that it is about to. What the log throws then keeps it from doing so.
 */
const makeResets = (log: (entry: LogEntry) => void) => {
  const acts = new Map<unknown, Act>();
  return {
    acts,
    log: (entry: LogEntry): void => {
      log(entry);
      const { message, groupId, topic, partition } = entry.log;
      const act = message === resetting ? acts.get(groupId) : undefined;
      if (act === undefined) return;
      act(String(topic), Number(partition));
      throw Object.assign(new Error('the position is not reset'), { retriable: false });
    },
  };
};

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

/** After every join kafkajs begins at an end of the log: what was read so far is only known here. */
const seekOnJoin = (consumer: Consumer, progress: Progress): void => {
  consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    for (const [topic, partitions] of Object.entries(memberAssignment))
      for (const partition of partitions)
        consumer.seek({ topic, partition, offset: String(progress.next(topic, partition)) });
  });
};

interface Course {
  readonly isOver: () => boolean;
  readonly move: (topic: string, partition: number, last: string) => void;
  readonly fail: (error: unknown) => void;
}

const makeEachBatch = ({ progress, onRecords, onLife }: Reading, { isOver, move, fail }: Course) => {
  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    const { topic, partition } = batch;
    if (isOver()) return;
    if (isJump(batch, progress)) throw jumped(topic, partition);
    const beat = async (): Promise<void> => {
      onLife(); // a slow reader is no stall
      await payload.heartbeat();
    };
    const records = recordsOf(batch, progress);
    if (records.length > 0) await whileBeating(onRecords(records), beat);
    if (!isOver()) move(topic, partition, batch.lastOffset());
  };
  // An error must not reach kafkajs, which would call again and again.
  return async (payload: EachBatchPayload): Promise<void> => handle(payload).catch(fail);
};

const begin = async (consumer: Consumer, reading: Reading, course: Course): Promise<void> => {
  consumer.on('consumer.crash', ({ payload: { error } }) => course.fail(error));
  // The only sign of batches that hold nothing but commit markers or aborted records.
  consumer.on('consumer.end_batch_process', ({ payload: { topic, partition, batchSize, lastOffset } }) => {
    if (batchSize === 0 && !course.isOver()) course.move(topic, partition, lastOffset);
  });
  seekOnJoin(consumer, reading.progress);
  await consumer.connect();
  await consumer.subscribe({ topics: [...new Set(reading.ranges.map(({ topic }) => topic))], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: makeEachBatch(reading, course) });
};

/** Reads by one consumer of a group until the end or the signal. Rejects with what ended it before. */
export type Read = (consumer: Consumer, reading: Reading & { group: string }, signal: AbortSignal) => Promise<void>;

/** `read`, and the log that kafkajs has to write to. */
export const makeRead = (log: (entry: LogEntry) => void): { read: Read; log: (entry: LogEntry) => void } => {
  const resets = makeResets(log);
  const read: Read = async (consumer, reading, signal) => {
    const { promise: end, resolve, reject } = Promise.withResolvers<undefined>();
    const over = new AbortController();
    const move = (topic: string, partition: number, last: string): void => {
      reading.onLife();
      reading.progress.move(topic, partition, BigInt(last) + 1n);
      if (reading.progress.isDone()) resolve(undefined);
    };
    const fail = (error: unknown): void => {
      over.abort();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const onAbort = (): void => resolve(undefined);
    resets.acts.set(reading.group, (topic, partition) => fail(jumped(topic, partition)));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const course = { isOver: () => signal.aborted || over.signal.aborted, move, fail };
      await Promise.race([begin(consumer, reading, course).then(async () => end), end]); // which may come before it has joined
    } finally {
      over.abort();
      resets.acts.delete(reading.group);
      signal.removeEventListener('abort', onAbort);
    }
  };
  return { read, log: resets.log };
};
