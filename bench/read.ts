// The processes of tail.ts: each reads all events of the bench's topics once, in its own way.
import kafkajs from 'kafkajs';
import type { Type } from 'avsc';
import { decode, eventTopics, loadTail, schemaIdOf, subjectOf, typeOf } from './build.ts';
import { answerWith } from './child.ts';
import { startProfile } from './profile.ts';
import { openStage } from './stage.ts';

export interface Question {
  /** `tail` as a user runs it; our reader with every event decoded; kafkajs alone, with avsc. */
  readonly side: 'tail' | 'reader' | 'raw';
  readonly events: number;
  /** How many functions to tell of; 0 takes no samples. */
  readonly top: number;
}

export interface Reply {
  /** User and system time since the process began. */
  readonly cpuSeconds: number;
  /** The resident size every 100 ms, in bytes. */
  readonly sizes: readonly number[];
  readonly top: readonly string[];
}

const { config, clients } = await openStage();
const topics = Object.keys(eventTopics).map((name) => `${config.TOPIC_PREFIX}${name}`);

/** The type of a value's schema: asked for once. */
const makeTypes = () => {
  const types = new Map<number, Type>();
  return async (topic: string, value: Buffer): Promise<Type> => {
    const id = schemaIdOf(value) ?? 0;
    const known = types.get(id) ?? typeOf((await clients.registry.schemaOf(subjectOf(topic), id)) ?? '');
    types.set(id, known);
    return known;
  };
};

interface Message {
  readonly value: Buffer | null;
}

const tail = async (events: number): Promise<number> => {
  await (await loadTail()).tail(['all'], { from: 'beginning', until: 'now', format: 'json' });
  return events; // the bench counts its lines in a run of their own
};

const reader = async (): Promise<number> => {
  const typeFor = makeTypes();
  let count = 0;
  const onRecords = async (records: readonly (Message & { readonly topic: string })[]): Promise<void> => {
    for (const { topic, value } of records)
      if (value !== null && decode(await typeFor(topic, value), value) !== null) count += 1;
  };
  const ranges = await clients.findRanges(topics, { at: 'beginning' }, { at: 'now' });
  await clients.consume({ ranges, onRecords }, new AbortController().signal);
  return count;
};

const raw = async (events: number): Promise<number> => {
  const kafka = new kafkajs.Kafka({ brokers: [...config.KAFKA_BROKERS], logLevel: kafkajs.logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `tmdb-cdc/bench/${process.pid}`, maxWaitTimeInMs: 100 });
  const typeFor = makeTypes();
  const { promise, resolve } = Promise.withResolvers<number>();
  let count = 0;
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  const eachBatch = async ({ batch }: { batch: { topic: string; messages: readonly Message[] } }): Promise<void> => {
    const [first] = batch.messages;
    const type = first?.value === undefined || first.value === null ? null : await typeFor(batch.topic, first.value);
    for (const { value } of batch.messages)
      if (value !== null && type !== null && type.fromBuffer(value.subarray(5)) !== null) count += 1;
    if (count >= events) resolve(count);
  };
  await consumer.run({ autoCommit: false, eachBatch });
  const all = await promise;
  await consumer.disconnect();
  return all;
};

const sides = { tail, reader, raw } as const;

answerWith(async ({ side, events, top }: Question): Promise<Reply> => {
  const sizes: number[] = [];
  const timer = setInterval(() => sizes.push(process.memoryUsage.rss()), 100);
  const stop = top > 0 ? await startProfile() : async () => Promise.resolve([]);
  const count = await sides[side](events);
  clearInterval(timer);
  if (count !== events) throw new Error(`${count} of ${events} events were read`);
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, sizes, top: await stop(top) };
});
