import kafkajs, { type Admin, type Kafka, type LogEntry, type Producer } from 'kafkajs';

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly log: (entry: LogEntry) => void;
}

/** The client of one cluster. It connects to nothing yet. Times in ms. */
export const makeKafka = ({ brokers, log }: KafkaOptions): Kafka =>
  new kafkajs.Kafka({
    clientId: 'tmdb-cdc',
    brokers: [...brokers],
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    logLevel: kafkajs.logLevel.DEBUG,
    logCreator: () => log,
    // Back-to-back transactions meet CONCURRENT_TRANSACTIONS: with kafkajs's 300 ms they take ten times as long.
    retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 5 },
  });

/**
 * A producer of one transactional id. Its first `transaction()` fences and settles whatever had the id before; without
 * `idempotent`, which would cost a second producer id.
 */
export const makeProducer = (kafka: Kafka, transactionalId: string): Producer =>
  kafka.producer({
    transactionalId,
    transactionTimeout: 20_000,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 5, maxRetryTime: 500, retries: 5 },
  });

/** Does something with an admin client that is closed afterwards, whatever happened. */
export const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};
