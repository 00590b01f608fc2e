// The processes of checkpoints.ts and memory.ts: one writes the topic of checkpoints, others read it.
import { setTimeout } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import {
  addDays,
  checkpointsTopic,
  dayOf,
  makeCheckpointReader,
  makeCheckpointRecords,
  makeRandom,
  type Coverage,
  type ProducerRecord,
} from './build.ts';
import { answerWith } from './child.ts';
import { openDay, timesOf } from './crowd.ts';
import { idOf } from './edits.ts';
import { measure, type Measured } from './measure.ts';
import { openStage } from './stage.ts';

export interface Question {
  /** `watched`: a record of so many movies, few of which are open. `open`: a frontier, and so many that are. */
  readonly what: 'watched' | 'open' | 'load' | 'skim';
  readonly movies: number;
}

export interface Loaded extends Measured {
  /** In bytes; `heap` after a garbage collection. */
  readonly mostRss: number;
  readonly heap: number;
  /** Of what the broker gave `skim`: as it is stored. */
  readonly stored: number;
}

const { config, clients } = await openStage();
const topic = checkpointsTopic(config.TOPIC_PREFIX);
const raw = new kafkajs.Kafka({ brokers: [...config.KAFKA_BROKERS], logLevel: kafkajs.logLevel.NOTHING });
/** So many of the last records have a transaction each. */
const alone = 100;

const { ofMovie, ofFrontier } = makeCheckpointRecords(config.TOPIC_PREFIX, 'bench');
const random = makeRandom(1);
const hex = (): string =>
  Math.floor(random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
/** An item's id, as TMDB makes them. */
const idAt = (ms: number): string => Math.floor(ms / 1000).toString(16) + hex() + hex();

/** One movie in twenty has changed in the open days. */
const watchedRecord = (movieId: number): ProducerRecord => {
  const now = Date.now();
  const seen = movieId % 20 === 0 ? Array.from({ length: 5 }, (_, at) => idAt(now - 1000 * at)) : [];
  return ofMovie(movieId, { since: addDays(dayOf(now), -2 - (movieId % 1000)), from: openDay(), seen });
};

/** The first is the frontier, the next the hottest film. */
const openRecord = (nth: number): ProducerRecord => {
  const through = openDay();
  if (nth === 0) return ofFrontier({ since: addDays(through, -100), through });
  const seen = timesOf(nth - 1, random).map(idAt);
  return ofMovie(idOf(nth - 1), { since: null, from: through, seen });
};

interface Writing {
  readonly count: number;
  readonly recordOf: (nth: number) => ProducerRecord;
  readonly perTransaction: number;
}

const write = async ({ count, recordOf, perTransaction }: Writing): Promise<number> => {
  const producer = raw.producer({
    transactionalId: `write/${topic}`,
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 5 },
  });
  await producer.connect();
  for (let next = 0; next < count;) {
    const size = next >= count - alone ? 1 : Math.min(perTransaction, count - alone - next);
    const messages = Array.from({ length: size }, (_, at) => {
      const { key, value, headers } = recordOf(next + at);
      return { key, value, partition: 0, headers: { ...headers } };
    });
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages, acks: -1, compression: kafkajs.CompressionTypes.GZIP });
    await transaction.commit();
    next += size;
  }
  await producer.disconnect();
  return count;
};

/** As a session of the service reads them. */
const load = async (): Promise<Coverage> =>
  (await makeCheckpointReader(clients, topic)(new AbortController().signal)).coverage;

/** Gives how many records there were, and the bytes of the broker's answers. */
const skim = async (count: number): Promise<{ count: number; bytes: number }> => {
  const consumer = raw.consumer({ groupId: `skim/${topic}/${process.pid}`, maxWaitTimeInMs: 100 });
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let [read, bytes] = [0, 0];
  consumer.on('consumer.network.request', ({ payload }) => {
    if (payload.apiName === 'Fetch') bytes += payload.size;
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const eachBatch = async ({ batch }: { batch: { messages: unknown[] } }): Promise<void> => {
    read += batch.messages.length;
    if (read >= count) resolve(undefined);
    return Promise.resolve();
  };
  await consumer.run({ autoCommit: false, eachBatch });
  await promise;
  const found = { count: read, bytes };
  await consumer.disconnect();
  return found;
};

answerWith(async ({ what, movies }: Question): Promise<Loaded> => {
  const kept: Coverage[] = [];
  let [mostRss, stored] = [0, NaN];
  const timer = setInterval(() => (mostRss = Math.max(mostRss, process.memoryUsage.rss())), 100);
  const work = {
    watched: async () => write({ count: movies, recordOf: (nth) => watchedRecord(nth + 1), perTransaction: 500 }),
    // Long records, of which a batch is no more than 1 MB.
    open: async () => write({ count: movies + 1, recordOf: openRecord, perTransaction: 50 }),
    load: async () => {
      kept.push(await load());
      return kept[0]?.size() ?? 0;
    },
    skim: async () => {
      const found = await skim(movies);
      stored = found.bytes;
      return found.count;
    },
  };
  const measured = await measure(work[what]);
  clearInterval(timer);
  await setTimeout(100);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  if (measured.events < movies) throw new Error(`${measured.events} of ${movies} were read`);
  return { ...measured, mostRss, heap: kept.length > 1 ? NaN : heap, stored }; // what is kept lives until here
});
