import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { ServiceError } from '../../../src/core/errors.ts';
import type { Range } from '../../../src/core/positions.ts';
import type { ConsumedRecord, Hold, Membership } from '../../../src/core/reading.ts';
import { makeConsume } from '../../../src/io/consume.ts';
import { makeMembership } from '../../../src/io/membership.ts';
import { makeRead } from '../../../src/io/read.ts';
import { makeResets } from '../../../src/io/resets.ts';
import { atMost } from '../../../src/io/rest.ts';

const topic = 'a';
const range = (end: bigint | null = null): Range => ({ topic, partition: 0, low: 0n, high: 20n, start: 5n, end });
const turn = async (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const protocol = (code: number): Error =>
  Object.assign(new Error(`code ${code}`), { name: 'KafkaJSProtocolError', code });

/** A consumer that does what the test says. */
const makeConsumer = () => {
  const events = new EventEmitter();
  const calls: string[] = [];
  const faults = new Map<string, Error>();
  const gates: Promise<void>[] = [];
  let eachBatch: (payload: EachBatchPayload) => Promise<void> = async () => Promise.resolve();
  const consumer = {
    on: (name: string, listener: () => void) => events.on(name, listener),
    connect: async () => Promise.resolve(),
    subscribe: async () => Promise.resolve(),
    disconnect: async () => Promise.resolve(void calls.push('disconnect')),
    run: async (options: { eachBatch: typeof eachBatch }) => {
      eachBatch = options.eachBatch;
      return Promise.resolve(void calls.push('run'));
    },
    seek: ({ partition, offset }: { partition: number; offset: string }) => calls.push(`seek ${partition}@${offset}`),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    commitOffsets: async (all: { partition: number; offset: string }[]) => {
      await gates.shift();
      const fault = faults.get('commit');
      if (fault !== undefined) throw fault;
      calls.push(...all.map(({ partition, offset }) => `commit ${partition}@${offset}`));
      return Promise.resolve();
    },
  };
  const emit = (name: string, payload: object): boolean => events.emit(`consumer.${name}`, { payload });
  return {
    consumer: consumer as unknown as Consumer,
    calls,
    faults,
    gates,
    emit,
    join: async (...partitions: number[]) => {
      emit('group_join', { memberAssignment: { [topic]: partitions } });
      await turn();
    },
    /** A fetch from an offset, and the offsets of the records that it gave. */
    batch: async (
      fetchedOffset: string,
      offsets: readonly number[],
      last = offsets.at(-1) ?? 0,
      heartbeat = async () => Promise.resolve(),
    ) =>
      eachBatch({
        batch: {
          topic,
          partition: 0,
          fetchedOffset,
          lastOffset: () => String(last),
          messages: offsets.map((offset) => ({ offset: String(offset), timestamp: '0', key: null, value: null })),
        },
        heartbeat,
      } as unknown as EachBatchPayload),
    markers: (lastOffset: string) => emit('end_batch_process', { topic, partition: 0, batchSize: 0, lastOffset }),
  };
};

interface Setup {
  readonly ranges?: readonly Range[];
  readonly membership?: Membership;
  readonly found?: readonly Range[];
  readonly hand?: (record: ConsumedRecord, hold: Hold) => Promise<void>;
}

const start = async ({ ranges = [range()], membership, found = [range()], hand }: Setup = {}) => {
  const consumers: ReturnType<typeof makeConsumer>[] = [];
  const seen: number[] = [];
  const stop = new AbortController();
  const resets = makeResets(() => undefined);
  const kafka = {
    consumer: () => {
      const made = makeConsumer();
      consumers.push(made);
      return made.consumer;
    },
  };
  const consume = makeConsume({
    kafka: kafka as unknown as Kafka,
    read: makeRead(resets.onReset),
    groupId: () => 'throw-away',
    deleteGroup: async () => Promise.resolve(),
    findRanges: async () => Promise.resolve(found),
    atMost,
    rest: async () => turn(),
  });
  const onRecords = async (records: readonly ConsumedRecord[], hold: Hold): Promise<void> => {
    for (const record of records) {
      if (hold.lost.aborted) return;
      seen.push(Number(record.offset));
      await hand?.(record, hold);
    }
  };
  const over = consume({ ranges, onRecords, ...(membership && { membership }) }, stop.signal);
  over.catch(() => undefined);
  await turn();
  const nth = (at: number): ReturnType<typeof makeConsumer> => consumers[at] ?? makeConsumer();
  return { consumers, nth, seen, over, stop, resets };
};

describe('a reader', () => {
  it('begins where it was told, and goes on behind what it has read: after a join, and with a new consumer', async () => {
    const { nth, seen, consumers, stop, over } = await start();
    await nth(0).join(0);
    await nth(0).batch('5', [5, 6], 7);
    await nth(0).join(0);
    nth(0).emit('crash', { error: protocol(7) });
    await turn();
    await turn();
    await nth(1).join(0);
    expect([consumers.length, seen, ...nth(0).calls.slice(0, 3)]).toEqual([2, [5, 6], 'run', 'seek 0@5', 'seek 0@8']);
    expect(nth(1).calls).toEqual(['run', 'seek 0@8']);
    stop.abort();
    await over;
  });

  it.each([undefined, 'g'])(
    'what is finished after its consumer has crashed counts with the next one: group %s',
    async (group) => {
      const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
      const hand = async (record: ConsumedRecord, hold: Hold): Promise<void> => {
        hold.take(record);
        await gate;
        await hold.finish(record);
      };
      const committedOf = async () => Promise.resolve(new Map([['a/0', 5n]]));
      const membership = group === undefined ? {} : { membership: makeMembership({ group, committedOf }) };
      const { nth, over, seen } = await start({ ranges: [range(7n)], hand, ...membership });
      await nth(0).join(0);
      const reading = nth(0).batch('5', [5], 6);
      nth(0).emit('crash', { error: protocol(7) });
      await turn();
      await turn();
      await nth(1).join(0);
      nth(1).markers('6');
      await turn();
      release(undefined);
      await Promise.all([reading, over]);
      expect(seen).toEqual([5]);
      expect(nth(1).calls.filter((call) => call.startsWith('commit'))).toEqual(
        group === undefined ? [] : ['commit 0@7'],
      );
    },
  );

  it('hands out nothing twice, though kafkajs asks again', async () => {
    const { nth, seen } = await start();
    await nth(0).batch('5', [5, 6]);
    await nth(0).batch('0', [3, 5, 6, 7]);
    expect(seen).toEqual([5, 6, 7]);
  });

  it('hands out nothing behind a jump of kafkajs, and begins anew where it was', async () => {
    const { nth, seen } = await start();
    await nth(0).batch('9', [9, 10]);
    await turn();
    await turn();
    await nth(1).join(0);
    expect([seen, nth(1).calls]).toEqual([[], ['run', 'seek 0@5']]);
  });

  it('says so where its offset is gone: what kafkajs is about to do is prevented', async () => {
    const { nth, over, resets, seen } = await start({ found: [{ ...range(), low: 9n }] });
    const entry = {
      message: 'Offset out of range, resetting to default offset',
      groupId: 'throw-away',
      topic,
      partition: 0,
    };
    const tell = (groupId: string): void => resets.log({ log: { ...entry, groupId } } as never);
    expect(() => tell('another')).not.toThrow();
    expect(() => tell('throw-away')).toThrow(expect.objectContaining({ retriable: false }));
    await nth(0).batch('5', [5]);
    await expect(over).rejects.toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      message: 'a partition 0 has offsets 9 to 20, not 5',
    });
    expect(seen).toEqual([]);
  });

  it('ends at its end, which markers reach too, and hands out nothing behind it', async () => {
    const { nth, seen, over } = await start({ ranges: [range(8n)] });
    await nth(0).batch('5', [5, 6]);
    nth(0).markers('7');
    await over;
    expect(seen).toEqual([5, 6]);
    const other = await start({ ranges: [range(6n)] });
    await other.nth(0).batch('5', [5, 6]);
    await other.over;
    expect(other.seen).toEqual([5]);
  });

  it.each([
    [30, 'KAFKA_REFUSED'],
    [23, 'BUSY'],
  ])('ends where no new consumer would do: code %d', async (number, code) => {
    const { nth, over, consumers } = await start();
    nth(0).emit('crash', { error: protocol(number) });
    await expect(over).rejects.toMatchObject({ code });
    expect(consumers).toHaveLength(1);
  });

  it("what its handler throws is its caller's affair, and ends it", async () => {
    const fault = new TypeError('the handler');
    const { nth, over, seen } = await start({ hand: async () => Promise.reject(fault) });
    await nth(0).batch('5', [5, 6]);
    await nth(0).batch('7', [7]);
    await expect(over).rejects.toBe(fault);
    expect(seen).toEqual([5]);
  });
});

