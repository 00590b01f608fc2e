import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import kafkajs, { type Admin, type ITopicConfig, type Kafka, type Message } from 'kafkajs';

const createPartitioner = kafkajs.Partitioners.DefaultPartitioner;

const createdWithinMs = 20_000;

/** Resolves once all partitions have leaders. kafkajs's own waiting rejects now and then, on a busy broker, though all is made. */
export const createTopic = async (admin: Admin, config: ITopicConfig): Promise<void> => {
  await admin.createTopics({ topics: [config], waitForLeaders: false });
  const { topic, numPartitions = 1 } = config;
  for (const startedAt = Date.now(); ;) {
    const about = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => null);
    const led = about?.topics[0]?.partitions.filter(({ leader }) => leader >= 0).length ?? 0;
    if (led === numPartitions) return;
    if (Date.now() - startedAt > createdWithinMs) throw new Error(`${topic} has no leaders`);
    await setTimeout(50);
  }
};

/** A raw client of whatever broker, and topics of a test's own. */
export const makeTopics = (brokers = process.env['KAFKA_BROKERS'] ?? '') => {
  const kafka: Kafka = new kafkajs.Kafka({
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 8 },
  });
  const asAdmin = async <T>(work: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    await admin.connect();
    return work(admin).finally(async () => admin.disconnect());
  };
  return {
    kafka,
    asAdmin,
    create: async (prefix: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<string> => {
      const topic = `${prefix}${randomBytes(4).toString('hex')}`;
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await asAdmin(async (admin) => createTopic(admin, { topic, numPartitions: partitions, configEntries }));
      return topic;
    },
    /** One transaction, of one writer; what is committed can be read by then. */
    publish: async (topic: string, messages: Message[], isCommitted = true): Promise<void> => {
      const transactionalId = `test/${randomBytes(6).toString('hex')}`;
      const begin = async () => {
        const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1, createPartitioner });
        await producer.connect();
        return { producer, transaction: await producer.transaction() };
      };
      const { producer, transaction } = await begin();
      await transaction.send({ topic, messages });
      await (isCommitted ? transaction.commit() : transaction.abort());
      await producer.disconnect();
      const next = await begin(); // which waits for the markers of the last one: they are written after the answer
      await next.transaction.abort();
      await next.producer.disconnect();
    },
    deleteBefore: async (topic: string, offset: string, partition = 0) =>
      asAdmin(async (admin) => {
        await admin.fetchTopicOffsets(topic); // or kafkajs does not know the topic
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
      }),
    offsets: async (topic: string) => asAdmin(async (admin) => admin.fetchTopicOffsets(topic)),
  };
};
