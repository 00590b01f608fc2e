import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { makeChanges } from '../../src/library/changes.ts';
import { changes, ServiceError, type ChangeEvent, type ChangesOptions, type Skipped } from '../../src/index.ts';
import { eventually } from '../support/cli.ts';
import { framed, keywordChange, makeEventTopics } from '../support/changes.ts';
import { sleep } from '../support/cluster.ts';

const stage = makeEventTopics();
const where = { brokers: process.env['KAFKA_BROKERS'] ?? '', registry: process.env['SCHEMA_REGISTRY_URL'] ?? '' };
const short = makeChanges({ times: { sessionTimeout: 6000, rebalanceTimeout: 6000 } });
const stops: AbortController[] = [];
afterEach(() => stops.splice(0).forEach((each) => each.abort()));

/** The numbers of the changes that a stream gives. */
const read = async (options: Partial<ChangesOptions>, make: typeof changes = changes): Promise<number[]> => {
  const numbers: number[] = [];
  for await (const event of make({ ...where, until: 'now', ...options })) numbers.push(event.changed_at / 1000);
  return numbers;
};
const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, at) => from + at);

/** What a group is behind the end of each partition. */
const lagOf = async (group: string, topic: string): Promise<Record<number, number | string>> => {
  const [committed] = await stage.asAdmin(async (admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }));
  const ends = await stage.offsets(topic);
  return Object.fromEntries(
    ends.map(({ partition, high }) => {
      const at = committed?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
      return [partition, at === '-1' ? 'none' : Number(high) - Number(at)];
    }),
  );
};
/** Throw-away groups of streams; other tests may have left theirs. */
const groups = async (): Promise<string[]> =>
  (await stage.asAdmin(async (admin) => admin.listGroups())).groups
    .map(({ groupId }) => groupId)
    .filter((name) => name.includes('/changes-'));
const groupsBeside = async (before: readonly string[]): Promise<string[]> =>
  (await groups()).filter((name) => !before.includes(name));

describe('what is read', () => {
  it('is every event once, as it was written, and nothing stays behind', async () => {
    const [topic, before] = [await stage.create('kit-'), await groups()];
    await stage.publishChanges(topic, [0, 5]);
    await stage.publishChanges(topic, [100, 103], { isCommitted: false });
    await stage.publishChanges(topic, [5, 7]);
    const events: ChangeEvent[] = [];
    for await (const event of changes({ ...where, topics: [topic], until: 'now' })) events.push(event);
    expect(events).toEqual(upTo(7).map(keywordChange));
    expect(await groupsBeside(before)).toEqual([]);
  }, 60_000);

  it('begins and ends at an offset, a time and a position', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 3]);
    await sleep(5);
    const time = new Date();
    await sleep(5);
    await stage.publishChanges(topic, [3, 6]);
    expect(await read({ topics: [topic], from: 2n })).toEqual([2, 3, 4, 5]);
    expect(await read({ topics: [topic], from: time })).toEqual([3, 4, 5]);
    expect(await read({ topics: [topic], until: time })).toEqual([0, 1, 2]);
    expect(await read({ topics: [topic], until: 2n })).toEqual([0, 1]);
    expect(await read({ topics: [topic], from: 'end' })).toEqual([]);
    const stream = changes({ ...where, topics: [topic] });
    let position = {};
    for await (const event of stream) {
      if (event.changed_at !== 4000) continue;
      position = JSON.parse(JSON.stringify(stream.position())) as object;
      break;
    }
    expect(await read({ topics: [topic], from: position })).toEqual([5]);
    expect(await read({ topics: [topic], until: position })).toEqual(upTo(5));
  }, 60_000);

  it('ends where it should on partitions that are empty or hold nothing but markers', async () => {
    const topic = await stage.create('kit-', 3);
    expect(await read({ topics: [topic] })).toEqual([]);
    await stage.publishChanges(topic, [0, 2], { partition: 1, isCommitted: false });
    expect(await read({ topics: [topic] })).toEqual([]);
    await stage.publishChanges(topic, [2, 4], { partition: 2 });
    expect(await read({ topics: [topic] })).toEqual([2, 3]);
  }, 60_000);
});

