import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { World } from '../../../src/clients.ts';
import { ServiceError } from '../../../src/core/errors.ts';
import { toDeadLetter } from '../../../src/core/letters.ts';
import type { Letter } from '../../../src/core/letters-again.ts';
import { toItem, type ChangeEvent } from '../../../src/core/map.ts';
import { pieceOf } from '../../../src/core/parse.ts';
import { makeCheckpointRecords } from '../../../src/core/records.ts';
import type { Judged } from '../../../src/core/replay.ts';
import { stampOfText } from '../../../src/core/stamp.ts';
import { partitionOf, transactionalIdOf } from '../../../src/core/topics.ts';
import { makeLog } from '../../../src/log.ts';
import { makeEncode, schemaIdOf, type ProducerRecord } from '../../../src/core/encode.ts';
import { map } from '../../../src/core/map.ts';

const io = await import('../../../src/io/rest.ts');
jest.unstable_mockModule('../../../src/io/rest.ts', () => ({ ...io, rest: async () => Promise.resolve() }));
const { begun, configOf, fault, makeCommand, partitions, prefix, schemas } =
  await import('../../support/delivery-model.ts');
const { replayLetters } = await import('../../../src/commands/replay-letters.ts');
const { makeClients } = await import('../../../src/clients.ts');

const now = Date.parse('2026-11-27T12:00:00Z');
const second = now / 1000 - 3600;
const itemId = second.toString(16) + '0'.repeat(16);
const received = { id: itemId, action: 'added', time: '2026-11-27 11:00:00 UTC', value: 'x' };
const piece = { changeKey: 'title', received };
const place = second * 1000;
const stamp = stampOfText(pieceOf(piece), place);
const value = toDeadLetter(1, { kind: 'rejected', reason: 'old', ...piece, place, stamp }, now);
const letter: Letter = { key: `1:${stamp}`, partition: partitionOf(1, partitions), timestamp: now, value };

const id = transactionalIdOf(prefix);
const encode = makeEncode({ prefix, partitions, schemas });
const item = { kind: 'item', ...piece, id: itemId, action: 'added', place, stamp: itemId } as const;

type Faults = Parameters<typeof makeCommand>[0]['faults'];

const make = (faults: Faults = []) => {
  const stage = {
    ...begun(),
    isCompacted: false,
    movies: [],
    faults,
    now,
    filter: { by: 'time', inclusive: false } as const,
  };
  const { cluster } = stage;
  const config = configOf(now, { WATCH: 'all', START_DATE: '2026-11-20' });
  makeCommand(stage, config, { stop: new AbortController(), chance: () => 0.5 });
  const world: World = { log: makeLog('silent'), now: () => now, chance: () => 0.5, randomId: () => 'r' };
  const clients = makeClients(config, world);
  const commit = (epoch: number, records: readonly ProducerRecord[]): void => {
    for (const { topic, ...message } of records) {
      const at = `${topic}/${message.partition}`;
      const by = { id, epoch, broker: cluster.leaders().get(at) ?? 0 };
      cluster.produce(by, [{ place: at, topic, partition: message.partition, first: 0, messages: [message] }]);
    }
    cluster.commit(id, epoch);
  };
  const records = makeCheckpointRecords(prefix, 'other');
  commit(cluster.init(id), [records.ofFrontier({ since: '2026-11-01', through: '2026-11-26' })]);
  const read = async ({ value: bytes }: { value: Buffer | null }): Promise<unknown> => {
    const known = Object.values(schemas).find((each) => each.id === schemaIdOf(bytes ?? Buffer.alloc(6)));
    return Promise.resolve(known?.type.fromBuffer(bytes?.subarray(5) ?? Buffer.alloc(0)));
  };
  const judged: Judged[] = [];
  const replay = async (): Promise<void> =>
    replayLetters(
      { clients, config, world, read },
      { letters: [letter], execute: true, onJudged: async (some) => Promise.resolve(void judged.push(...some)) },
      AbortSignal.timeout(60_000),
    );
  const committed = (topic: string) => cluster.commits.flat().filter((entry) => entry.topic === `${prefix}${topic}`);
  /** What the service does by itself, once it is upgraded. */
  const publish = (epoch: number): void => {
    const stored = { since: null, from: '2026-11-26', seen: [stamp, itemId] };
    commit(epoch, [encode(map(1, item, now)), records.ofMovie(1, stored)]);
  };
  return { cluster, replay, committed, publish, fates: () => judged.map(({ fate }) => fate.kind) };
};

