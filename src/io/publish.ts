import kafkajs, { type Message, type Producer, type RecordMetadata, type Transaction } from 'kafkajs';
import { sendsOf, type Leaders, type Send } from '../core/batch.ts';
import type { ProducerRecord } from '../core/encode.ts';
import { causesOf, isOfKafka, refusalIn, sayRefusal, ServiceError } from '../core/errors.ts';
import { takeParts, type Part } from '../core/parts.ts';
import { placeName } from '../core/positions.ts';
import type { Asked } from '../core/refusals.ts';
import { resultOf, type Stage, type Tell, type TransactionResult } from '../core/tell.ts';

/**
 * Resolves when the records are committed, all in one transaction and in their order; without any it is a transaction of
 * its own. Rejects with PUBLISH_FAILED (outcome unknown) or PUBLISH_REFUSED.
 */
export type Publish = (records: readonly ProducerRecord[]) => Promise<void>;

export interface PublishOptions extends Partial<Pick<Tell, 'onTransaction'>> {
  readonly transactionalId: string;
}

const { GZIP } = kafkajs.CompressionTypes;

const asFault = (error: unknown, asked: Asked): unknown => {
  if (error instanceof ServiceError || !isOfKafka(error)) return error;
  const refusal = refusalIn(error);
  return refusal === null
    ? new ServiceError('PUBLISH_FAILED', 'Kafka did not confirm a transaction: its outcome is unknown', error)
    : new ServiceError('PUBLISH_REFUSED', sayRefusal(refusal, asked, error), error);
};

// The broker answers a batch that it already had with a log append time: kafkajs took a number twice, and what it
// confirms is not in the log (topics are of CreateTime, where a fresh append answers -1).
const check = (send: Send, results: readonly RecordMetadata[]): void => {
  const sent = new Set(
    send.flatMap(({ topic, messages }) => messages.map(({ partition }) => placeName(topic, partition))),
  );
  const confirmed = new Set(
    results
      .filter(({ errorCode, logAppendTime }) => errorCode === 0 && (logAppendTime ?? '-1') === '-1')
      .map(({ topicName, partition }) => placeName(topicName, partition)),
  );
  const isWhole = results.length === sent.size && [...sent].every((name) => confirmed.has(name));
  if (!isWhole) throw new ServiceError('PUBLISH_FAILED', `a false acknowledgement for ${[...sent].join(', ')}`);
};

type OrSilence = <T>(work: Promise<T>) => Promise<T>;

const sendAll = async (transaction: Transaction, sends: readonly Send[], orSilence: OrSilence): Promise<void> => {
  for (const send of sends) {
    const topicMessages = send as unknown as { topic: string; messages: Message[] }[]; // kafkajs's types know no readonly
    check(send, await orSilence(transaction.sendBatch({ topicMessages, acks: -1, compression: GZIP })));
  }
};

/** 29: a topic is not authorised; 55: so is another one of the same request. Either may come first. */
const isAboutTopics = (error: unknown): boolean => causesOf(error).some(({ code }) => code === 29 || code === 55);

// The answer's topic does not get through kafkajs: each is tried alone, in a transaction that is given up.
const makeTryEach =
  (producer: Producer, leaders: Leaders) =>
  async (failed: Transaction, records: readonly ProducerRecord[], orSilence: OrSilence): Promise<void> => {
    await orSilence(failed.abort());
    for (const record of new Map(records.map((each) => [each.topic, each])).values()) {
      const attempt = await orSilence(producer.transaction());
      await sendAll(attempt, sendsOf([record], leaders), orSilence).catch((error: unknown) => {
        throw asFault(error, { operation: 'Write', topics: [record.topic] });
      });
      await orSilence(attempt.abort());
    }
  };

/** One transaction from its beginning to its commit. After a silence nothing more is begun. */
const makeTransact = (producer: Producer, leaders: Leaders) => {
  const tryEach = makeTryEach(producer, leaders);
  // kafkajs asks again on a connection that has gone silent, 10 s each time: the first silence ends the session.
  let giveUp: (fault: ServiceError) => void = () => undefined;
  producer.on('producer.network.request_timeout', () =>
    giveUp(new ServiceError('PUBLISH_FAILED', 'Kafka did not answer in time')),
  );
  return async (records: readonly ProducerRecord[], stage: Stage): Promise<void> => {
    // One for each transaction: a promise that lives longer keeps all that it was ever raced with.
    const { promise: silence, reject } = Promise.withResolvers<never>();
    silence.catch(() => undefined);
    giveUp = reject;
    const orSilence: OrSilence = async (work) => Promise.race([work, silence]);
    const transaction = await orSilence(producer.transaction());
    try {
      await sendAll(transaction, sendsOf(records, leaders), orSilence);
    } catch (error) {
      if (isAboutTopics(error)) await tryEach(transaction, records, orSilence);
      throw error;
    }
    stage.isCommit = true;
    await orSilence(transaction.commit());
  };
};

/** Tells the end of a transaction that begins now. */
const teller = (onTransaction: PublishOptions['onTransaction']) => {
  const begunAt = performance.now();
  return (result: TransactionResult): void =>
    onTransaction?.({ result, seconds: (performance.now() - begunAt) / 1000 });
};

/**
 * What arrives while a transaction commits goes into the next one. One transaction at a time, one send in flight: kafkajs
 * loses messages in silence otherwise. After any rejection this producer is finished, and every later call rejects at
 * once.
 */
export const makePublish = (producer: Producer, leaders: Leaders, options: PublishOptions): Publish => {
  const transact = makeTransact(producer, leaders);
  const waiting: Part[] = [];
  const faults: unknown[] = [];
  let isCommitting = false;

  const commit = async (records: readonly ProducerRecord[]): Promise<void> => {
    if (faults.length > 0) throw faults[0];
    const [tell, stage] = [teller(options.onTransaction), { isCommit: false }];
    try {
      await transact(records, stage);
      tell('committed');
    } catch (error) {
      tell(resultOf(error, stage));
      const topics = [...new Set(records.map(({ topic }) => topic))];
      const fault = asFault(error, { operation: 'Write', topics, transactionalId: options.transactionalId });
      faults.push(fault);
      throw fault;
    }
  };

  const drain = async (): Promise<void> => {
    isCommitting = true;
    while (waiting.length > 0) {
      const parts = takeParts(waiting);
      await commit(parts.flatMap(({ records }) => records)).then(
        () => parts.forEach(({ resolve }) => resolve(undefined)),
        (fault: unknown) => parts.forEach(({ reject }) => reject(fault)),
      );
    }
    isCommitting = false;
  };

  return async (records) => {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    waiting.push({ records, resolve, reject });
    if (!isCommitting) void drain(); // never rejects; whoever gave a part waits for it
    await promise;
  };
};
