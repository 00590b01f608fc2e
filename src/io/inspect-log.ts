import type { Kafka } from 'kafkajs';
import { placeName } from '../core/positions.ts';

/** kafkajs's cluster, as far as it is used here; its types do not show it. */
interface Cluster {
  readonly connect: () => Promise<void>;
  readonly disconnect: () => Promise<void>;
  readonly addMultipleTargetTopics: (topics: readonly string[]) => Promise<void>;
  readonly refreshMetadata: () => Promise<void>;
  readonly findTopicPartitionMetadata: (topic: string) => readonly { readonly partitionId: number }[];
  readonly fetchTopicsOffset: (
    of: readonly { topic: string; fromBeginning: boolean; partitions: readonly { partition: number }[] }[],
  ) => Promise<
    readonly { topic: string; partitions: readonly { readonly partition: number; readonly offset: string }[] }[]
  >;
  readonly findGroupCoordinator: (of: { groupId: string; coordinatorType: number }) => Promise<unknown>;
  readonly brokerPool: {
    readonly versions: Readonly<Record<number, unknown>> | null;
    readonly metadata: { readonly brokers: readonly unknown[] } | null;
  };
}

const uncommitted = 0;
const committed = 1;

/** kafkajs has no public way to ask what a reader that reads uncommitted sees, nor what a broker can do. */
const openCluster = (kafka: Kafka, isolationLevel: number): Cluster => {
  const name = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create: unknown = name === undefined ? undefined : Reflect.get(kafka, name);
  if (typeof create !== 'function') throw new Error('this kafkajs is another one');
  return Reflect.apply(create, kafka, [{ metadataMaxAge: 300_000, isolationLevel }]) as Cluster;
};

const withCluster = async <T>(
  kafka: Kafka,
  isolationLevel: number,
  work: (cluster: Cluster) => Promise<T>,
): Promise<T> => {
  const cluster = openCluster(kafka, isolationLevel);
  try {
    await cluster.connect();
    return await work(cluster);
  } finally {
    await cluster.disconnect().catch(() => undefined); // what failed before is what is told
  }
};

// https://kafka.apache.org/protocol#protocol_api_keys
const transactionKeys = [22, 24, 26]; // InitProducerId, AddPartitionsToTxn, EndTxn
const ofTransactions = 1;

/** How many brokers there are, whether they know transactions, and whether one of them takes care of ours. */
export const inspectBrokers = async (
  kafka: Kafka,
  transactionalId: string,
): Promise<{ readonly brokers: number; readonly knowsTransactions: boolean; readonly hasCoordinator: boolean }> =>
  withCluster(kafka, committed, async (cluster) => {
    await cluster.refreshMetadata();
    const { versions, metadata } = cluster.brokerPool;
    const knowsTransactions = transactionKeys.every((key) => versions !== null && key in versions);
    const finding = cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: ofTransactions });
    const hasCoordinator = knowsTransactions && (await finding.then(Boolean, () => false));
    return { brokers: metadata?.brokers.length ?? 0, knowsTransactions, hasCoordinator };
  });

/** The end of each partition, by `placeName`: of all records, or of those that a reader of committed ones gets to. */
const endsOf = async (cluster: Cluster, topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> => {
  const asked = topics.map((topic) => ({
    topic,
    fromBeginning: false,
    partitions: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ partition: partitionId })),
  }));
  const found = await cluster.fetchTopicsOffset(asked);
  return new Map(
    found.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => [placeName(topic, partition), BigInt(offset)] as const),
    ),
  );
};

/** A partition that readers of committed records get no further in. */
export interface Held {
  readonly topic: string;
  readonly partition: number;
  /** Where the open transaction begins. */
  readonly offset: bigint;
}

const heldIn = (place: string, offset: bigint): Held => {
  const at = place.lastIndexOf('/');
  return { topic: place.slice(0, at), partition: Number(place.slice(at + 1)), offset };
};

/**
 * The partitions in which a transaction is open all the while: what was written by now cannot be read as committed
 * after `tries` looks, a pause before each but the first.
 */
export const findHeld = async (
  kafka: Kafka,
  topics: readonly string[],
  { tries, rest }: { tries: number; rest: () => Promise<void> },
): Promise<readonly Held[]> =>
  withCluster(kafka, uncommitted, async (all) =>
    withCluster(kafka, committed, async (stable) => {
      await Promise.all([all.addMultipleTargetTopics(topics), stable.addMultipleTargetTopics(topics)]);
      const written = await endsOf(all, topics);
      for (let left = tries - 1; ; left -= 1) {
        const readable = await endsOf(stable, topics);
        const held = [...readable].filter(([place, end]) => end < (written.get(place) ?? 0n));
        if (held.length === 0 || left <= 0) return held.map(([place, end]) => heldIn(place, end));
        await rest();
      }
    }),
  );