describe('a member of a group', () => {
  const member = (...committed: [string, bigint][]) =>
    makeMembership({ group: 'g', committedOf: async () => Promise.resolve(new Map(committed)) });
  const finishing = async (record: ConsumedRecord, hold: Hold): Promise<void> => {
    hold.take(record);
    await turn();
    await hold.finish(record);
  };

  it('asks for nothing before it knows where the group is, and goes on there', async () => {
    const { nth } = await start({ membership: member(['a/0', 9n]) });
    await nth(0).join(0);
    expect(nth(0).calls).toEqual(['run', 'pause', 'seek 0@9', 'resume']);
  });

  it('commits where it begins where the group has nothing, so that whoever comes next begins there too', async () => {
    const { nth } = await start({ membership: member() });
    await nth(0).join(0);
    expect(nth(0).calls).toEqual(['run', 'pause', 'seek 0@5', 'resume', 'commit 0@5']);
  });

  it('commits what is finished, and the markers behind it; never what is in hand', async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
    const hand = async (record: ConsumedRecord, hold: Hold): Promise<void> => {
      hold.take(record);
      if (record.offset === 6n) await gate;
      await hold.finish(record);
    };
    const { nth, seen } = await start({ membership: member(['a/0', 5n]), hand });
    await nth(0).join(0);
    const reading = nth(0).batch('5', [5, 6], 8);
    await turn();
    nth(0).markers('8'); // of another fetch
    await turn();
    const meanwhile = [...seen, ...nth(0).calls.slice(4)];
    release(undefined);
    await reading;
    expect(meanwhile).toEqual([5, 6, 'commit 0@6']);
    expect(nth(0).calls.slice(4)).toEqual(['commit 0@6', 'commit 0@9']);
  });

  it('hands out nothing more once its partitions are wanted back, and commits what was finished after the next join', async () => {
    const { nth, seen } = await start({ membership: member(['a/0', 5n]), hand: finishing });
    await nth(0).join(0);
    nth(0).faults.set('commit', protocol(22));
    await nth(0).batch('5', [5, 6, 7]);
    await nth(0).batch('8', [8]);
    expect(seen).toEqual([5]);
    nth(0).faults.clear();
    await nth(0).join(0);
    expect(nth(0).calls.slice(4)).toEqual(['pause', 'seek 0@6', 'resume', 'commit 0@6']);
  });

  it('never commits for a partition that it no longer has, nor behind what the group has', async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<undefined>();
    const hand = async (record: ConsumedRecord, hold: Hold): Promise<void> => {
      hold.take(record);
      await gate;
      await hold.finish(record);
    };
    const { nth } = await start({ membership: member(['a/0', 5n]), hand });
    await nth(0).join(0);
    const reading = nth(0).batch('5', [5]);
    await turn();
    await nth(0).join(1);
    release(undefined);
    await reading;
    expect(nth(0).calls.filter((call) => call.startsWith('commit'))).toEqual(['commit 1@0']);
  });

  it('is done once its own partitions are, and that is committed, even with nothing to read', async () => {
    const { nth, over } = await start({ ranges: [range(5n), { ...range(9n), partition: 1 }], membership: member() });
    await nth(0).join(0);
    await over;
    expect(nth(0).calls).toEqual(['run', 'pause', 'seek 0@5', 'resume', 'commit 0@5', 'disconnect']);
  });

  it('with a group out of reach begins anew', async () => {
    let isAway = true;
    const committedOf = async () => {
      if (isAway) throw new ServiceError('KAFKA_UNREACHABLE', 'away');
      return Promise.resolve(new Map<string, bigint>());
    };
    const { nth, consumers } = await start({ membership: makeMembership({ group: 'g', committedOf }) });
    await nth(0).join(0);
    isAway = false;
    await turn();
    await turn();
    await nth(1).join(0);
    expect([consumers.length, nth(1).calls.at(-1)]).toEqual([2, 'commit 0@5']);
  });

  it('goes on after a join, though the answer to an older commit says that its place was lost', async () => {
    const { promise, reject } = Promise.withResolvers<undefined>();
    const { nth, seen } = await start({ membership: member(['a/0', 5n]), hand: finishing });
    await nth(0).join(0);
    nth(0).gates.push(promise);
    const reading = nth(0).batch('5', [5, 6]);
    await turn();
    await nth(0).join(0);
    reject(protocol(22));
    await reading;
    await nth(0).batch('6', [6, 7]);
    expect(seen).toEqual([5, 6, 7]);
    expect(nth(0).calls.at(-1)).toBe('commit 0@8');
  });

  it('commits nothing after a join before it knows where the group is', async () => {
    const body = Promise.withResolvers<undefined>();
    const second = Promise.withResolvers<Map<string, bigint>>();
    const answers = [Promise.resolve(new Map([['a/0', 5n]])), second.promise];
    const committedOf = async () => answers.shift() ?? Promise.resolve(new Map<string, bigint>());
    const hand = async (record: ConsumedRecord, hold: Hold): Promise<void> => {
      hold.take(record);
      await body.promise;
      await hold.finish(record);
    };
    const { nth } = await start({ membership: makeMembership({ group: 'g', committedOf }), hand });
    await nth(0).join(0);
    const reading = nth(0).batch('5', [5]);
    await turn();
    await nth(0).join(0, 1);
    body.resolve(undefined);
    await reading;
    const commits = (): string[] => nth(0).calls.filter((call) => call.startsWith('commit'));
    expect(commits()).toEqual([]);
    second.resolve(
      new Map([
        ['a/0', 5n],
        ['a/1', 9000n],
      ]),
    );
    await turn();
    expect(commits()).toEqual(['commit 0@6']);
  });

  it('goes on where its group is, also before where it would have begun itself', async () => {
    const { nth } = await start({ ranges: [{ ...range(), start: 15n }], membership: member(['a/0', 10n]) });
    await nth(0).join(0);
    expect(nth(0).calls).toContain('seek 0@10');
  });

  it('says so where the records are compressed in a way that it has not', async () => {
    const { nth, over } = await start();
    await nth(0).join(0);
    const error = Object.assign(new Error('ZSTD compression not implemented'), { name: 'KafkaJSNotImplemented' });
    nth(0).emit('crash', { error });
    await expect(over).rejects.toMatchObject({
      code: 'TOPICS_DIFFER',
      message: 'a cannot be read here: ZSTD compression not implemented',
    });
  });
});
