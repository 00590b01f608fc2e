import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { connect, createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startCluster, type Cluster } from '../../dev/jvm.ts';
import { changes, type Changes } from '../../src/index.ts';
import { eventually } from '../support/cli.ts';
import { makeEventTopics } from '../support/changes.ts';
import { faults, say } from '../support/cluster.ts';

/** In front of the broker: counts what it sends. */
const makeCounter = () => {
  const servers: ReturnType<typeof createServer>[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    close: () => servers.forEach((each) => each.close()),
    via: async (target: string): Promise<string> => {
      const [host = '', port = ''] = target.split(':');
      const server = createServer((client) => {
        const broker = connect({ host, port: Number(port) });
        for (const socket of [client, broker])
          socket.on('error', () => [client, broker].forEach((each) => each.destroy()));
        broker.on('data', (chunk: Buffer) => (bytes += chunk.length));
        client.pipe(broker).pipe(client);
      });
      servers.push(server.listen(0, '127.0.0.1'));
      await once(server, 'listening');
      return `127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
  };
};

const compacting = {
  'cleanup.policy': 'compact',
  'segment.ms': '50',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '0',
};

faults('a broker of its own', () => {
  const counter = makeCounter();
  let cluster: Cluster & { close: () => Promise<void> };
  let stage: ReturnType<typeof makeEventTopics>;
  const open = (topic: string, group?: string, until?: 'now') =>
    changes({
      brokers: cluster.brokers,
      registry: process.env['SCHEMA_REGISTRY_URL'] ?? '',
      topics: [topic],
      ...(group === undefined ? {} : { group }),
      ...(until === undefined ? {} : { until }),
    });
  const readToNow = async (topic: string, group?: string): Promise<number[]> => {
    const numbers: number[] = [];
    for await (const { changed_at } of open(topic, group, 'now')) numbers.push(changed_at / 1000);
    return numbers;
  };
  beforeAll(async () => {
    const settings = {
      'log.cleaner.backoff.ms': '100',
      'offsets.retention.check.interval.ms': '500',
      'log.segment.delete.delay.ms': '100',
    };
    cluster = await startCluster({ brokers: 1, settings, via: counter.via }, say);
    stage = makeEventTopics(cluster.brokers);
  }, 120_000);
  afterAll(async () => {
    await cluster.close();
    counter.close();
  });

  it('that is killed and comes back in the middle: every event once, with a group and without', async () => {
    const topic = await stage.create('kit-');
    for (let at = 0; at < 4; at += 1) await stage.publishChanges(topic, [at, at + 1]);
    const streams = [open(topic), open(topic, randomUUID())];
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
    const seen: number[][] = [[], []];
    const work = async (stream: Changes<{ readonly changed_at: number }>, numbers: number[]): Promise<void> => {
      for await (const { changed_at } of stream) {
        numbers.push(changed_at / 1000);
        if (numbers.length === 2) await gate;
        if (numbers.length === 8) break;
      }
    };
    const over = Promise.all(streams.map(async (stream, at) => work(stream, seen[at] ?? [])));
    await eventually(() =>
      expect(seen).toEqual([
        [0, 1],
        [0, 1],
      ]),
    );
    const [node] = cluster.nodes;
    await node?.kill();
    await node?.restart();
    release(undefined);
    for (let at = 4; at < 8; at += 1) await eventually(async () => stage.publishChanges(topic, [at, at + 1]), 30_000);
    await over;
    expect(seen).toEqual([0, 1].map(() => [0, 1, 2, 3, 4, 5, 6, 7]));
  }, 120_000);

  it('sends no more than one answer ahead of a slow body', async () => {
    const topic = await stage.create('kit-', 1, { 'max.message.bytes': '2000000' });
    const id = await stage.idOf(topic);
    await stage.publishChanges(topic, [0, 3]);
    const filler = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), randomBytes(200_000)]);
    for (let at = 0; at < 30; at += 1) {
      await stage.publish(
        topic,
        [0, 1, 2, 3].map(() => ({ key: 'k', value: filler })),
      );
      await stage.publishChanges(topic, [3 + at, 4 + at]);
    }
    const stream = open(topic);
    const before = counter.bytes();
    for (let at = 0; at < 5; at += 1) await stream.next();
    const ahead = counter.bytes() - before;
    expect(ahead).toBeLessThan(6_000_000); // of 24 MB
    await new Promise((resolve) => setTimeout(resolve, 3000)); // the body is at work
    expect(counter.bytes() - before - ahead).toBeLessThan(50_000); // heartbeats
    await stream.return?.();
  }, 120_000);

  it('keeps no group of a program that was killed, and one only of those that have named theirs', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 3]);
    const group = randomUUID();
    const env = { ...process.env, NODE_OPTIONS: '', KAFKA_BROKERS: cluster.brokers };
    const child = async (...args: string[]) =>
      promisify(execFile)(process.execPath, ['test/support/changes-child.ts', topic, ...args], { env });
    const killed = [child('-', '1', 'kill'), child('-', '1', 'kill'), child(group, '1', 'kill')];
    expect((await Promise.allSettled(killed)).map(({ status }) => status)).toEqual(killed.map(() => 'rejected'));
    await child('-', '1', 'break');
    await eventually(async () => {
      const { groups } = await stage.asAdmin(async (admin) => admin.listGroups());
      const names = groups.map(({ groupId }) => groupId);
      expect([names.filter((name) => name.startsWith('tmdb-cdc/')), names.includes(group)]).toEqual([[], true]);
    }, 30_000);
  }, 60_000);

  it('that has emptied the last batch of a segment: goes on behind it, to an end and without one, and lag reaches 0', async () => {
    const topic = await stage.create('kit-', 1, { ...compacting, 'segment.bytes': '1048576' });
    const id = await stage.idOf(topic);
    // Two of them have a segment each, and are too much to be cleaned into one.
    const value = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), randomBytes(600_000)]);
    for (let nth = 0; nth < 2; nth += 1) {
      const producer = stage.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      await producer.send({ topic, messages: [{ key: 'k', value }] });
      await producer.disconnect();
    }
    await eventually(async () => {
      await stage.publishChanges(topic, [0, 3]); // a new segment, and with it what is cleaned
      const before = counter.bytes();
      expect(new Set(await readToNow(topic))).toEqual(new Set([0, 1, 2]));
      expect(counter.bytes() - before).toBeLessThan(1_000_000);
    }, 60_000);
    const group = randomUUID();
    for (const stream of [open(topic), open(topic, group)]) {
      expect((await stream.next()).value?.changed_at).toBe(0);
      await stream.return?.();
    }
    expect(new Set(await readToNow(topic, group))).toEqual(new Set([0, 1, 2]));
    const [[committed], [end]] = await Promise.all([
      stage.asAdmin(async (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] })),
      stage.offsets(topic),
    ]);
    expect(committed?.partitions[0]?.offset).toBe(end?.high);
  }, 120_000);

  it('that has compacted a topic: ends exactly there', async () => {
    const topic = await stage.create('kit-', 1, compacting);
    for (let round = 0; round < 4; round += 1) {
      await stage.publishChanges(topic, [0, 5]);
      await stage.publishChanges(topic, [5, 8], { isCommitted: false });
    }
    await eventually(async () => {
      await stage.publishChanges(topic, [0, 5]); // a new segment, and with it what is cleaned
      expect((await readToNow(topic)).length).toBeLessThan(25);
    }, 60_000);
    expect(new Set(await readToNow(topic))).toEqual(new Set([0, 1, 2, 3, 4]));
  }, 120_000);
});
