import { randomBytes } from 'node:crypto';
import kafkajs, { type Admin, type Kafka, type Message } from 'kafkajs';

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
      await asAdmin(async (admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }], waitForLeaders: true }),
      );
      return topic;
    },
    /** One transaction, of one writer. */
    publish: async (topic: string, messages: Message[], isCommitted = true): Promise<void> => {
      const producer = kafka.producer({
        transactionalId: `test/${randomBytes(6).toString('hex')}`,
        maxInFlightRequests: 1,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages });
      await (isCommitted ? transaction.commit() : transaction.abort());
      await producer.disconnect();
    },
    deleteBefore: async (topic: string, offset: string, partition = 0) =>
      asAdmin(async (admin) => {
        await admin.fetchTopicOffsets(topic); // or kafkajs does not know the topic
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset }] });
      }),
    offsets: async (topic: string) => asAdmin(async (admin) => admin.fetchTopicOffsets(topic)),
  };
};
