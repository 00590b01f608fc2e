import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { placeName } from '../../src/core/positions.ts';
import type { Place } from '../../src/core/reading.ts';
import type { Cluster, Exchange } from './kafka-model.ts';

interface ReaderOptions {
  readonly cluster: Cluster;
  readonly topics: Readonly<Record<string, number>>;
  /** A request, and its answer. */
  readonly exchange: Exchange;
  /** One of so many, from 0 on. */
  readonly choose: (count: number) => number;
}

const partitionsOf = ({ topics }: ReaderOptions, topic: string): Place[] =>
  Array.from({ length: topics[topic] ?? 0 }, (_, partition) => ({ topic, partition }));

const makeAdminModel = (options: ReaderOptions) => {
  const { cluster, topics, exchange } = options;
  return {
    connect: async () => Promise.resolve(),
    disconnect: async () => Promise.resolve(),
    listTopics: async () => exchange(() => Object.keys(topics)),
    fetchTopicOffsets: async (topic: string) =>
      exchange(() =>
        cluster
          .ranges([topic])
          .map(({ partition, low, high }) => ({ partition, low: String(low), high: String(high) })),
      ),
  };
};

type Listener = (event: { payload: unknown }) => void;

/**
 * A consumer of kafkajs that has the group for itself: one fetch at a time of all its partitions, whose batches it hands
 * out one after the other; a batch without records never comes to the handler.
 */
const makeConsumerModel = (options: ReaderOptions) => {
  const { cluster, exchange, choose } = options;
  const listeners = new Map<string, Listener>();
  const next = new Map<string, number>();
  const paused = new Set<string>();
  let places: readonly Place[] = [];
  let isOver = false;
  const goesOn = (): boolean => !isOver;
  const emit = (name: string, payload: unknown): void => listeners.get(`consumer.${name}`)?.({ payload });
  const nameOf = ({ topic, partition }: Place): string => placeName(topic, partition);

  const hand = async (place: Place, eachBatch: (payload: EachBatchPayload) => Promise<void>, all: Fetched) => {
    const { first, records, last } = all;
    const lastOffset = String(last);
    next.set(nameOf(place), last + 1);
    if (records.length === 0) {
      emit('end_batch_process', { ...place, batchSize: 0, lastOffset });
      return;
    }
    const messages = records.map(({ offset, entry: { key, value } }) => ({
      ...{ offset: String(offset), timestamp: '0', key: Buffer.from(key), value },
    }));
    const batch = { ...place, fetchedOffset: String(first), lastOffset: () => lastOffset, messages };
    await eachBatch({ batch, heartbeat: async () => Promise.resolve() } as unknown as EachBatchPayload); // what is read of it
    emit('end_batch_process', { ...place, batchSize: messages.length, lastOffset });
  };
  const fetchAll = () =>
    places.flatMap((place) => {
      const first = next.get(nameOf(place)) ?? 0;
      const found = paused.has(nameOf(place)) ? null : cluster.fetch(place, first, 1 + choose(6));
      return found === null ? [] : [{ place, all: { first, ...found } }];
    });
  const loop = async (eachBatch: (payload: EachBatchPayload) => Promise<void>): Promise<void> => {
    while (goesOn()) {
      const fetched = await exchange(fetchAll);
      while (fetched.length > 0 && goesOn()) {
        const [one] = fetched.splice(choose(fetched.length), 1);
        if (one !== undefined) await hand(one.place, eachBatch, one.all);
      }
    }
  };
  return {
    on: (name: string, listener: Listener) => void listeners.set(name, listener),
    connect: async () => Promise.resolve(),
    subscribe: async ({ topics }: { topics: string[] }) => {
      places = topics.flatMap((topic) => partitionsOf(options, topic));
      return Promise.resolve();
    },
    run: async ({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }) => {
      const byTopic = Map.groupBy(places, ({ topic }) => topic);
      const entries = [...byTopic].map(([topic, all]) => [topic, all.map(({ partition }) => partition)] as const);
      emit('group_join', { memberAssignment: Object.fromEntries(entries) });
      void loop(eachBatch);
      return Promise.resolve();
    },
    seek: ({ offset, ...place }: Place & { offset: string }) => void next.set(nameOf(place), Number(offset)),
    pause: (all: { topic: string; partitions: number[] }[]) => {
      for (const { topic, partitions } of all) for (const each of partitions) paused.add(placeName(topic, each));
    },
    resume: () => undefined,
    disconnect: async () => {
      isOver = true;
      return Promise.resolve();
    },
  };
};
type Fetched = { readonly first: number } & NonNullable<ReturnType<Cluster['fetch']>>;

/** kafkajs as far as a reader of committed records sees it, on the model of a cluster. */
export const makeKafkaReader = (options: ReaderOptions): Kafka => {
  const kafka = {
    admin: () => makeAdminModel(options) as unknown as Admin,
    consumer: () => makeConsumerModel(options) as unknown as Consumer,
  };
  return kafka as unknown as Kafka; // what readers use of it
};
