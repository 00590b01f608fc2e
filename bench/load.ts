// The processes of checkpoints.ts: one writes the topic, others read it.
import { setTimeout } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { addDays, checkpointsTopic, dayOf, makeCheckpointRecords, readCheckpointRecord, type Stored } from './build.ts';
import { answerWith } from './child.ts';
import { measure, type Measured } from './measure.ts';
import { openStage } from './stage.ts';

export interface Question {
  readonly what: 'write' | 'load' | 'skim';
  readonly movies: number;
}

export interface Loaded extends Measured {
  /** In bytes; `heap` after a garbage collection. */
  readonly mostRss: number;
  readonly heap: number;
}

const { config, clients } = await openStage();
const topic = checkpointsTopic(config.TOPIC_PREFIX);
const raw = new kafkajs.Kafka({ brokers: [...config.KAFKA_BROKERS], logLevel: kafkajs.logLevel.NOTHING });
const perTransaction = 500;
/** So many of the last records have a transaction each. */
const alone = 100;

/** One movie in twenty has changed in the open days. */
const checkpointOf = (movieId: number): Stored => {
  const now = Date.now();
  const id = (at: number): string => Math.floor(now / 1000 - at).toString(16) + String(movieId).padStart(16, '0');
  const seen = movieId % 20 === 0 ? Array.from({ length: 5 }, (_, at) => id(at)) : [];
  return { since: addDays(dayOf(now), -2 - (movieId % 1000)), from: addDays(dayOf(now), -2), seen };
};

const write = async (movies: number): Promise<number> => {
  const { ofMovie } = makeCheckpointRecords(config.TOPIC_PREFIX, 'bench');
  const producer = raw.producer({
    transactionalId: `write/${topic}`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 5 },
  });
  await producer.connect();
  for (let next = 1; next <= movies;) {
    const count = next > movies - alone ? 1 : Math.min(perTransaction, movies - alone - next + 1);
    const messages = Array.from({ length: count }, (_, at) => {
      const { key, value, headers } = ofMovie(next + at, checkpointOf(next + at));
      return { key, value, partition: 0, headers: { ...headers } };
    });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages, acks: -1, compression: kafkajs.CompressionTypes.GZIP });
    await transaction.commit();
    next += count;
  }
  await producer.disconnect();
  return movies;
};

/** As a session of the service reads them. */
const load = async (checkpoints: Map<number, Stored>): Promise<number> => {
  const ranges = await clients.findRanges([topic], { at: 'beginning' }, { at: 'now' });
  const onRecords = async (records: readonly { key: string | null; value: Buffer | null }[]): Promise<void> => {
    for (const { key, value } of records) {
      const record = readCheckpointRecord(key ?? '', String(value));
      if (record.kind === 'movie' && record.stored !== null) checkpoints.set(record.movieId, record.stored);
    }
    return Promise.resolve();
  };
  await clients.consume({ ranges, onRecords }, new AbortController().signal);
  return checkpoints.size;
};

const skim = async (movies: number): Promise<number> => {
  const consumer = raw.consumer({ groupId: `skim/${topic}/${process.pid}`, maxWaitTimeInMs: 100 });
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const eachBatch = async ({ batch }: { batch: { messages: unknown[] } }): Promise<void> => {
    count += batch.messages.length;
    if (count >= movies) resolve(count);
    return Promise.resolve();
  };
  await consumer.run({ autoCommit: false, eachBatch });
  const all = await promise;
  await consumer.disconnect();
  return all;
};

answerWith(async ({ what, movies }: Question): Promise<Loaded> => {
  const checkpoints = new Map<number, Stored>();
  let mostRss = 0;
  const timer = setInterval(() => (mostRss = Math.max(mostRss, process.memoryUsage.rss())), 100);
  const work = {
    write: async () => write(movies),
    load: async () => load(checkpoints),
    skim: async () => skim(movies),
  };
  const measured = await measure(work[what]);
  clearInterval(timer);
  await setTimeout(100);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  if (what !== 'write' && measured.events < movies) throw new Error(`${measured.events} of ${movies} were read`);
  return { ...measured, mostRss, heap: checkpoints.size > movies ? NaN : heap }; // the map lives until here
});