/** Does something whenever the command is about to write, so many times. */
const intruding = (most: number, intrude: (made: ReturnType<typeof make>, epoch: number) => void) => {
  const made = make();
  const { cluster } = made;
  const produce = cluster.produce;
  let [count, isInside] = [0, false];
  cluster.produce = (by, batches) => {
    if (!isInside && count < most) {
      [count, isInside] = [count + 1, true];
      intrude(made, cluster.init(id));
      isInside = false;
    }
    return produce(by, batches);
  };
  return made;
};

describe('a replay beside a service', () => {
  it('is one transaction: event, end of the letter, and stamp', async () => {
    const { replay, committed, cluster, fates } = make();
    await replay();
    expect(cluster.commits.at(-1)?.map(({ topic, key }) => [topic, key])).toEqual([
      [`${prefix}title`, `1:${itemId}`],
      [`${prefix}dead_letters`, letter.key],
      [`${prefix}checkpoints`, '1'],
    ]);
    expect(committed('dead_letters')[0]?.value).toBeNull();
    expect(JSON.parse(String(committed('checkpoints').at(-1)?.value))).toEqual({
      ...{ version: 2, from: '2026-11-26', seen: [itemId] },
    });
    expect(fates()).toEqual(['publish']);
  });

  it('that was fenced is tried again: what was not committed tells nothing', async () => {
    const { replay, committed, fates } = intruding(2, () => undefined);
    await replay();
    expect(committed('title')).toHaveLength(1);
    expect(fates()).toEqual(['publish']);
  });

  it('publishes nothing that the service has published just before its fence', async () => {
    const { replay, committed, fates } = intruding(1, ({ publish }, epoch) => publish(epoch));
    await replay();
    expect(committed('title')).toHaveLength(1);
    expect(committed('dead_letters').map((entry) => entry.value)).toEqual([null]);
    expect(fates()).toEqual(['remove']);
  });

  it('after three fences nothing is done', async () => {
    const { replay, committed, fates } = intruding(9, () => undefined);
    await expect(replay()).rejects.toMatchObject({ code: 'BUSY' });
    expect([committed('title'), committed('dead_letters'), fates()]).toEqual([[], [], []]);
  });
});

const survived = ['none', 'lost', 'lost once', 'unanswered', 'late', 'again', 'moved', 'expired'];

it('whatever befalls it, each letter becomes one event, or stays as it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { maxLength: 25 }), async (faults) => {
      const { replay, committed } = make(faults.filter(({ kind }) => survived.includes(kind)));
      const isDone = await replay().then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof ServiceError)) throw error;
          return false;
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 0)); // what comes late
      const [events, ends] = [committed('title').length, committed('dead_letters').length];
      expect([events, ends > 0]).toEqual(isDone ? [1, true] : [events, events === 1]);
      expect(events).toBeLessThanOrEqual(1);
    }),
    { numRuns: 200 },
  );
});

it('the event says what the letter held, and when that was seen', async () => {
  const { replay, committed } = make();
  await replay();
  const bytes = committed('title')[0]?.value ?? Buffer.alloc(0);
  const schema = Object.values(schemas).find((each) => each.id === schemaIdOf(bytes));
  const event = schema?.type.fromBuffer(bytes.subarray(5)) as ChangeEvent;
  expect(toItem(event)).toEqual(received);
  expect(event.observed_at).toBe(value.observed_at);
});