/** Follows a stream; what it does with each number is the test's affair. */
const follow = (
  options: Partial<ChangesOptions>,
  body: (number: number) => unknown = () => undefined,
  make = changes,
) => {
  const stop = new AbortController();
  stops.push(stop);
  const numbers: number[] = [];
  const work = async (): Promise<void> => {
    for await (const event of make({ ...where, signal: stop.signal, ...options })) {
      numbers.push(event.changed_at / 1000);
      await body(event.changed_at / 1000);
    }
  };
  const over = work();
  over.catch(() => undefined);
  return { numbers, over, stop: () => stop.abort() };
};
const busy = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

describe('a slow body', () => {
  it('keeps its session, and where it loses it goes on where it was: from wherever it began', async () => {
    const [topic, before] = [await stage.create('kit-'), await groups()];
    await stage.publishChanges(topic, [0, 2]);
    await sleep(5);
    const time = new Date();
    await sleep(5);
    const ends = [follow({ topics: [topic], from: 'end' }, undefined, short)];
    await sleep(1000); // so that its end is this one
    for (let at = 2; at < 8; at += 1) await stage.publishChanges(topic, [at, at + 1]);
    const slow = async (number: number): Promise<void> => {
      if (number === 4) await sleep(7000); // longer than the session
      if (number === 6) busy(8000); // not one heartbeat of any stream
    };
    const all = [
      ...ends,
      follow({ topics: [topic], from: time }, undefined, short),
      follow({ topics: [topic], from: 2n }, slow, short),
      follow({ topics: [topic], from: 2n, group: randomUUID() }, undefined, short),
    ];
    await eventually(() => expect(all.map(({ numbers }) => numbers)).toEqual(all.map(() => upTo(8, 2))), 60_000);
    await stage.publishChanges(topic, [8, 10]);
    await eventually(() => expect(all.map(({ numbers }) => numbers)).toEqual(all.map(() => upTo(10, 2))), 30_000);
    for (const { stop } of all) stop();
    await Promise.all(all.map(async ({ over }) => over));
    expect(await groupsBeside(before)).toEqual([]);
  }, 120_000);
});

describe('records that are none of ours', () => {
  it('are skipped, counted and told', async () => {
    const topic = await stage.create('kit-');
    const own = await stage.idOf(topic);
    const foreign = await stage.registry.register(`${topic}-foreign`, '{"type":"record","name":"x.Y","fields":[]}');
    await stage.publishChanges(topic, [0, 1]);
    const values = [
      null,
      '{"version":1}',
      framed(foreign, Buffer.from([1, 2])),
      framed(own, Buffer.from([1, 255, 255])),
    ];
    await stage.publish(
      topic,
      values.map((value) => ({ key: 'k', value })),
    );
    await stage.publishChanges(topic, [1, 2]);
    const skipped: Skipped[] = [];
    const stream = changes({ ...where, topics: [topic], until: 'now', onSkipped: (record) => skipped.push(record) });
    const numbers: number[] = [];
    for await (const event of stream) numbers.push(event.changed_at / 1000);
    expect(numbers).toEqual([0, 1]);
    expect(stream.skipped()).toBe(4);
    expect(skipped.map(({ offset, reason }) => [offset, reason])).toEqual([
      ['2', 'it has no value'],
      ['3', "it does not begin with a schema's id"],
      ['4', 'its schema is x.Y, which is no change that this version knows'],
      ['5', 'it is no tmdb.movie.KeywordChange'],
    ]);
  }, 60_000);

  it('a schema that the registry does not know is an error with the place', async () => {
    const topic = await stage.create('kit-');
    await stage.publish(topic, [{ key: 'k', value: framed(999_999, Buffer.from([1, 2])) }]);
    await expect(read({ topics: [topic] })).rejects.toMatchObject({
      code: 'SCHEMA_MISSING',
      message: `${topic} partition 0 offset 0: the registry does not know its schema, id 999999`,
    });
  }, 60_000);
});

