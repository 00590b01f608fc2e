import { describe, expect, it } from '@jest/globals';
import type { Producer } from 'kafkajs';
import { batchesOf } from '../../../src/core/batch.ts';
import type { ProducerRecord } from '../../../src/core/encode.ts';
import { makePublish } from '../../../src/io/publish.ts';

const record = (topic: string, key: string, bytes = 10): ProducerRecord => ({
  topic,
  partition: 0,
  key,
  value: Buffer.alloc(bytes),
  headers: {},
});

/** A producer of which a step can be made to fail; `log` is what it was asked to do. */
const makeStub = (
  fail: (step: string) => Error | null = () => null,
  answer: (results: object[]) => object[] = (results) => results,
) => {
  const log: string[] = [];
  let open = 0;
  const step = async (name: string): Promise<void> => {
    log.push(name);
    await Promise.resolve();
    const error = fail(name);
    if (error !== null) throw error;
  };
  const transaction = async () => {
    await step('begin');
    expect((open += 1)).toBe(1);
    return {
      send: async ({ topic, messages }: { topic: string; messages: { key: string }[] }) => {
        await step(`${topic}:${messages.map(({ key }) => key).join('')}`);
        return answer([{ topicName: topic, partition: 0, errorCode: 0, logAppendTime: '-1' }]);
      },
      commit: async () => {
        await step('commit');
        open -= 1;
      },
    };
  };
  return { log, publish: makePublish({ transaction } as unknown as Producer) };
};

const failed = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) }) as unknown;

describe('publish', () => {
  it('is one transaction after the other, one send to a partition after the other, in order', async () => {
    const { log, publish } = makeStub();
    await Promise.all([publish([record('a', '1'), record('b', '2'), record('a', '3')]), publish([record('a', '4')])]);
    expect(log).toEqual(['begin', 'a:13', 'b:2', 'commit', 'begin', 'a:4', 'commit']);
  });

  it('with nothing is the fence alone', async () => {
    const { log, publish } = makeStub();
    await publish([]);
    expect(log).toEqual(['begin', 'commit']);
  });

  it.each(['begin', 'a:1', 'commit'])('a producer whose %s was rejected is never used again', async (where) => {
    const { log, publish } = makeStub((step) => (step === where ? new Error('cut') : null));
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

  it.each([10, 18, 29, 30, 31, 32, 50, 53, 87])('code %i is refused for ever, and names the topics', async (code) => {
    const cause = Object.assign(new Error('inner'), { code });
    const { publish } = makeStub((step) => (step === 'a:1' ? new Error('outer', { cause }) : null));
    await expect(publish([record('a', '1')])).rejects.toEqual(
      failed('PUBLISH_REFUSED', new RegExp(`for a \\(code ${code}`)),
    );
  });

  it.each([47, 48, 49, 52, 90, 120, -1])('code %i ends the session', async (code) => {
    const { publish } = makeStub(() => Object.assign(new Error('x'), { code }));
    await expect(publish([record('a', '1')])).rejects.toEqual(failed('PUBLISH_FAILED'));
  });
});

describe('batches', () => {
  it('hold no more than 500 records and 512 kB of a partition, in order, all of them', () => {
    const records = [
      ...Array.from({ length: 1200 }, (_, at) => record('a', `${at},`)),
      ...Array.from({ length: 12 }, (_, at) => record('b', `${at},`, 100_000)),
    ];
    const batches = batchesOf(records);
    for (const topic of ['a', 'b']) {
      const flat = batches.filter((batch) => batch.topic === topic).flatMap(({ messages }) => messages);
      expect(flat).toEqual(records.filter((each) => each.topic === topic));
    }
    for (const { topic, partition, messages } of batches) {
      expect(messages.length).toBeLessThanOrEqual(500);
      expect(messages.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(512 * 1024);
      // One broker a send: kafkajs leaves partitions out, or sends them twice, when leaders of one send move.
      expect(messages.every((each) => each.topic === topic && each.partition === partition)).toBe(true);
    }
  });
});
