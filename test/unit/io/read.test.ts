import { describe, expect, it } from '@jest/globals';
import type { Consumer } from 'kafkajs';
import { makeProgress } from '../../../src/core/progress.ts';
import { alone } from '../../../src/core/reading.ts';
import { makeRead } from '../../../src/io/read.ts';

const range = (partition: number, start: bigint, end: bigint | null) => ({
  ...{ topic: 't', partition, low: 0n, high: 9n },
  ...{ start, end },
});

/** A consumer that joins once it runs, and then is given one batch of each partition that it has not paused. */
const makeConsumer = (partitions: readonly number[]) => {
  const listeners = new Map<string, (event: unknown) => void>();
  const calls: string[] = [];
  const paused = new Set<number>();
  const consumer = {
    on: (name: string, listener: (event: unknown) => void) => void listeners.set(name, listener),
    connect: async () => Promise.resolve(),
    subscribe: async () => Promise.resolve(),
    seek: ({ partition, offset }: { partition: number; offset: string }) => calls.push(`seek ${partition} ${offset}`),
    pause: ([
      {
        partitions: [partition = -1],
      },
    ]: [{ partitions: number[] }]) => {
      paused.add(partition);
      calls.push(`pause ${partition}`);
    },
    run: async ({ eachBatch }: { eachBatch: (payload: unknown) => Promise<void> }) => {
      listeners.get('consumer.group_join')?.({ payload: { memberAssignment: { t: partitions } } });
      for (const partition of partitions.filter((each) => !paused.has(each))) {
        const message = { offset: '5', timestamp: '0', key: null, value: null };
        const batch = { topic: 't', partition, fetchedOffset: '2', messages: [message], lastOffset: () => '5' };
        await eachBatch({ batch, heartbeat: async () => Promise.resolve() });
      }
    },
  };
  return { consumer: consumer as unknown as Consumer, calls };
};

describe('a partition that is read to its end', () => {
  it('is fetched no more, be it there from the beginning or on the way', async () => {
    const { consumer, calls } = makeConsumer([0, 1, 2]);
    const ranges = [range(0, 2n, 6n), range(1, 3n, 3n), range(2, 2n, 9n)];
    const seen: number[] = [];
    const stop = new AbortController();
    const onRecords = async (records: readonly { partition: number }[]): Promise<void> => {
      seen.push(...records.map(({ partition }) => partition));
      if (seen.includes(2)) stop.abort();
      return Promise.resolve();
    };
    const reading = {
      ranges,
      progress: makeProgress(ranges),
      onRecords,
      onLife: () => undefined,
      group: 'g',
      membership: alone,
      turn: { settle: async () => Promise.resolve() },
    };
    await makeRead(() => undefined)(consumer, reading, stop.signal);
    expect(seen).toEqual([0, 2]);
    expect(calls).toEqual(['seek 0 2', 'seek 1 3', 'seek 2 2', 'pause 1', 'pause 0']);
  });
});
