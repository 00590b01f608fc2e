import { placeName, type Range } from '../../src/core/positions.ts';

/**
 * Kafka as far as a transactional producer and a read_committed reader can tell, and kafkajs on top of it. What is
 * modelled of both was seen on a real broker: fencing by epochs, one sequence number per batch, an empty transaction that
 * sends nothing, sends that are tried again broker by broker, and a producer that a failed call leaves of no use.
 */
export interface Message {
  readonly partition: number;
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Entry extends Message {
  readonly topic: string;
}

interface Transaction {
  state: 'open' | 'committed' | 'aborted';
  readonly entries: Entry[];
  readonly places: Set<string>;
  /** Where its marker stands. */
  readonly ended: Set<string>;
}

interface Batch {
  readonly place: string;
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message[];
}

interface Numbered extends Batch {
  readonly first: number;
}

export interface Result {
  readonly topicName: string;
  readonly partition: number;
  readonly errorCode: number;
  readonly logAppendTime: string;
}

interface Writer {
  epoch: number;
  transaction: Transaction | null;
}

/** A marker has no entry, but an offset. */
interface Slot {
  readonly transaction: Transaction;
  readonly entry: Entry | null;
}

interface Partition {
  readonly topic: string;
  readonly partition: number;
  readonly slots: Slot[];
  /** The last batches of each writer's epoch, by which the broker knows one that comes again. */
  readonly recent: { readonly by: string; readonly first: number; readonly last: number }[];
  leader: number;
}

const protocolError = (code: number, retriable = false): Error =>
  Object.assign(new Error(`protocol error ${code}`), { name: 'KafkaJSProtocolError', code, retriable });
const misuse = (message: string): Error => Object.assign(new Error(message), { name: 'KafkaJSNonRetriableError' });

/** The connection broke before the answer; whether kafkajs tries again by itself. */
export const closedConnection = (retriable: boolean): Error =>
  Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError', retriable });

const rememberedBatches = 5;

const append = (partition: Partition, by: string, { batch, to }: { batch: Numbered; to: Transaction }): Result => {
  const last = batch.first + batch.messages.length - 1;
  const result = { topicName: partition.topic, partition: partition.partition, errorCode: 0 };
  const mine = partition.recent.filter((each) => each.by === by).slice(-rememberedBatches);
  if (mine.some((each) => each.first === batch.first && each.last === last))
    return { ...result, logAppendTime: '1795452686140' };
  if (batch.first !== (mine.at(-1)?.last ?? -1) + 1) throw protocolError(45);
  partition.recent.push({ by, first: batch.first, last });
  for (const message of batch.messages) {
    const entry = { ...message, topic: partition.topic };
    to.entries.push(entry);
    partition.slots.push({ transaction: to, entry });
  }
  return { ...result, logAppendTime: '-1' };
};

/** Before the first record of a transaction that has no marker yet: as far as a read_committed reader gets. */
const lastStable = ({ topic, partition, slots }: Partition): number => {
  const open = slots.findIndex(({ transaction }) => !transaction.ended.has(placeName(topic, partition)));
  return open === -1 ? slots.length : open;
};

const compacted = (entries: readonly Entry[]): readonly Entry[] => {
  const latest = new Map(entries.map((entry) => [entry.key, entry]));
  return entries.filter((entry) => latest.get(entry.key) === entry && entry.value !== null);
};

export type Cluster = ReturnType<typeof makeCluster>;

/** Two brokers, and topics with so many partitions each. What it is asked for happens at once. */
export const makeCluster = (topics: Readonly<Record<string, number>>, onCommit: () => void = () => undefined) => {
  const partitions = new Map<string, Partition>();
  for (const [topic, count] of Object.entries(topics)) {
    for (let partition = 0; partition < count; partition += 1) {
      const place = placeName(topic, partition);
      partitions.set(place, { topic, partition, slots: [], recent: [], leader: partitions.size % 2 });
    }
  }
  const writers = new Map<string, Writer>();
  const commits: (readonly Entry[])[] = [];
  const at = (place: string): Partition => {
    const found = partitions.get(place);
    if (found === undefined) throw protocolError(3);
    return found;
  };
  /** It is decided. The markers are still to be written. */
  const decide = (writer: Writer, state: 'committed' | 'aborted'): (() => void)[] => {
    const { transaction } = writer;
    if (transaction === null) return [];
    transaction.state = state;
    writer.transaction = null;
    if (state === 'committed') commits.push(transaction.entries);
    return [...transaction.places].map((place) => () => {
      transaction.ended.add(place);
      at(place).slots.push({ transaction, entry: null });
    });
  };
  const settle = (writer: Writer, state: 'committed' | 'aborted'): void => {
    const before = commits.length;
    for (const mark of decide(writer, state)) mark();
    if (commits.length > before) onCommit();
  };
  const checked = (id: string, epoch: number): Writer => {
    const writer = writers.get(id);
    if (writer?.epoch !== epoch) throw protocolError(47);
    return writer;
  };
  return {
    /** What each committed transaction holds, in the order of the commits. */
    commits,
    /** InitProducerId: a new epoch; what was open is aborted. Also what the broker does to one that took too long. */
    init: (id: string): number => {
      const writer = writers.get(id) ?? { epoch: -1, transaction: null };
      writers.set(id, writer);
      settle(writer, 'aborted');
      writer.epoch += 1;
      return writer.epoch;
    },
    /** AddPartitionsToTxn and Produce, to one broker: a partition that it refuses does not keep it from the others. */
    produce: ({ id, epoch, broker }: { id: string; epoch: number; broker: number }, batches: readonly Numbered[]) => {
      const writer = checked(id, epoch);
      writer.transaction ??= { state: 'open', entries: [], places: new Set(), ended: new Set() };
      const to = writer.transaction;
      const errors: unknown[] = [];
      const results = batches.flatMap((batch) => {
        const partition = at(batch.place);
        to.places.add(batch.place);
        try {
          if (partition.leader !== broker) throw protocolError(6, true);
          return [append(partition, `${id}/${epoch}`, { batch, to })];
        } catch (error) {
          errors.push(error);
          return [];
        }
      });
      if (errors.length > 0) throw errors[0] as Error;
      return results;
    },
    commit: (id: string, epoch: number): void => settle(checked(id, epoch), 'committed'),
    /** EndTxn as it is: the marker of each partition by itself. The next transaction begins once all are there. */
    end: (id: string, epoch: number, state: 'committed' | 'aborted'): readonly (() => void)[] =>
      decide(checked(id, epoch), state),
    leaders: (): Map<string, number> => new Map([...partitions].map(([place, { leader }]) => [place, leader])),
    moveLeader: (nth: number): void => {
      const partition = [...partitions.values()][nth % partitions.size];
      if (partition !== undefined) partition.leader = 1 - partition.leader;
    },
    ranges: (wanted: readonly string[]): Range[] =>
      [...partitions.values()]
        .filter(({ topic }) => wanted.includes(topic))
        .map((each) => {
          const { topic, partition } = each;
          const high = BigInt(lastStable(each));
          return { topic, partition, low: 0n, start: 0n, high, end: high };
        }),
    /** Fetch: the committed records of at most so many offsets, null where there are none yet. */
    fetch: ({ topic, partition }: Pick<Message, 'partition'> & { topic: string }, first: number, most: number) => {
      const found = at(placeName(topic, partition));
      const end = Math.min(lastStable(found), first + most);
      const records = found.slots
        .slice(first, end)
        .flatMap(({ transaction: { state }, entry }, nth) =>
          state === 'committed' && entry !== null ? [{ offset: first + nth, entry }] : [],
        );
      return end > first ? { records, last: end - 1 } : null;
    },
    read: ({ topic, partition, start, high }: Range, isCompacted: boolean): readonly Entry[] => {
      const committed = at(placeName(topic, partition))
        .slots.slice(Number(start), Number(high))
        .flatMap(({ transaction, entry }) => (transaction.state === 'committed' && entry !== null ? [entry] : []));
      return isCompacted ? compacted(committed) : committed;
    },
  };
};

/** What becomes of one request on its way: the broker does it, once, twice, later or not, and the answer comes or not. */
export type Exchange = <T>(request: () => T) => Promise<T>;

export interface ProducerOptions {
  readonly cluster: Cluster;
  readonly exchange: Exchange;
  readonly transactionalId: string;
  /** kafkajs's partitioner: asked for each message before each attempt. */
  readonly partitioner: (args: {
    topic: string;
    partitionMetadata: readonly { partitionId: number; leader: number }[];
    message: Message;
  }) => number;
  /** Whether kafkajs gives the numbers of the batches that were just confirmed to the next ones again. */
  readonly miscounts: () => boolean;
}

type TopicMessages = readonly { readonly topic: string; readonly messages: readonly Message[] }[];

const isRetriable = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'retriable') === true;

