import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { declaredTopics, type TopicReport, type TopicSpec } from '../../../src/core/topics.ts';
import { makeInspectSubject } from '../../../src/installation.ts';
import { provision } from '../../../src/io/provision.ts';
import { readSchema } from '../../../src/io/read-schema.ts';
import { makeRegistry } from '../../../src/io/schemas.ts';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

type Answer = readonly [status: number, body: string];

/** A registry that answers by route, and remembers what it was asked to change. */
const startRegistry = async (answers: Readonly<Record<string, Answer>>) => {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const route = `${request.method ?? ''} ${(request.url ?? '')
      .replace(/^\/base/, '')
      .replace(/\?.*/, '')
      .replace(/[^/]+-value/, 'S')}`;
    calls.push(route);
    const [status, body] = answers[route] ?? [404, '{"error_code":40401,"message":"no"}'];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base` };
};

const specs = declaredTopics('p.', 6).filter(({ topic }) => topic === 'p.images');

const nothing = { missing: [], differing: [], refused: [], remarks: [], leaders: new Map<string, number>() };

const run = async (
  url: string,
  admin = {},
  report: TopicReport = nothing,
  hear: (line: string) => unknown = () => null,
) => {
  const said: string[] = [];
  const registry = makeRegistry(url);
  const options = {
    registry,
    readSchema,
    inspectSubject: makeInspectSubject({ registry }),
    specs,
    report,
    replicationFactor: -1,
    dryRun: false,
    rest: async () => Promise.resolve(),
  };
  const listTopics = async () => Promise.resolve([]);
  await provision({ listTopics, ...admin } as unknown as Admin, {
    ...options,
    say: (line) => hear(line) ?? said.push(line),
  });
  return said;
};

it('waits until a topic that it has made is listed', async () => {
  const { url } = await startRegistry({ 'POST /subjects/S': found, 'GET /config/S': level('FULL_TRANSITIVE') });
  const made: string[] = [];
  let asked = 0;
  const admin = {
    createTopics: async ({ topics }: { topics: { topic: string }[] }) => {
      made.push(...topics.map(({ topic }) => topic));
      return Promise.resolve(true);
    },
    listTopics: async () => Promise.resolve((asked += 1) < 3 ? [] : made),
  };
  const said = await run(url, admin, { ...nothing, missing: specs });
  expect(said[0]).toMatch(/^created {3}topic p\.\w+, 6 partitions$/);
  expect(asked).toBe(3);
});

describe('topics that are missing', () => {
  const all = declaredTopics('p.', 6);
  /** As kafkajs throws it: one error for each topic that was refused. */
  const refusing = (refused: Readonly<Record<string, number>>) => {
    const errors = Object.entries(refused).map(([topic, code]) =>
      Object.assign(new Error(`code ${code}`), { name: 'KafkaJSCreateTopicError', topic, code }),
    );
    const requests: string[][] = [];
    const admin = {
      createTopics: async ({ topics }: { topics: { topic: string }[] }) => {
        requests.push(topics.map(({ topic }) => topic));
        if (errors.length > 0) throw new kafkajs.KafkaJSAggregateError('Topic creation errors', errors);
        return Promise.resolve(true);
      },
      listTopics: async () => Promise.resolve(all.map(({ topic }) => topic)),
    };
    return { admin, requests };
  };
  const start = async () => startRegistry({ 'POST /subjects/S': found, 'GET /config/S': level('FULL_TRANSITIVE') });

  it('are made in one request', async () => {
    const [{ url }, { admin, requests }] = [await start(), refusing({})];
    const said = await run(url, admin, { ...nothing, missing: all });
    expect(requests).toEqual([all.map(({ topic }) => topic)]);
    expect(said.filter((line) => line.startsWith('created'))).toHaveLength(all.length);
  });

  it('are named one by one where they are refused; the others are made, and the schemas looked after', async () => {
    const [{ url, calls }, { admin }] = [await start(), refusing({ 'p.videos': 38, 'p.other': 44, 'p.images': 36 })];
    const said: string[] = [];
    const working = run(url, admin, { ...nothing, missing: all }, (line) => said.push(line));
    await expect(working).rejects.toMatchObject({
      code: 'TOPICS_DIFFER',
      message:
        "p.videos cannot be created with replication factor the broker's default (REPLICATION_FACTOR): code 38; p.other cannot be created with replication factor the broker's default (REPLICATION_FACTOR): code 44",
    });
    expect(said.filter((line) => line.startsWith('created'))).toHaveLength(all.length - 2);
    expect(calls).toContain('POST /subjects/S');
  });

  it('that we may not make are one sentence', async () => {
    const [{ url }, { admin }] = [await start(), refusing(Object.fromEntries(all.map(({ topic }) => [topic, 29])))];
    await expect(run(url, admin, { ...nothing, missing: all })).rejects.toMatchObject({
      code: 'KAFKA_REFUSED',
      message: expect.stringMatching(
        /^this Kafka user may not Create one of the topics p\.\w+, p\.\w+, p\.\w+ and \d+ more /,
      ),
    });
  });
});

it('subjects are looked up at the same time, a few at once, and told in their order', async () => {
  const all = Array.from({ length: 40 }, (_, at) => ({ ...(specs[0] as TopicSpec), topic: `p.${at}` }));
  const [gauge, said] = [{ now: 0, most: 0 }, [] as string[]];
  const slowly = async <T>(value: T): Promise<T> => {
    gauge.most = Math.max(gauge.most, (gauge.now += 1));
    await new Promise((resolve) => setTimeout(resolve, 1));
    gauge.now -= 1;
    return value;
  };
  const registry = { register: async () => slowly(7), setLevel: async () => slowly(undefined) };
  const inspectSubject = async (topic: string, file: string) =>
    slowly({ subject: `${topic}-value`, file, isThere: true, level: 'FULL_TRANSITIVE' });
  const options = {
    registry,
    readSchema,
    inspectSubject,
    specs: all,
    report: nothing,
    replicationFactor: -1,
    dryRun: false,
  };
  const admin = { listTopics: async () => Promise.resolve([]) } as unknown as Admin;
  await provision(admin, { ...options, rest: async () => Promise.resolve(), say: (line) => void said.push(line) });
  expect(gauge.most).toBe(8);
  expect(said.slice(-40)).toEqual(all.map(({ topic }) => expect.stringContaining(` under ${topic}-value`)));
});

const found: Answer = [200, '{"subject":"S","version":1,"id":7,"schema":"{}"}'];
const level = (name: string): Answer => [200, `{"compatibilityLevel":"${name}"}`];
const changes = (calls: readonly string[]): string[] =>
  calls.filter((call) => call.startsWith('PUT') || call.endsWith('/versions'));

describe('a registry', () => {
  it('that has all of it is not written to: reading rights are enough', async () => {
    const { calls, url } = await startRegistry({
      'POST /subjects/S': found,
      'GET /config/S': level('FULL_TRANSITIVE'),
    });
    await run(url);
    expect(changes(calls)).toEqual([]);
  });

  it.each([
    ['40401', [404, '{"error_code":40401,"message":"Subject not found"}']],
    ['40408', [404, '{"error_code":40408,"message":"no level"}']],
    ['no body', [404, '']],
    ['a web page', [404, '<html>']],
  ] as [string, Answer][])('that says "not set" in its dialect (%s) is given schema and level', async (_, answer) => {
    const { calls, url } = await startRegistry({
      'GET /config/S': answer,
      'POST /subjects/S/versions': [200, '{"id":7}'],
      'PUT /config/S': [200, '{"compatibility":"FULL_TRANSITIVE"}'],
    });
    await run(url);
    expect(changes(calls)).toEqual(['POST /subjects/S/versions', 'PUT /config/S']);
  });

  it('whose failure is a failure is not taken for "not set"', async () => {
    const { calls, url } = await startRegistry({ 'POST /subjects/S': found, 'GET /config/S': [500, '{}'] });
    await expect(run(url)).rejects.toThrow(/answers 500 for p.images-value/);
    expect(changes(calls)).toEqual([]);
  });

  it('with a weaker level is told before it is given a schema', async () => {
    const { calls, url } = await startRegistry({
      'GET /config/S': level('BACKWARD'),
      'PUT /config/S': [200, '{"compatibility":"FULL_TRANSITIVE"}'],
      'POST /subjects/S/versions': [200, '{"id":7}'],
    });
    await run(url);
    expect(changes(calls)).toEqual(['PUT /config/S', 'POST /subjects/S/versions']);
  });

  it('that forbids setting the level has the schema all the same, and the right is named', async () => {
    const { calls, url } = await startRegistry({
      'GET /config/S': level('BACKWARD'),
      'PUT /config/S': [403, '{"error_code":40301,"message":"no"}'],
      'POST /subjects/S/versions': [200, '{"id":7}'],
    });
    await expect(run(url)).rejects.toThrow(
      /403 for p.images-value \(its level FULL_TRANSITIVE: the right to set compatibility/,
    );
    expect(changes(calls)).toContain('POST /subjects/S/versions');
  });

  it('that is read-only and lacks a schema says so', async () => {
    const { url } = await startRegistry({
      'GET /config/S': level('FULL_TRANSITIVE'),
      'POST /subjects/S/versions': [422, '{"error_code":42205,"message":"Subject S is in read-only mode"}'],
    });
    await expect(run(url)).rejects.toThrow(/refuses the schema of p.images-value \(422, .*read-only/);
  });
});

it('broker, registry and images are of one version everywhere', () => {
  const pom = readFileSync('dev/jvm/pom.xml', 'utf8');
  const kafka = /<kafka.version>(.*)<\/kafka.version>/.exec(pom)?.[1] ?? '-';
  const registry = /<registry.version>(.*)<\/registry.version>/.exec(pom)?.[1] ?? '-';
  for (const file of ['docker-compose.yml', 'dev/containers.ts']) {
    expect(readFileSync(file, 'utf8')).toContain(`apache/kafka:${kafka}`);
    expect(readFileSync(file, 'utf8')).toContain(`apicurio/apicurio-registry:${registry}`);
  }
});
