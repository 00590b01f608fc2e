import type { Consumer, EachBatchPayload } from 'kafkajs';
import { causesOf } from '../core/errors.ts';
import { makeStanding, type Standing } from '../core/standing.ts';
import { isJump, jumped, placesIn, recordsOf, type Hold, type Place, type Reading } from '../core/reading.ts';

/** Whether kafkajs will join again: 22 illegal generation, 25 unknown member, 27 rebalance in progress. */
const isRejoining = (error: unknown): boolean =>
  causesOf(error).some(({ code }) => [22, 25, 27].includes(Number(code)));

/** Lets heartbeats go on while a slow reader works: a lost session would begin again somewhere else. */
const whileBeating = async (work: Promise<void>, beat: () => Promise<void>): Promise<void> => {
  const timer = setInterval(() => void beat(), 1000);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
};

/** Fetches no more of a partition that is read to its end: what follows may be much, and is nobody's. */
const pauseIfRead = (consumer: Consumer, { membership, progress }: Reading, { topic, partition }: Place): void => {
  if (membership.id === null && !progress.isWanted(topic, partition, progress.next(topic, partition)))
    consumer.pause([{ topic, partitions: [partition] }]);
};

/** Commits what is finished. Done is only what is committed: what cannot be is committed after the next join. */
const makeSettle =
  (consumer: Consumer, { membership, progress }: Reading, standing: Standing) =>
  async (): Promise<void> => {
    if (standing.isOver() || standing.lost().aborted) return;
    const lose = standing.loser();
    try {
      await membership.commit(consumer, progress);
      if (progress.isDone()) standing.resolve();
    } catch (error) {
      if (isRejoining(error)) lose();
      else standing.fail(error);
    }
  };

/** One consumer's course. */
const makeCourse = (consumer: Consumer, reading: Reading, signal: AbortSignal) => {
  const { progress, membership, onLife } = reading;
  const standing = makeStanding(signal);
  const settle = makeSettle(consumer, reading, standing);
  let joins = 0;
  return {
    ...standing,
    settle,
    /** In a group nothing is handed out or committed until it is known where the group is, by the newest join. */
    joined: async (assigned: readonly Place[]): Promise<void> => {
      const nth = (joins += 1);
      if (membership.id !== null) standing.loser()();
      const going = membership.join(consumer, progress, assigned); // alone it is done at once, before anything is asked for
      for (const place of assigned) pauseIfRead(consumer, reading, place);
      const go = async (): Promise<void> => {
        if (nth !== joins) return;
        standing.renew();
        await settle();
      };
      if (going === undefined) standing.renew();
      else await going.then(go).catch(standing.fail);
    },
    beat: async (heartbeat: () => Promise<void>): Promise<void> => {
      onLife(); // a slow reader is no stall
      const lose = standing.loser();
      await heartbeat().catch((error: unknown) => {
        if (membership.id !== null && isRejoining(error)) lose(); // any other failure is the next fetch's to notice
      });
    },
    moved: async ({ topic, partition }: Place, last: string): Promise<void> => {
      onLife();
      progress.move(topic, partition, BigInt(last) + 1n);
      pauseIfRead(consumer, reading, { topic, partition });
      await settle();
    },
  };
};
type Course = ReturnType<typeof makeCourse>;

const makeEachBatch = ({ progress, membership, onRecords, turn }: Reading, course: Course) => {
  const holdOf = (lost: AbortSignal): Hold => ({
    lost,
    pass: ({ topic, partition, offset }) => progress.move(topic, partition, offset + 1n),
    take: ({ topic, partition, offset }) => progress.take(topic, partition, offset),
    finish: async ({ topic, partition, offset }) => {
      const isAtEnd = progress.finish(topic, partition, offset);
      if (isAtEnd || membership.id !== null) await turn.settle();
    },
  });
  const handle = async (payload: EachBatchPayload): Promise<void> => {
    const { batch } = payload;
    const lost = course.lost();
    const isOver = (): boolean => course.isOver() || lost.aborted;
    if (isOver()) return; // kafkajs joins again, and what is left comes again
    if (isJump(batch, progress)) throw jumped(batch.topic, batch.partition);
    const records = recordsOf(batch, progress);
    if (records.length > 0)
      await whileBeating(onRecords(records, holdOf(lost)), async () => course.beat(async () => payload.heartbeat()));
    if (!isOver()) await course.moved(batch, batch.lastOffset());
  };
  // An error must not reach kafkajs, which would call again and again.
  return async (payload: EachBatchPayload): Promise<void> => handle(payload).catch(course.fail);
};

const begin = async (consumer: Consumer, reading: Reading, course: Course): Promise<void> => {
  consumer.on('consumer.crash', ({ payload: { error } }) => course.fail(error));
  // After every join kafkajs begins at an end of the log: what was read so far is only known here.
  consumer.on('consumer.group_join', ({ payload }) => void course.joined(placesIn(payload.memberAssignment)));
  // The only sign of batches that hold nothing but commit markers or aborted records.
  consumer.on('consumer.end_batch_process', ({ payload }) => {
    if (payload.batchSize === 0 && !course.isOver() && !course.lost().aborted)
      void course.moved(payload, payload.lastOffset);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...new Set(reading.ranges.map(({ topic }) => topic))], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachBatch: makeEachBatch(reading, course) });
};

/** Reads by one consumer of a group until the end or the signal. Rejects with what ended it before. */
export type Read = (consumer: Consumer, reading: Reading & { group: string }, signal: AbortSignal) => Promise<void>;

export const makeRead =
  (onReset: (group: string, act: ((topic: string, partition: number) => void) | null) => void): Read =>
  async (consumer, reading, signal) => {
    const course = makeCourse(consumer, reading, signal);
    reading.turn.settle = course.settle;
    const onAbort = (): void => course.resolve();
    onReset(reading.group, (topic, partition) => course.fail(jumped(topic, partition)));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      // The end may come while it is still joining.
      await Promise.race([begin(consumer, reading, course).then(async () => course.end), course.end]);
    } finally {
      onReset(reading.group, null);
      signal.removeEventListener('abort', onAbort);
    }
  };
