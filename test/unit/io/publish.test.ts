import { describe, expect, it } from '@jest/globals';
import type { Producer } from 'kafkajs';
import { sendsOf } from '../../../src/core/batch.ts';
import type { ProducerRecord } from '../../../src/core/encode.ts';
import { makePublish } from '../../../src/io/publish.ts';

const record = (topic: string, key: string, bytes = 10, partition = 0): ProducerRecord => ({
  topic,
  partition,
  key,
  value: Buffer.alloc(bytes),
  headers: {},
});

const leaders = new Map(
  ['a', 'b', 'c'].flatMap((topic) => [0, 1].map((p) => [`${topic}/${p}`, topic === 'c' ? 2 : 1])),
);

type Sent = readonly { topic: string; messages: readonly { key: string; partition: number }[] }[];

/** A producer of which a step can be made to fail; `log` is what it was asked to do. */
const makeStub = (
  fail: (step: string) => Error | Promise<null> | null = () => null,
  answer: (results: object[]) => object[] = (results) => results,
) => {
  const log: string[] = [];
  let [open, inFlight] = [0, 0];
  const step = async (name: string): Promise<void> => {
    log.push(name);
    expect((inFlight += 1)).toBe(1);
    await Promise.resolve();
    inFlight -= 1;
    const error = await fail(name);
    if (error !== null) throw error;
  };
  const transaction = async () => {
    await step('begin');
    expect((open += 1)).toBe(1);
    return {
      sendBatch: async ({ topicMessages }: { topicMessages: Sent }) => {
        await step(
          topicMessages.map(({ topic, messages }) => `${topic}:${messages.map(({ key }) => key).join('')}`).join(' '),
        );
        const fresh = topicMessages.flatMap(({ topic, messages }) =>
          [...new Set(messages.map(({ partition }) => partition))].map((partition) => ({
            ...{ topicName: topic, partition, errorCode: 0, logAppendTime: '-1' },
          })),
        );
        return answer(fresh);
      },
      commit: async () => {
        await step('commit');
        open -= 1;
      },
      abort: async () => {
        await step('abort');
        open -= 1;
      },
    };
  };
  const results: string[] = [];
  const { promise: silence, resolve: onTimeout } = Promise.withResolvers<() => void>();
  const on = (_: string, listener: () => void): void => onTimeout(listener);
  const publish = makePublish({ transaction, on } as unknown as Producer, leaders, {
    transactionalId: 'id',
    onTransaction: ({ result }) => void results.push(result),
  });
  return { log, results, publish, silent: async () => (await silence)() };
};

const cut = (): Error => Object.assign(new Error('cut'), { name: 'KafkaJSConnectionClosedError' });

const failed = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown;

