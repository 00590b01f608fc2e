import { connect as tcp, isIP, type Socket } from 'node:net';
import { connect as tls, type ConnectionOptions } from 'node:tls';
import kafkajs, {
  type Admin,
  type ConsumerConfig,
  type Kafka,
  type LogEntry,
  type ProducerConfig,
  type SASLOptions,
} from 'kafkajs';
import { refusalIn } from '../core/errors.ts';

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

/**
 * kafkajs looks for a coordinator at one broker after the other, and says only that it found none: what they refused it
 * with (30 group, 53 transactional id) stands in a line of its log, and becomes the cause of what it throws.
 */
const explainCoordinators = (kafka: Kafka, refused: Map<unknown, Error>): void => {
  const explain = (error: Error, id: unknown): Error => {
    const cause = refused.get(id);
    refused.delete(id); // the next time it may be away for another reason
    return error.name === 'KafkaJSGroupCoordinatorNotFound' ? Object.assign(error, { cause }) : error;
  };
  const explained = async <T>(work: Promise<T>, id: unknown): Promise<T> =>
    work.catch((error: unknown) => {
      throw explain(error as Error, id); // what kafkajs rejects with
    });
  const [newProducer, newConsumer] = [kafka.producer.bind(kafka), kafka.consumer.bind(kafka)];
  const newAdmin = kafka.admin.bind(kafka);
  kafka.producer = (options?: ProducerConfig) => {
    const producer = newProducer(options);
    return { ...producer, transaction: async () => explained(producer.transaction(), options?.transactionalId) };
  };
  kafka.consumer = (options: ConsumerConfig) => {
    const consumer = newConsumer(options);
    consumer.on('consumer.crash', ({ payload: { error } }) => void explain(error, options.groupId)); // before any other
    return consumer;
  };
  kafka.admin = (options) => {
    const admin = newAdmin(options);
    return { ...admin, fetchOffsets: async (of) => explained(admin.fetchOffsets(of), of.groupId) };
  };
};

/** The client of one cluster. It connects to nothing yet; `close` ends what is left open. Times in ms. */
export const makeKafka = ({ brokers, log, ssl = null, sasl = null }: KafkaOptions) => {
  const sockets = makeSockets();
  const refused = new Map<unknown, Error>();
  const note = (entry: LogEntry): void => {
    const { groupId, error } = entry.log as { readonly groupId?: unknown; readonly error?: unknown };
    if (error instanceof Error && refusalIn(error) !== null) refused.set(groupId, error);
    log(entry);
  };
  const kafka = new kafkajs.Kafka({
    clientId: 'tmdb-cdc',
    brokers: [...brokers],
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    logLevel: kafkajs.logLevel.DEBUG,
    logCreator: () => note,
    socketFactory: sockets.create,
    ...(ssl === null ? {} : { ssl: { ...ssl } }),
    ...(sasl === null ? {} : { sasl: { ...sasl } as SASLOptions }), // a copy: kafkajs writes into it
    // A session that is about to end is renewed before a request, and may be once a second (KIP-368): kafkajs's 10 s would
    // renew shorter sessions before every request, and be refused.
    reauthenticationThreshold: 2000,
    // Back-to-back transactions meet CONCURRENT_TRANSACTIONS: with kafkajs's 300 ms they take ten times as long.
    retry: { initialRetryTime: 20, maxRetryTime: 500, retries: 5 },
  });
  explainCoordinators(kafka, refused);
  return { kafka, close: sockets.close };
};

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
