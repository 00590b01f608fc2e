import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { ConsumedRecord } from '../../src/core/reading.ts';
import { makeConsume } from '../../src/io/consume.ts';
import { makeFindRanges } from '../../src/io/offsets.ts';
import { makeRead } from '../../src/io/read.ts';
import { makeResets } from '../../src/io/resets.ts';
import { atMost, rest } from '../../src/io/rest.ts';
import { eventually } from '../support/cli.ts';
import { makeTopics } from '../support/topics.ts';

const topics = makeTopics();
const { log, onReset } = makeResets(() => undefined);
const kafka = new kafkajs.Kafka({ brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','), logCreator: () => log });
const findRanges = makeFindRanges({ kafka, atMost, now: Date.now });
const deleteGroup = async (group: string) => topics.asAdmin(async (admin) => admin.deleteGroups([group]));
const consume = makeConsume({
  kafka,
  read: makeRead(onReset),
  groupId: randomUUID,
  deleteGroup,
  findRanges,
  atMost,
  rest,
});

const records = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ key: 'k', value: `v${from + at}`, partition: 0 }));

/** Reads `from`, and holds the first batch until released. */
const reading = (topic: string, from: 'beginning' | 'end') => {
  const values: string[] = [];
  const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
  const stop = new AbortController();
  const onRecords = async (all: readonly ConsumedRecord[]): Promise<void> => {
    values.push(...all.map(({ value }) => String(value)));
    await gate;
  };
  const over = findRanges([topic], { at: from }).then(async (ranges) => consume({ ranges, onRecords }, stop.signal));
  over.catch(() => undefined);
  return { values, release: () => release(undefined), stop, over };
};

describe('an offset that is gone in mid-read', () => {
  it.each(['50', '101'])(
    'is said, with topic, partition, wanted and available: deleted up to %s',
    async (upTo) => {
      const topic = await topics.create('gone-');
      await topics.publish(topic, records(0, 10));
      const { values, release, over } = reading(topic, 'beginning');
      await eventually(() => expect(values).toHaveLength(10));
      await topics.publish(topic, records(10, 99));
      await topics.deleteBefore(topic, upTo);
      release();
      await expect(over).rejects.toMatchObject({
        code: 'OFFSET_OUT_OF_RANGE',
        message: `${topic} partition 0 has offsets ${upTo} to 101, not 11`,
      });
      expect(values).toEqual(records(0, 10).map(({ value }) => value));
    },
    60_000,
  );

  it('a topic that is gone is said too', async () => {
    const topic = await topics.create('gone-');
    await topics.publish(topic, records(0, 2));
    const { values, release, over } = reading(topic, 'beginning');
    await eventually(() => expect(values).toHaveLength(2));
    await topics.asAdmin(async (admin) => admin.deleteTopics({ topics: [topic] }));
    release();
    await expect(over).rejects.toMatchObject({ code: 'TOPICS_MISSING' });
  }, 60_000);
});
