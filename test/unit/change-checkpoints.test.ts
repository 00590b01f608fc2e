import { expect, it, jest } from '@jest/globals';
import { makeCheckpointRecords } from '../../src/core/records.ts';
import { transactionalIdOf } from '../../src/core/topics.ts';

const waits: number[] = [];
const io = await import('../../src/io/rest.ts');
jest.unstable_mockModule('../../src/io/rest.ts', () => ({
  ...io,
  rest: async (ms: number) => Promise.resolve(void waits.push(ms)),
}));
const { begun, configOf, makeCommand, prefix } = await import('../support/delivery-model.ts');

const now = Date.parse('2026-11-27T12:00:00Z');
const id = transactionalIdOf(prefix);

/** A command, and another one that opens a session whenever this one has read and is about to write. */
const make = (intrude: (nth: number, epoch: number) => void, most = Infinity) => {
  waits.length = 0;
  const stage = {
    ...begun(),
    ...{ isCompacted: false, movies: [], faults: [], now },
    filter: { by: 'time', inclusive: false } as const,
  };
  const { cluster } = stage;
  const produce = cluster.produce;
  let intrusions = 0;
  let isInside = false;
  cluster.produce = (by, batches) => {
    if (!isInside && intrusions < most) {
      isInside = true;
      intrude((intrusions += 1), cluster.init(id));
      isInside = false;
    }
    return produce(by, batches);
  };
  const config = configOf(now, { WATCH: '1', START_DATE: '2026-11-20' });
  const history = makeCommand(stage, config, { stop: new AbortController(), chance: () => 0.5 });
  /** What another session commits. */
  const write = (epoch: number, since: string): void => {
    const { partition, key, value, headers } = makeCheckpointRecords(prefix, 'other').ofBackfill(since);
    const place = `${prefix}checkpoints/0`;
    const batch = { place, topic: `${prefix}checkpoints`, partition: 0, first: 0 };
    const message = {
      partition,
      key,
      value,
      headers: { ...headers } as Record<string, string>,
    };
    cluster.produce({ id, epoch, broker: cluster.leaders().get(place) ?? 0 }, [{ ...batch, messages: [message] }]);
    cluster.commit(id, epoch);
  };
  const wanted = (): unknown[] =>
    cluster.commits
      .flat()
      .map(({ key, value, headers }) => [key, JSON.parse(String(value)) as unknown, headers['session']?.slice(0, 1)]);
  return { cluster, history, write, wanted };
};

const signal = AbortSignal.timeout(60_000);
const said = (since: string, by: string) => ['backfill', { version: 2, since }, by];

it('a change that another session has fenced is tried again', async () => {
  const { history, wanted } = make(() => undefined, 2);
  await history.want('2026-10-01', signal);
  expect(wanted()).toEqual([said('2026-10-01', 'c')]);
  expect(waits).toHaveLength(2);
});

it('what another session has committed meanwhile is decided about', async () => {
  const { history, write, wanted } = make((_, epoch) => write(epoch, '2026-09-01'), 1);
  const coverage = await history.want('2026-10-01', signal);
  expect(coverage.wanted()).toBe('2026-09-01');
  expect(wanted()).toEqual([said('2026-09-01', 'o')]);
});

it('what is decided about was read after the fence', async () => {
  const { cluster, history, write, wanted } = make(() => undefined, 0);
  const { init } = cluster;
  let count = 0;
  cluster.init = (by) => {
    count += 1;
    if (count === 1) write(init(by), '2026-09-01');
    return init(by);
  };
  await history.want('2026-10-01', signal);
  expect(wanted()).toEqual([said('2026-09-01', 'o')]);
});

it('after three sessions of others it says BUSY, and nothing is changed', async () => {
  const { history, wanted } = make(() => undefined);
  await expect(history.want('2026-10-01', signal)).rejects.toMatchObject({ code: 'BUSY' });
  expect(wanted()).toEqual([]);
  expect(waits).toHaveLength(2);
});

it('where nothing is to be written nobody is fenced', async () => {
  const { cluster, history, write } = make(() => undefined, 0);
  const epoch = cluster.init(id);
  write(epoch, '2026-09-01');
  await history.want('2026-10-01', signal);
  expect(cluster.init(id)).toBe(epoch + 1);
});
