import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import kafkajs from 'kafkajs';
import { makeSimulator, type SimulatorOptions } from '../../src/simulator/server.ts';
import type { Entry } from '../../src/simulator/world.ts';
import { dayOf, toTmdbTime } from '../../src/core/time.ts';
import { runCli, token, type Env, type Ended } from './cli.ts';

/** A record as `tail --format json` prints it. */
export interface Line {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>> & { readonly changed_at: number };
}

/** TMDB on loopback. Its movies have the documented example; nothing is edited but by the test. */
export const startTmdb = async (
  movies: readonly number[],
  seed = 1,
  now = () => Date.now(),
  rules: Pick<SimulatorOptions, 'requestsPerSecond' | 'quirks'> = {},
) => {
  const { server, edit } = makeSimulator({ seed, movies, now, ...rules });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const post = async (path: string, body: unknown): Promise<void> => {
    const answer = await fetch(origin + path, { method: 'POST', body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
  };
  const lines = async (path: string): Promise<unknown[]> => {
    const text = await (await fetch(origin + path)).text();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  };
  return {
    url: `${origin}/3`,
    edit,
    add: async (movieId: number, key: string, item: object, at = Date.now()) =>
      post('/edits', { movieId, key, at, item }),
    /** The item with this id is shown no longer. */
    forget: async (movieId: number, id: string) => post('/forget', { movieId, id }),
    fault: async (fault: object) => post('/faults', fault),
    oracle: async () => (await lines('/oracle')) as Entry[],
    requests: async () => (await lines('/requests')) as { url: string; movieId: number | null; status: number }[],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** An item of some instant, in ms, with whatever members. */
export const itemAt = (at: number, members: object = {}) => {
  const id = Math.floor(at / 1000).toString(16) + randomBytes(8).toString('hex');
  return { id, action: 'added', time: toTmdbTime(at), iso_639_1: '', iso_3166_1: '', value: 'x', ...members };
};
export const itemNow = (members: object = {}) => itemAt(Date.now(), members);

/** Settings of an installation of its own. */
export const settingsFor = (name: string, more: Env = {}): Env => ({
  TMDB_TOKEN: token,
  TOPIC_PREFIX: `${name}-${randomBytes(4).toString('hex')}.`,
  START_DATE: dayOf(Date.now() - 86_400_000),
  ...more,
});

export const provisioned = async (env: Env): Promise<Env> => {
  const { code, stderr } = await runCli(['provision'], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return env;
};

/** Everything in the topics, in the order of each partition. */
export const readAll = async (env: Env, ...topics: string[]): Promise<Line[]> => {
  const args = [
    'tail',
    ...(topics.length > 0 ? topics : ['all']),
    '--from',
    'beginning',
    '--until',
    'now',
    '--format',
    'json',
  ];
  const { code, stdout, stderr } = await runCli(args, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
};

export const expectOk = ({ code, stderr }: Ended): void =>
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });

/** A transaction of another producer, with a record in every partition, that comes to nothing. */
export const abortOne = async (env: Env, topics: readonly string[]): Promise<void> => {
  const brokers = (process.env['KAFKA_BROKERS'] ?? '').split(',');
  const producer = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).producer({
    transactionalId: `${env['TOPIC_PREFIX'] ?? ''}aborted`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const messages = [0, 1, 2, 3, 4, 5].map((partition) => ({ key: 'aborted', value: 'aborted', partition }));
  await transaction.sendBatch({ topicMessages: topics.map((topic) => ({ topic, messages })) });
  await transaction.abort();
  await producer.disconnect();
};
