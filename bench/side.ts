// One side of the comparison of publish.ts, and the process that memory.ts watches.
import { createRequire } from 'node:module';
import kafkajs, { type TopicMessages } from 'kafkajs';
import type { ProducerRecord } from './build.ts';
import { answerWith } from './child.ts';
import { measure, type Measured } from './measure.ts';
import { openObserver, unobserved } from './observer.ts';
import { makePath, openKafka } from './path.ts';
import { startProfile } from './profile.ts';
import { openStage, type Stage } from './stage.ts';

export interface Question {
  /** Our path, and with what operators ask for; kafkajs alone as it comes, and with the compression that we set. */
  readonly side: 'ours' | 'observed' | 'raw' | 'alike';
  readonly url: string;
  readonly movies: number;
  readonly rounds: number;
  /** How many functions to tell of; 0 takes no samples. */
  readonly top: number;
}

export interface Reply extends Measured {
  /** The resident size after each round, in bytes. */
  readonly sizes: readonly number[];
  readonly top: readonly string[];
}

const perTransaction = 500;
const { GZIP } = kafkajs.CompressionTypes;
const stage = await openStage();

/** The service may have set another for the whole process. */
const useOwnGzip = (): void => {
  const codec: unknown = createRequire(import.meta.url)('kafkajs/src/protocol/message/compression/gzip.js');
  kafkajs.CompressionCodecs[GZIP] = () => codec;
};

type Work = () => Promise<number>;
type Side = { readonly work: Work; readonly close: () => Promise<void> };

const moviesOf = ({ movies }: Question): number[] => Array.from({ length: movies }, (_, at) => at + 1);

const nothing = async (): Promise<void> => Promise.resolve();
const sizes: number[] = [];
const onRound = (): void => void sizes.push(process.memoryUsage.rss());

const openOurs = async (question: Question): Promise<Side> => {
  const observer = question.side === 'observed' ? await openObserver(stage) : { ...unobserved, close: nothing };
  const run = makePath(stage, question.url, observer);
  const sink = await openKafka(stage, observer);
  const work = async () => run(sink, { movies: moviesOf(question), rounds: question.rounds, onRound });
  const close = async (): Promise<void> => {
    await sink.close();
    await observer.close();
  };
  return { work, close };
};

/** What our path would publish, without the checkpoints, as sendBatch takes it. */
const transactionsOf = async (question: Question): Promise<TopicMessages[][]> => {
  const records: ProducerRecord[] = [];
  const close = async () => Promise.resolve();
  const publish = async (unit: { records: readonly ProducerRecord[] }) =>
    Promise.resolve(void records.push(...unit.records));
  await makePath(stage, question.url)(
    { publish, close },
    { movies: moviesOf(question), rounds: 1, onRound: () => undefined },
  );
  const count = Math.ceil(records.length / perTransaction);
  const chunks = Array.from({ length: count }, (_, at) =>
    records.slice(at * perTransaction, (at + 1) * perTransaction),
  );
  return chunks.map((chunk) =>
    [...Map.groupBy(chunk, ({ topic }) => topic)].map(([topic, all]) => ({
      topic,
      messages: all.map(({ key, value, partition, headers }) => ({ key, value, partition, headers: { ...headers } })),
    })),
  );
};

/** The quickest that kafkajs can be set to, with nothing of ours around it. */
const rawProducer = ({ config }: Stage) =>
  new kafkajs.Kafka({
    clientId: 'raw',
    brokers: [...config.KAFKA_BROKERS],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({
    transactionalId: `raw/${config.TOPIC_PREFIX}`,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 5, retries: 12 }, // a busy broker is still at the last transaction
  });

const openRaw = async (question: Question): Promise<Side> => {
  if (question.side === 'raw') useOwnGzip();
  const transactions = await transactionsOf(question);
  const producer = rawProducer(stage);
  await producer.connect();
  await (await producer.transaction()).abort();
  const work = async (): Promise<number> => {
    for (const topicMessages of transactions) {
      const transaction = await producer.transaction();
      await transaction.sendBatch({ topicMessages, acks: -1, compression: GZIP });
      await transaction.commit();
    }
    return transactions.flat().reduce((sum, { messages }) => sum + messages.length, 0);
  };
  return { work, close: async () => producer.disconnect() };
};

answerWith(async (question: Question): Promise<Reply> => {
  sizes.length = 0;
  const { work, close } = await (['ours', 'observed'].includes(question.side) ? openOurs(question) : openRaw(question));
  const stop = question.top > 0 ? await startProfile() : async () => Promise.resolve([]);
  try {
    const measured = await measure(work);
    return { ...measured, sizes: [...sizes], top: await stop(question.top) };
  } finally {
    await close();
  }
});