describe('publish', () => {
  it('is one transaction after the other; what arrives meanwhile goes into the next one, in order', async () => {
    const { log, publish } = makeStub();
    const parts = [[record('a', '1'), record('b', '2'), record('a', '3')], [record('a', '4')], [record('b', '5')]];
    await Promise.all(parts.map(async (part) => publish(part)));
    expect(log).toEqual(['begin', 'a:13 b:2', 'commit', 'begin', 'a:4 b:5', 'commit']);
  });

  it('sends to one broker after the other', async () => {
    const { log, publish } = makeStub();
    await publish([record('a', '1'), record('c', '2'), record('b', '3')]);
    expect(log).toEqual(['begin', 'a:1 b:3', 'c:2', 'commit']);
  });

  it('takes about 2,000 records into a transaction, and never splits a movie', async () => {
    const { log, publish } = makeStub();
    const sizes = [1, 900, 900, 900, 3000, 5, 5];
    await Promise.all(sizes.map(async (size) => publish(Array.from({ length: size }, () => record('a', '.')))));
    const transactions = log.join('').split('begin').slice(1);
    expect(transactions.map((text) => text.split('.').length - 1)).toEqual([1, 1800, 900, 3000, 10]);
  });

  it('resolves nobody before the commit, and rejects everybody whose records were in it', async () => {
    const { log, publish } = makeStub((step) => (step === 'commit' && log.length > 3 ? cut() : null));
    const first = publish([record('a', '1')]);
    const rest = Promise.allSettled([publish([record('a', '2')]), publish([record('a', '3')])]);
    await first;
    expect(log).toEqual(['begin', 'a:1', 'commit', 'begin']);
    expect((await rest).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('with nothing is the fence alone', async () => {
    const { log, publish } = makeStub();
    await publish([]);
    expect(log).toEqual(['begin', 'commit']);
  });

  it.each(['begin', 'a:1', 'commit'])('a producer whose %s was rejected is never used again', async (where) => {
    const { log, publish } = makeStub((step) => (step === where ? cut() : null));
    const all = await Promise.allSettled([publish([record('a', '1')]), publish([record('a', '2')])]);
    expect(all.map((each) => (each as PromiseRejectedResult).reason as unknown)).toEqual([
      failed('PUBLISH_FAILED'),
      failed('PUBLISH_FAILED'),
    ]);
    expect(log.at(-1)).toBe(where);
  });

  it.each([
    ['with a log append time', [{ topicName: 'a', partition: 0, errorCode: 0, logAppendTime: '1795452686140' }]],
    ['of nothing', []],
    ['of another partition', [{ topicName: 'a', partition: 1, errorCode: 0, logAppendTime: '-1' }]],
    ['of another topic', [{ topicName: 'b', partition: 0, errorCode: 0, logAppendTime: '-1' }]],
    ['with an error', [{ topicName: 'a', partition: 0, errorCode: 3, logAppendTime: '-1' }]],
  ])('an acknowledgement %s is a false one, and nothing is committed', async (_, results) => {
    const { log, publish } = makeStub(undefined, () => results);
    await expect(publish([record('a', '1')])).rejects.toEqual(failed('PUBLISH_FAILED', /false acknowledgement/));
    expect(log).toEqual(['begin', 'a:1']);
  });

  it.each([
    [10, /write topic a \(code 10: inner/],
    [18, /write topic a \(code 18/],
    [29, /this Kafka user may not Write topic a \(Kafka's code 29\): grant it/],
    [30, /may not Read group/],
    [31, /may not Write the cluster/],
    [32, /write topic a \(code 32/],
    [50, /write topic a \(code 50/],
    [53, /may not Write transactional id id \(/],
    [87, /write topic a \(code 87/],
  ])('code %i is refused for ever, and says what was asked', async (code, sentence) => {
    const cause = Object.assign(new Error('inner'), { code });
    const { publish } = makeStub((step) => (step === 'a:1' ? new Error('outer', { cause }) : null));
    await expect(publish([record('a', '1')])).rejects.toEqual(failed('PUBLISH_REFUSED', sentence));
  });

  it.each([29, 55])(
    'code %i for several topics: the one that is meant is found, and nothing committed',
    async (first) => {
      const coded = (code: number): Error => Object.assign(new Error('inner'), { code });
      const fails: Record<string, Error> = { 'a:1 b:2': coded(first), 'b:2': coded(29) };
      const { log, publish } = makeStub((step) => fails[step] ?? null);
      await expect(publish([record('a', '1'), record('b', '2')])).rejects.toEqual(
        failed('PUBLISH_REFUSED', /may not Write topic b /),
      );
      expect(log).toEqual(['begin', 'a:1 b:2', 'abort', 'begin', 'a:1', 'abort', 'begin', 'b:2']);
    },
  );

  it('code 55 because of a topic that is gone is no refusal', async () => {
    const coded = (code: number): Error => Object.assign(new Error('inner'), { code });
    const fails: Record<string, Error> = { 'a:1 b:2': coded(55), 'b:2': coded(3) };
    const { publish } = makeStub((step) => fails[step] ?? null);
    await expect(publish([record('a', '1'), record('b', '2')])).rejects.toEqual(failed('PUBLISH_FAILED', /outcome/));
  });

  it.each(['begin', 'a:1', 'commit'])('a %s that is not answered in time is a failure, once', async (where) => {
    const never = new Promise<null>(() => undefined);
    const { log, publish, silent } = makeStub((step) => (step === where ? never : null));
    const publishing = publish([record('a', '1')]);
    for (; log.at(-1) !== where;) await Promise.resolve();
    await silent();
    await expect(publishing).rejects.toEqual(failed('PUBLISH_FAILED', /did not answer in time/));
    await expect(publish([record('a', '2')])).rejects.toEqual(failed('PUBLISH_FAILED'));
    expect(log.at(-1)).toBe(where);
  });

  it('an error of our own is no outcome of Kafka: it goes through as it is', async () => {
    const bug = new TypeError('bug');
    const { publish } = makeStub(() => bug);
    await expect(publish([record('a', '1')])).rejects.toBe(bug);
  });

  it.each([47, 48, 49, 52, 90, 120, -1])('code %i ends the session', async (code) => {
    const { publish } = makeStub(() => Object.assign(new Error('x'), { code }));
    await expect(publish([record('a', '1')])).rejects.toEqual(failed('PUBLISH_FAILED'));
  });
});

describe('sends', () => {
  it('hold no more than 500 records and 512 kB of a partition, in order, all of them, and a short one comes last', () => {
    const records = [
      record('c', 'checkpoint'),
      ...Array.from({ length: 1200 }, (_, at) => record('a', `${at},`)),
      ...Array.from({ length: 12 }, (_, at) => record('b', `${at},`, 100_000)),
      record('a', 'other', 10, 1),
    ];
    const sends = sendsOf(records, new Map());
    for (const topic of ['a', 'b', 'c']) {
      for (const partition of [0, 1]) {
        const isOf = (each: ProducerRecord): boolean => each.topic === topic && each.partition === partition;
        const parts = sends.map((send) => send.flatMap(({ messages }) => messages.filter(isOf)));
        expect(parts.flat()).toEqual(records.filter(isOf));
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(500);
          expect(part.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)).toBeLessThanOrEqual(512 * 1024);
        }
      }
    }
    expect(sends.at(-1)?.map(({ topic }) => topic)).toContain('c');
  });

  it('go to one broker each', () => {
    const all = ['a', 'b', 'c'].flatMap((topic) => [0, 1].map((partition) => record(topic, 'x', 10, partition)));
    const leadersOf = sendsOf(all, leaders).map(
      (send) => new Set(send.flatMap(({ messages }) => messages.map((m) => leaders.get(`${m.topic}/${m.partition}`)))),
    );
    expect(leadersOf).toEqual([new Set([1]), new Set([2])]);
  });
});

describe('what is told of a transaction', () => {
  const codes: Readonly<Record<string, number>> = { fenced: 47 };
  it.each([
    ['committed', ''],
    ['aborted', 'a:1'],
    ['unknown', 'commit'],
    ['fenced', 'a:1'],
    ['fenced', 'commit'],
    ['aborted', 'begin'],
  ])('%s: where %j fails', async (result, at) => {
    const fail = (step: string): Error | null =>
      step === at ? Object.assign(cut(), result in codes ? { code: codes[result] } : {}) : null;
    const { publish, results } = makeStub(fail);
    await publish([record('a', '1')]).catch(() => undefined);
    expect(results).toEqual([result]);
    await publish([record('a', '2')]).catch(() => undefined); // a producer that is finished begins none
    expect(results).toHaveLength(result === 'committed' ? 2 : 1);
  });
});
