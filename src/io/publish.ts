import kafkajs, { type Producer, type RecordMetadata, type TopicMessages } from 'kafkajs';
import { batchesOf } from '../core/batch.ts';
import type { ProducerRecord } from '../core/encode.ts';
import { causesOf, ServiceError } from '../core/errors.ts';

/** Records in one transaction, in their order. Rejects with PUBLISH_FAILED (outcome unknown) or PUBLISH_REFUSED. */
export type Publish = (records: readonly ProducerRecord[]) => Promise<void>;

/**
 * What no new producer can cure: 10 message too large, 18 record list too large, 29 topic, 30 group and 31 cluster not
 * authorised, 32 invalid timestamp, 50 transaction timeout, 53 transactional id not authorised, 87 invalid record.
 */
const refusals = new Set<unknown>([10, 18, 29, 30, 31, 32, 50, 53, 87]);

const { GZIP } = kafkajs.CompressionTypes;

const asFault = (error: unknown, topics: string): ServiceError => {
  if (error instanceof ServiceError) return error;
  const refusal = causesOf(error).find(({ code }) => refusals.has(code));
  if (refusal !== undefined) {
    const sentence = `Kafka refuses to take records for ${topics} (code ${refusal.code ?? ''}: ${refusal.message})`;
    return new ServiceError('PUBLISH_REFUSED', sentence, error);
  }
  return new ServiceError('PUBLISH_FAILED', 'Kafka did not confirm a transaction: its outcome is unknown', error);
};

// The broker answers a batch that it already had with a log append time: kafkajs took a number twice, and what it
// confirms is not in the log (topics are of CreateTime, where a fresh append answers -1).
const check = (results: readonly RecordMetadata[]): void => {
  const wrong = results.find(({ errorCode, logAppendTime }) => errorCode !== 0 || (logAppendTime ?? '-1') !== '-1');
  if (wrong !== undefined) throw new ServiceError('PUBLISH_FAILED', `a false acknowledgement from ${wrong.topicName}`);
};

/**
 * One transaction at a time, one send in flight: kafkajs loses messages in silence otherwise. After any rejection this
 * producer is finished, and every later call rejects at once.
 */
export const makePublish = (producer: Producer): Publish => {
  let last: Promise<void> = Promise.resolve();
  const ends: ServiceError[] = [];

  const commit = async (records: readonly ProducerRecord[]): Promise<void> => {
    if (ends[0] !== undefined) throw ends[0];
    try {
      const transaction = await producer.transaction();
      for (const batch of batchesOf(records)) {
        const topicMessages = batch as unknown as TopicMessages[]; // kafkajs's types know no readonly
        check(await transaction.sendBatch({ topicMessages, acks: -1, compression: GZIP }));
      }
      await transaction.commit();
    } catch (error) {
      const fault = asFault(error, [...new Set(records.map(({ topic }) => topic))].join(', '));
      ends.push(fault);
      throw fault;
    }
  };

  return async (records) => {
    const mine = last.then(async () => commit(records));
    last = mine.catch(() => undefined);
    return mine;
  };
};