/** The registry, through a door that can be shut. */
const startDoor = async () => {
  const target = new URL(where.registry);
  let isOpen = false;
  const server = createServer((asked, answer) => {
    if (!isOpen) return void asked.socket.destroy();
    asked.pipe(
      request({ host: target.hostname, port: target.port, path: asked.url, method: asked.method }, (answered) => {
        answer.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(answer);
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    open: () => (isOpen = true),
    close: () => server.close(),
  };
};

describe('a registry that is away', () => {
  it('is waited for, and nothing is lost', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 3]);
    const door = await startDoor();
    const lines: string[] = [];
    const log = ({ level, message }: { level: string; message: string }): void => {
      if (level === 'warn') lines.push(message);
    };
    const { numbers } = follow({ topics: [topic], registry: door.url, group: randomUUID(), log }, undefined, short);
    await eventually(() => expect(lines).toEqual([expect.stringMatching(/^the schema registry cannot be used/)]));
    await sleep(7000); // longer than the session
    expect(numbers).toEqual([]);
    door.open();
    await eventually(() => expect(numbers).toEqual([0, 1, 2]));
    door.close();
  }, 60_000);
});

describe('an offset that is gone', () => {
  it.each([undefined, randomUUID()])(
    'in mid-read is an error, and no event behind it is handed out: group %s',
    async (group) => {
      const topic = await stage.create('kit-');
      await stage.publishChanges(topic, [0, 10]);
      const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
      const { numbers, over } = follow(
        { topics: [topic], ...(group === undefined ? {} : { group }) },
        async (number) => number === 9 && gate,
      );
      await eventually(() => expect(numbers).toHaveLength(10));
      await stage.publishChanges(topic, [10, 60]);
      await stage.deleteBefore(topic, '50');
      release(undefined);
      await expect(over).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: `${topic} partition 0 has offsets 50 to 62, not 11`,
      });
      expect(numbers).toEqual(upTo(10));
      if (group === undefined) return;
      expect(await lagOf(group, topic)).toEqual({ 0: 62 - 11 });
      await expect(read({ topics: [topic], group })).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    },
    60_000,
  );

  it('of a partition that is not there is one sentence, and of a topic that is not read is left out', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 2]);
    await expect(read({ topics: [topic], from: { [`${topic}/7`]: '1' } })).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: `there is no partition ${topic}/7`,
    });
    expect(await read({ topics: [topic], from: { 'other/7': '1', [`${topic}/0`]: '1' } })).toEqual([1]);
  }, 60_000);

  it.each<[Partial<ChangesOptions>, RegExp]>([
    [{ from: 99n }, /partition 0 has offsets 0 to 2, not 99$/],
    [{ until: 99n }, /partition 0 has offsets 0 to 2, not 99$/],
    [{ from: new Date(Date.now() + 3_600_000) }, /is in the future: it is .* now$/],
  ])(
    'at the start is one sentence: %j',
    async (options, message) => {
      const topic = await stage.create('kit-');
      await stage.publishChanges(topic, [0, 1]);
      const fault = await read({ topics: [topic], ...options }).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(ServiceError);
      expect(fault).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', message: expect.stringMatching(message) as unknown });
    },
    60_000,
  );

  it('a topic that is not there is one sentence', async () => {
    await expect(read({ topics: ['nowhere'] })).rejects.toMatchObject({ code: 'TOPICS_MISSING' });
    await expect(read({ topics: ['nowhere'], group: randomUUID() })).rejects.toMatchObject({ code: 'TOPICS_MISSING' });
  }, 60_000);
});

describe('a transaction that is open', () => {
  it('is behind the end of now', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 2]);
    const producer = stage.kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ key: 'k', value: 'open' }] });
    expect(await read({ topics: [topic] })).toEqual([0, 1]);
    await transaction.abort();
    await producer.disconnect();
  }, 60_000);
});

