import { connect as tcp, isIP, type Socket } from 'node:net';
import { connect as tls, type ConnectionOptions } from 'node:tls';
import kafkajs, {
  type Admin,
  type Consumer,
  type Kafka,
  type LogEntry,
  type PartitionAssigner,
  type PartitionerArgs,
  type Producer,
  type SASLOptions,
} from 'kafkajs';
import type { Leaders } from '../core/batch.ts';
import { placeName } from '../core/positions.ts';

/** PEM texts. Without `ca` the public authorities sign for the brokers; with it only those in it do. */
export interface KafkaSsl {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly log: (entry: LogEntry) => void;
  /** Unset or null: no TLS. */
  readonly ssl?: KafkaSsl | null;
  readonly sasl?: KafkaSasl | null;
}

// With an error: kafkajs lets go of what it waits for on `error`, and knows no `close`.
const ended = (): Error => new Error('the command has ended');

interface SocketRequest {
  readonly host: string;
  readonly port: number;
  readonly ssl?: ConnectionOptions | null;
  readonly onConnect: () => void;
}

/** With codes of its own where Node has none: kafkajs keeps nothing else of an error. */
const connectTo = ({ host, port, ssl, onConnect }: SocketRequest): Socket => {
  if (!ssl)
    return tcp({ host, port }, onConnect).once('data', function (this: Socket, [type, version]: Buffer) {
      // kafkajs would take a TLS alert for the length of an answer, and wait for the rest.
      if (type === 0x15 && version === 3) this.destroy(Object.assign(new Error('a TLS alert'), { code: 'TLS_WANTED' }));
    });
  const named = isIP(host) === 0 ? { servername: host } : {}; // a name to show is never an address
  const socket = tls({ host, port, ...named, ...ssl }, onConnect);
  return socket.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' && socket.getProtocol() === null) error.code = 'TLS_UNANSWERED';
  });
};

/** Every socket there is, so that nothing of the client outlives the command that used it. */
const makeSockets = () => {
  const open = new Set<Socket>();
  let closed = false;
  return {
    create: (request: SocketRequest): Socket => {
      const socket = connectTo(request).setKeepAlive(true, 60_000);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      if (closed) socket.destroy(ended());
      return socket;
    },
    close: (): void => {
      closed = true;
      for (const socket of open) socket.destroy(ended());
    },
  };
};

/** The client of one cluster. It connects to nothing yet; `close` ends what is left open. Times in ms. */
export const makeKafka = ({ brokers, log, ssl = null, sasl = null }: KafkaOptions) => {
  const sockets = makeSockets();
  const kafka = new kafkajs.Kafka({
    clientId: 'tmdb-cdc',
    brokers: [...brokers],
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    logLevel: kafkajs.logLevel.DEBUG,
    logCreator: () => log,
    socketFactory: sockets.create,
    ...(ssl === null ? {} : { ssl: { ...ssl } }),
    ...(sasl === null ? {} : { sasl: { ...sasl } as SASLOptions }), // a copy: kafkajs writes into it
    // A session that is about to end is renewed before a request, and may be once a second (KIP-368): kafkajs's 10 s would
    // renew shorter sessions before every request, and be refused.
    reauthenticationThreshold: 2000,
    // Back-to-back transactions meet CONCURRENT_TRANSACTIONS: with kafkajs's 300 ms they take ten times as long.
    retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 5 },
  });
  return { kafka, close: sockets.close };
};

/** The partition of a record is ours to say. Asked before each attempt: one send goes to one broker or to none. */
const makeRoute =
  (leaders: Leaders) =>
  ({ topic, partitionMetadata, message }: PartitionerArgs): number => {
    const partition = message.partition ?? -1;
    const leader = partitionMetadata.find(({ partitionId }) => partitionId === partition)?.leader;
    if (leader === undefined || leader !== leaders.get(placeName(topic, partition)))
      throw new kafkajs.KafkaJSNonRetriableError(`the leader of ${topic} partition ${partition} has changed`);
    return partition;
  };

/**
 * A producer of one transactional id, for as long as the leaders of its partitions stay. Its first `transaction()` fences
 * and settles whatever had the id before; without `idempotent`, which would cost a second producer id.
 */
export const makeProducer = (kafka: Kafka, transactionalId: string, leaders: Leaders): Producer =>
  kafka.producer({
    transactionalId,
    transactionTimeout: 20_000,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => makeRoute(leaders),
    retry: { initialRetryTime: 5, maxRetryTime: 500, retries: 5 },
  });

// A killed instance is missed after the session; the broker's own minimum is 6 s (group.min.session.timeout.ms).
const times = { sessionTimeout: 6000, rebalanceTimeout: 10_000, heartbeatInterval: 1000, maxWaitTimeInMs: 500 };
// A member goes on asking the coordinator that it had: soon enough it is begun anew, and finds the one that there is.
const retry = {
  initialRetryTime: 100,
  maxRetryTime: 1000,
  retries: 3,
  restartOnFailure: async () => Promise.resolve(false),
};

/** A member of the group that says which instance polls. It reads on by itself, and commits no offsets. */
export const makeMember = (kafka: Kafka, groupId: string, assigner: PartitionAssigner): Consumer =>
  kafka.consumer({ groupId, ...times, retry, allowAutoTopicCreation: false, partitionAssigners: [assigner] });

/** Does something with an admin client that is closed afterwards, whatever happened. */
export const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined); // what failed before is what is told
  }
};
