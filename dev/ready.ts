import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import kafkajs from 'kafkajs';

/** Kafka and a registry, and how to look into them with Kafka's own console consumer. */
export interface Broker {
  readonly brokers: string;
  readonly registryUrl: string;
  /** In front of the console consumer's own flags; null where we do not know where its tools are. */
  readonly consoleConsumer: string | null;
  readonly close: () => Promise<void>;
}

export type Say = (line: string) => void;

/** Tries until it does not throw, at most so many ms. */
export const until = async <T>(what: string, limitMs: number, attempt: () => Promise<T>): Promise<T> => {
  for (const end = performance.now() + limitMs; ;) {
    try {
      return await attempt();
    } catch (cause) {
      if (performance.now() > end) throw new Error(`${what}: not ready after ${limitMs / 1000} s`, { cause });
    }
    await setTimeout(50);
  }
};

/** A listening port is no broker yet: a metadata answer with a controller and so many nodes is. */
export const kafkaReady = async (brokers: string, nodes = 1): Promise<void> => {
  const options = { brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } };
  await until('Kafka', 120_000, async () => {
    const admin = new kafkajs.Kafka(options).admin();
    try {
      await admin.connect();
      const { controller, brokers: found } = await admin.describeCluster();
      if (controller === null || found.length < nodes) throw new Error('not all there yet');
    } finally {
      await admin.disconnect();
    }
  });
};

export const registryReady = async (url: string): Promise<void> => {
  await until('schema registry', 120_000, async () => {
    const answer = await fetch(`${url}/subjects`);
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`answers ${answer.status}`);
  });
};

/** A port of loopback that nobody listens on. */
export const freePort = async (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