/** kafkajs tells brokers apart and keeps one answer of each; one request to a broker at a time. */
const makeLocks = () => {
  const last = new Map<number, Promise<unknown>>();
  return async <T>(broker: number, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(broker) ?? Promise.resolve()).then(work);
    last.set(
      broker,
      mine.catch(() => undefined),
    );
    return mine;
  };
};

/** One producer of kafkajs, and its client's number of attempts. */
export const makeProducerModel = ({ cluster, exchange, transactionalId, partitioner, miscounts }: ProducerOptions) => {
  const id = transactionalId;
  const sequences = new Map<string, number>();
  const locked = makeLocks();
  let epoch: number | null = null;
  let state: 'ready' | 'transacting' | 'ending' = 'ready';
  let isOngoing = false;
  const begin = (next: number): void => {
    epoch = next;
  };
  const becomeReady = (): void => {
    isOngoing = false;
    state = 'ready';
  };

  const count = (batches: readonly Batch[], sign: 1 | -1): void => {
    for (const { place, messages } of batches)
      sequences.set(place, (sequences.get(place) ?? 0) + sign * messages.length);
  };

  const route = (topicMessages: TopicMessages): Map<number, Batch[]> => {
    const leaders = cluster.leaders();
    const placed = topicMessages.flatMap(({ topic, messages }) =>
      messages.map((message) => {
        const partitionMetadata = [...leaders].flatMap(([place, leader]) => {
          const partitionId = Number(place.slice(place.lastIndexOf('/') + 1));
          return place === placeName(topic, partitionId) ? [{ partitionId, leader }] : [];
        });
        const partition = partitioner({ topic, partitionMetadata, message });
        return { topic, partition, place: placeName(topic, partition), message };
      }),
    );
    const batches = [...Map.groupBy(placed, ({ place }) => place)].map(([place, all]) => {
      const { topic = '', partition = -1 } = all[0] ?? {};
      return { place, topic, partition, messages: all.map(({ message }) => message) };
    });
    return Map.groupBy(batches, ({ place }) => leaders.get(place) ?? -1);
  };

  const request = async (broker: number, batches: readonly Batch[]): Promise<readonly Result[]> =>
    locked(broker, async () => {
      const numbered = batches.map((batch) => ({ ...batch, first: sequences.get(batch.place) ?? 0 }));
      const by = { id, epoch: epoch ?? -1, broker };
      count(batches, 1);
      isOngoing = true;
      try {
        const results = await exchange(() => cluster.produce(by, numbered));
        if (miscounts()) count(batches, -1);
        return results;
      } catch (error) {
        count(batches, -1);
        throw error;
      }
    });

  const guard = (): void => {
    if (state !== 'transacting') throw misuse('Cannot continue to use transaction once ended');
  };

  const sendBatch = async ({ topicMessages }: { topicMessages: TopicMessages }): Promise<Result[]> => {
    guard();
    const answers = new Map<number, readonly Result[]>();
    for (let attempts = 5; ; attempts -= 1) {
      try {
        const waiting = [...route(topicMessages)].filter(([broker]) => !answers.has(broker));
        const requests = waiting.map(async ([broker, batches]) => {
          answers.set(broker, await request(broker, batches));
        });
        await Promise.all(requests);
        return [...answers.values()].flat();
      } catch (error) {
        if (!isRetriable(error) || attempts === 0) throw error;
      }
    }
  };

  const end = async (): Promise<void> => {
    guard();
    state = 'ending'; // and that it stays, if this fails
    const by = epoch ?? -1;
    if (isOngoing) await exchange(() => cluster.commit(id, by));
    becomeReady();
  };

  const transaction = async () => {
    if (state === 'transacting') throw misuse('There is already an ongoing transaction for this producer');
    if (epoch === null) begin(await exchange(() => cluster.init(id)));
    if (state !== 'ready') throw misuse(`Cannot call "beginTransaction" in state ${state}`);
    state = 'transacting';
    return {
      sendBatch,
      send: async ({ topic, messages }: TopicMessages[number]) => sendBatch({ topicMessages: [{ topic, messages }] }),
      commit: end,
    };
  };

  return {
    connect: async () => Promise.resolve(),
    disconnect: async () => Promise.resolve(),
    transaction,
    on: () => undefined, // no request of the model is silent
  };
};
