import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { ConsumeRequest, ConsumedRecord } from '../../../src/core/reading.ts';
import type { LiveEvent } from '../../../src/core/ring.ts';
import { eventTopics } from '../../../src/core/topics.ts';
import { makePageReader } from '../../../src/operate/page.ts';
import { eventually } from '../../support/cli.ts';
import { titleChange } from '../../support/live.ts';

const range = (name: string, low: bigint, high: bigint) => ({
  ...{ topic: `p.${name}`, partition: 1, low, high },
  ...{ start: high, end: null },
});
const record = (name: string, offset: number, timestamp: number): ConsumedRecord => ({
  ...{ topic: `p.${name}`, partition: 1, offset: BigInt(offset), timestamp },
  ...{ key: `550:${offset}`, value: Buffer.from(String(offset)) },
});

/** Topics as they are, and a reader of them that is told what it reads. */
const makeStage = (ranges: readonly ReturnType<typeof range>[]) => {
  const stop = new AbortController();
  const told: LiveEvent[][] = [];
  let fills = 0;
  let request: ConsumeRequest | null = null;
  const clients = {
    findRanges: async (topics: readonly string[]) => {
      expect(topics).toEqual(Object.keys(eventTopics).map((name) => `p.${name}`));
      return Promise.resolve(ranges);
    },
    consume: async (asked: ConsumeRequest, signal: AbortSignal) => {
      request = asked;
      await once(signal, 'abort');
    },
  };
  const decode = ({ offset }: ConsumedRecord) =>
    offset === 13n ? { reason: 'it is none of ours' } : { event: titleChange(Number(offset)).value };
  const follow = makePageReader({ clients, decode, prefix: 'p.' });
  const listener = {
    add: (events: readonly LiveEvent[]) => void told.push([...events]),
    fill: () => void (fills += 1),
  };
  const ended = follow(listener, stop.signal);
  const asked = async () =>
    eventually(() => {
      if (request === null) throw new Error('nothing is read');
      return request;
    });
  const read = async (...records: readonly ConsumedRecord[]): Promise<void> => {
    const { onRecords, progress } = await asked();
    await onRecords(records, {} as Parameters<ConsumeRequest['onRecords']>[1]); // a page holds nothing
    for (const { topic, partition, offset } of records) progress?.move(topic, partition, offset + 1n);
  };
  return { told, fills: () => fills, asked, read, stop: async () => (stop.abort(), ended) };
};

const places = (all: readonly LiveEvent[] | undefined) => (all ?? []).map(({ topic, offset }) => `${topic} ${offset}`);

describe('what a page reads', () => {
  it('begins shortly before the end of each partition, and not before its first offset', async () => {
    const { asked, stop } = makeStage([range('title', 0n, 1000n), range('images', 995n, 1000n), range('cast', 0n, 0n)]);
    const { ranges } = await asked();
    expect(ranges.map(({ start, end }) => [start, end])).toEqual([
      [960n, null],
      [995n, null],
      [0n, null],
    ]);
    await stop();
  });

  it('is first what there was, of all partitions by the time of commit, then what comes', async () => {
    const { told, fills, read, stop } = makeStage([range('title', 0n, 2n), range('images', 0n, 3n)]);
    await read(record('title', 0, 10), record('title', 1, 30));
    expect(told).toEqual([]);
    await read(record('images', 0, 20), record('images', 1, 40), record('images', 2, 50));
    await eventually(() => expect(fills()).toBe(1));
    expect(told.map(places)).toEqual([['title 0', 'images 0', 'title 1', 'images 1', 'images 2']]);
    await read(record('title', 2, 60));
    expect(places(told[1])).toEqual(['title 2']);
    expect(told[1]?.[0]).toMatchObject({ partition: 1, committedAt: 60, value: { movie_id: 550 } });
    await stop();
  });

  it('is there at once where nothing was ever committed', async () => {
    const { told, fills, stop } = makeStage([range('title', 0n, 0n)]);
    await eventually(() => expect(fills()).toBe(1));
    expect(told).toEqual([[]]);
    await stop();
  });

  it('is the newest five hundred of what there was', async () => {
    const { told, read, stop } = makeStage([range('title', 0n, 1600n)]);
    for (let at = 0; at < 1600; at += 400)
      await read(...Array.from({ length: 400 }, (_, nth) => record('title', at + nth, at + nth)));
    await eventually(() => expect(told).toHaveLength(1));
    expect(places(told[0])[0]).toBe('title 1100');
    expect(told[0]).toHaveLength(500);
    await stop();
  });

  it('leaves out what is none of ours', async () => {
    const { told, read, stop } = makeStage([range('title', 12n, 15n)]);
    await read(record('title', 12, 1), record('title', 13, 2), record('title', 14, 3));
    await eventually(() => expect(places(told[0])).toEqual(['title 12', 'title 14']));
    await stop();
  });
});