describe('a group', () => {
  it('goes on where it was, and has no lag at the end, markers and empty partitions included', async () => {
    const [topic, group] = [await stage.create('kit-', 3), randomUUID()];
    await stage.publishChanges(topic, [0, 2]);
    await stage.publishChanges(topic, [2, 4], { partition: 1 });
    await stage.publishChanges(topic, [4, 6], { isCommitted: false });
    expect((await read({ topics: [topic], group })).toSorted()).toEqual(upTo(4));
    expect(await lagOf(group, topic)).toEqual({ 0: 0, 1: 0, 2: 0 });
    await stage.publishChanges(topic, [6, 7]);
    expect(await read({ topics: [topic], group, from: 'end' })).toEqual([6]);
    expect(await lagOf(group, topic)).toEqual({ 0: 0, 1: 0, 2: 0 });
  }, 90_000);

  it('shares its partitions: every event once, also while members come and go', async () => {
    const [topic, group] = [await stage.create('kit-', 4), randomUUID()];
    const publish = async (from: number): Promise<void> => {
      for (let partition = 0; partition < 4; partition += 1)
        await stage.publishChanges(topic, [from + partition * 10, from + partition * 10 + 10], { partition });
    };
    await publish(0);
    const body = async (): Promise<void> => sleep(50);
    const first = follow({ topics: [topic], group }, body, short);
    await eventually(() => expect(first.numbers.length).toBeGreaterThan(4));
    const second = follow({ topics: [topic], group }, body, short);
    await eventually(
      () => expect([...first.numbers, ...second.numbers].toSorted((a, b) => a - b)).toEqual(upTo(40)),
      30_000,
    );
    await publish(40);
    await eventually(() => expect(second.numbers.length).toBeGreaterThan(4), 30_000);
    first.stop();
    await first.over;
    await eventually(
      () => expect([...first.numbers, ...second.numbers].toSorted((a, b) => a - b)).toEqual(upTo(80)),
      30_000,
    );
    await eventually(async () => expect(await lagOf(group, topic)).toEqual({ 0: 0, 1: 0, 2: 0, 3: 0 }));
  }, 120_000);

  it('with members of other topics gives each what it has asked for', async () => {
    const [one, two, group] = [await stage.create('kit-'), await stage.create('kit-'), randomUUID()];
    await stage.publishChanges(one, [0, 2]);
    await stage.publishChanges(two, [10, 12]);
    const first = follow({ topics: [one], group }, undefined, short);
    await eventually(() => expect(first.numbers).toEqual([0, 1]));
    const both = follow({ topics: [one, two], group }, undefined, short);
    await eventually(() => expect(both.numbers).toEqual([10, 11]), 30_000);
  }, 60_000);

  it('that another kind of consumer uses is one sentence', async () => {
    const [topic, group] = [await stage.create('kit-'), randomUUID()];
    const consumer = stage.kafka.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic });
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve));
    await consumer.run({ eachMessage: async () => Promise.resolve() });
    await joined;
    await expect(read({ topics: [topic], group })).rejects.toMatchObject({
      code: 'BUSY',
      message: `the group ${group} is in use elsewhere, by another kind of consumer: choose another name`,
    });
    await consumer.disconnect();
  }, 60_000);

  it.each(['throw', 'break', 'kill'])(
    'begins again with the event at which its program left: %s',
    async (how) => {
      const [topic, group] = [await stage.create('kit-'), randomUUID()];
      await stage.publishChanges(topic, [0, 6]);
      const script = ['test/support/changes-child.ts', topic, group, '3', how];
      const { stdout } = await promisify(execFile)(process.execPath, script, {
        env: { ...process.env, NODE_OPTIONS: '' },
      }).catch((error: unknown) => error as { stdout: string });
      expect(stdout).toBe('0\n1\n2\n3\n');
      expect(await read({ topics: [topic], group }, short)).toEqual([3, 4, 5]);
      expect(await read({ topics: [topic], group })).toEqual([]);
    },
    60_000,
  );

  it('is not needed: a program that leaves the loop ends by itself, and says nothing', async () => {
    const topic = await stage.create('kit-');
    await stage.publishChanges(topic, [0, 3]);
    const script = [
      '--disable-warning=TimeoutNegativeWarning',
      'test/support/changes-child.ts',
      topic,
      '-',
      '1',
      'break',
    ];
    const ended = await promisify(execFile)(process.execPath, script, {
      env: { ...process.env, NODE_OPTIONS: '' },
      timeout: 20_000,
    });
    expect(ended).toEqual({ stdout: '0\n1\n', stderr: '' });
  }, 60_000);
});
