import kafkajs, { type Message, type Producer, type RecordMetadata } from 'kafkajs';
import { batchesOf, type Batch } from '../core/batch.ts';
import type { ProducerRecord } from '../core/encode.ts';
import { refusalIn, ServiceError } from '../core/errors.ts';

/** Records in one transaction, in their order. Rejects with PUBLISH_FAILED (outcome unknown) or PUBLISH_REFUSED. */
export type Publish = (records: readonly ProducerRecord[]) => Promise<void>;

const { GZIP } = kafkajs.CompressionTypes;

const asFault = (error: unknown, topics: string): ServiceError => {
  if (error instanceof ServiceError) return error;
  const refusal = refusalIn(error);
  if (refusal !== null) {
    const sentence = `Kafka refuses to take records for ${topics} (code ${refusal.code ?? ''}: ${refusal.message})`;
    return new ServiceError('PUBLISH_REFUSED', sentence, error);
  }
  return new ServiceError('PUBLISH_FAILED', 'Kafka did not confirm a transaction: its outcome is unknown', error);
};

// The broker answers a batch that it already had with a log append time: kafkajs took a number twice, and what it
// confirms is not in the log (topics are of CreateTime, where a fresh append answers -1).
const check = ({ topic, partition }: Batch, results: readonly RecordMetadata[]): void => {
  const [result] = results;
  const isOurs = results.length === 1 && result?.topicName === topic && result.partition === partition;
  const isFresh = result?.errorCode === 0 && (result.logAppendTime ?? '-1') === '-1';
  if (!isOurs || !isFresh) throw new ServiceError('PUBLISH_FAILED', `a false acknowledgement from ${topic}`);
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
        const messages = batch.messages as unknown as Message[]; // kafkajs's types know no readonly
        check(batch, await transaction.send({ topic: batch.topic, messages, acks: -1, compression: GZIP }));
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
