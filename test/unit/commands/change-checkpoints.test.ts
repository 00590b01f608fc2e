import { describe, expect, it, jest } from '@jest/globals';
import { decode, type ProducerRecord } from '../../../src/core/encode.ts';
import { ServiceError } from '../../../src/core/errors.ts';
import type { Watermark } from '../../../src/core/events.ts';
import { placing, resettingAll } from '../../../src/core/placing.ts';
import type { Change } from '../../../src/core/coverage.ts';
import { closedConnection } from '../../support/kafka-model.ts';
import { makeCheckpointRecords } from '../../../src/core/records.ts';
import { dayOf } from '../../../src/core/time.ts';
import { transactionalIdOf, watermarksTopic } from '../../../src/core/topics.ts';
import { makeEncodeWatermark } from '../../../src/core/watermark.ts';

const waits: number[] = [];
const io = await import('../../../src/io/rest.ts');
jest.unstable_mockModule('../../../src/io/rest.ts', () => ({
  ...io,
  rest: async (ms: number) => Promise.resolve(ms > 20 ? void waits.push(ms) : undefined), // not the looks at what is read
}));
const { begun, configOf, makeCommand, makeOperator, prefix, schemas } = await import('../../support/delivery-model.ts');

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
  await expect(history.want('2026-10-01', signal)).rejects.toMatchObject({
    code: 'BUSY',
    message: expect.stringContaining('after 3 tries; nothing was changed'),
  });
  expect(wanted()).toEqual([]);
  expect(waits).toHaveLength(3); // and a look
});

it('where nothing is to be written nobody is fenced', async () => {
  const { cluster, history, write } = make(() => undefined, 0);
  const epoch = cluster.init(id);
  write(epoch, '2026-09-01');
  await history.want('2026-10-01', signal);
  expect(cluster.init(id)).toBe(epoch + 1);
});

/** An operator's command on a cluster of its own, and another session that commits changes at once. */
const makeOwn = () => {
  waits.length = 0;
  const stage = {
    ...begun(),
    ...{ isCompacted: false, movies: [], faults: [], now },
    filter: { by: 'time', inclusive: false } as const,
  };
  const { cluster } = stage;
  /** Of one partition. */
  const commitRecords = (records: readonly ProducerRecord[]): void => {
    const [{ topic, partition } = { topic: '', partition: 0 }] = records;
    const place = `${topic}/${partition}`;
    const epoch = cluster.init(id);
    const messages = records.map(({ key, value, headers }) => ({ partition, key, value, headers }));
    const batch = { place, topic, partition, first: 0, messages };
    cluster.produce({ id, epoch, broker: cluster.leaders().get(place) ?? 0 }, [batch]);
    cluster.commit(id, epoch);
  };
  const commitAll = (change: Change): void => commitRecords(makeCheckpointRecords(prefix, 'other').ofChange(change));
  const operator = makeOperator(stage, configOf(now, {}), { stop: new AbortController(), chance: () => 0.5 });
  const written = (): number[] => cluster.commits.map((commit) => commit.length);
  const said = (movieId: number): unknown =>
    JSON.parse(String(cluster.commits.flat().findLast(({ key }) => key === String(movieId))?.value ?? null));
  return { cluster, operator, commitAll, commitRecords, written, said };
};

const at = (from: string, seen: string[] = []) => ({ since: '2026-11-01', from, seen });

describe('a transaction of unknown outcome', () => {
  it('that is in the log is not written again, though an instance has gone on from it', async () => {
    const { cluster, operator, commitAll, said } = makeOwn();
    commitAll({ movies: [[1, at('2026-11-25')]] });
    const { commit, init } = cluster;
    cluster.commit = (...by) => {
      commit(...by);
      cluster.commit = commit;
      throw closedConnection(false);
    };
    let opened = 0;
    cluster.init = (by) => {
      opened += 1;
      if (opened === 2) {
        cluster.init = init;
        commitAll({ movies: [[1, at('2026-11-25', ['1795000000-x'])]] }); // its poll
      }
      return init(by);
    };
    await operator.change(placing([{ movieId: 1, to: '2026-11-20' }]), signal);
    expect(said(1)).toMatchObject({ from: '2026-11-25', seen: ['1795000000-x'] });
    expect(waits).toHaveLength(1);
  });

  it('that is not in the log is written', async () => {
    const { cluster, operator, commitAll, said } = makeOwn();
    commitAll({ movies: [[1, at('2026-11-25')]] });
    const { commit } = cluster;
    cluster.commit = () => {
      cluster.commit = commit;
      throw closedConnection(false);
    };
    await operator.change(placing([{ movieId: 1, to: '2026-11-20' }]), signal);
    expect(said(1)).toMatchObject({ from: '2026-11-20' });
  });
});

it('a partition that is between two leaders is waited for, before and behind the fence', async () => {
  const { cluster, operator, commitAll, said } = makeOwn();
  commitAll({ movies: [[1, at('2026-11-25')]] });
  const { ranges } = cluster;
  let asked = 0;
  cluster.ranges = (topics) => {
    asked += 1;
    if ([1, 2, 4].includes(asked)) throw closedConnection(false);
    return ranges(topics);
  };
  await operator.change(placing([{ movieId: 1, to: '2026-11-20' }]), signal);
  expect(said(1)).toMatchObject({ from: '2026-11-20' });
  expect(asked).toBe(5);
});

describe('the last try', () => {
  const set = async (operator: ReturnType<typeof makeOwn>['operator']): Promise<unknown> =>
    operator.change(placing([{ movieId: 1, to: '2026-11-20' }]), signal).catch((error: unknown) => error);
  /** Two sessions of others come in between, and what becomes of the third commit. */
  const make = (third: (commit: () => void) => void) => {
    const own = makeOwn();
    const { cluster, commitAll } = own;
    commitAll({ movies: [[1, at('2026-11-25')]] });
    const { commit, init } = cluster;
    let tries = 0;
    cluster.commit = (by, epoch) => {
      tries += 1;
      if (tries <= 2) init(by);
      if (tries === 3) third(() => commit(by, epoch));
      else commit(by, epoch);
    };
    return { ...own, init, commit, tries: () => tries };
  };

  it('whose answer is lost is looked for, and found', async () => {
    const { operator, said, tries } = make((commit) => {
      commit();
      throw closedConnection(false);
    });
    const after = await set(operator);
    expect(after).not.toBeInstanceOf(ServiceError);
    expect([said(1), tries()]).toMatchObject([{ from: '2026-11-20' }, 3]);
  });

  it('whose answer is lost is looked for and not found, nor written any more', async () => {
    const { operator, said, tries } = make(() => {
      throw closedConnection(false);
    });
    expect(await set(operator)).toMatchObject({
      code: 'PUBLISH_FAILED',
      message: expect.stringMatching(
        /its outcome is unknown; by what is in the log now, nothing was changed: try again$/,
      ),
    });
    expect([said(1), tries()]).toMatchObject([{ from: '2026-11-25' }, 3]);
  });

  it.each([
    ['init', 'PUBLISH_FAILED'],
    ['leaders', 'KAFKA_UNREACHABLE'],
  ] as const)('cannot be looked for where %s gets no answer: nobody knows', async (request, code) => {
    const { cluster, operator } = make(() => {
      cluster[request] = () => {
        throw closedConnection(false);
      };
      throw closedConnection(false);
    });
    expect(await set(operator)).toMatchObject({
      code,
      message: expect.stringMatching(/whether the last one was written is not known: look before you try again$/),
    });
  });
});

it('a broker that fails three times is no other instance', async () => {
  const { cluster, operator, commitAll, written } = makeOwn();
  commitAll({ movies: [[1, at('2026-11-25')]] });
  const produce = cluster.produce;
  cluster.produce = () => {
    throw closedConnection(false);
  };
  const failed: unknown = await operator
    .change(placing([{ movieId: 1, to: '2026-11-20' }]), signal)
    .catch((error: unknown) => error);
  cluster.produce = produce;
  expect(failed).toMatchObject({ code: 'PUBLISH_FAILED', message: expect.stringContaining('nothing was changed') });
  expect(written()).toEqual([1]);
});

describe('a change of many records', () => {
  const movies = Array.from({ length: 1200 }, (_, nth) => nth + 1);

  it('goes 500 at a time, and goes on where an instance fenced it', async () => {
    const { cluster, operator, commitAll, written, said } = makeOwn();
    commitAll({ movies: movies.map((movieId) => [movieId, at('2026-11-25')]) });
    const { commit } = cluster;
    let count = 0;
    cluster.commit = (...by) => {
      commit(...by);
      count += 1;
      if (count !== 1) return;
      cluster.commit = commit;
      commitAll({ movies: [[1, at('2026-11-26')]] }); // set back by then, and polled again
    };
    await operator.change(placing(movies.map((movieId) => ({ movieId, to: '2026-11-20' }))), signal);
    expect(written()).toEqual([1200, 500, 1, 500, 200]);
    expect([said(1), said(1200)]).toMatchObject([{ from: '2026-11-26' }, { from: '2026-11-20' }]);
  });

  it('says how much of it is done where it is fenced again and again', async () => {
    const { cluster, operator, commitAll, written } = makeOwn();
    commitAll({ movies: movies.map((movieId) => [movieId, at('2026-11-25')]) });
    const { commit, init, produce } = cluster;
    let isLate = false;
    cluster.commit = (...by) => {
      commit(...by);
      isLate = true;
    };
    cluster.produce = (by, batches) => {
      if (isLate) init(id);
      return produce(by, batches);
    };
    const failed: unknown = await operator
      .change(placing(movies.map((movieId) => ({ movieId, to: '2026-11-20' }))), signal)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ServiceError);
    expect(failed).toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining('; 1 of 3 transactions were written, the rest was not'),
    });
    expect(written()).toEqual([1200, 500]);
  });

  it('takes the watermark back with the first transaction that is committed, though others had nothing to write', async () => {
    const { cluster, operator, commitAll, commitRecords } = makeOwn();
    commitAll({ movies: movies.map((movieId) => [movieId, at('2026-11-25')]) });
    const type = schemas['watermark.avsc'];
    const ms = Date.parse('2026-11-25T00:00:00Z');
    const said = { observed_through: ms, complete_through: ms, since: 0, at: ms };
    commitRecords([makeEncodeWatermark(prefix, type)({ ...said, spare_requests_per_second: null, watch: null })]);
    const { init } = cluster;
    let isFirst = true;
    cluster.init = (by) => {
      const epoch = init(by);
      if (!isFirst) return epoch;
      isFirst = false; // somebody has done the first part by then
      commitAll({ movies: movies.slice(0, 500).map((movieId) => [movieId, at('2026-11-20')]) });
      return init(by);
    };
    await operator.place(placing(movies.map((movieId) => ({ movieId, to: '2026-11-20' }))), '2026-11-20', signal);
    const marks = cluster.commits.map((commit) =>
      commit.flatMap(({ topic, value }) =>
        topic === watermarksTopic(prefix) ? [decode(type.type, value ?? Buffer.of()) as Watermark] : [],
      ),
    );
    expect(marks.map((each) => each.map(({ complete_through: complete }) => dayOf(complete ?? 0)))).toEqual([
      ...[[], ['2026-11-25'], []],
      ...[['2026-11-20'], []],
    ]);
  });

  it('that forgets everything leaves nothing to a frontier that is gone', async () => {
    const { operator, commitAll, cluster } = makeOwn();
    const frontier = { since: '2026-11-01', through: '2026-11-25' };
    const stored = (movieId: number) => ({
      since: null,
      from: movieId % 2 === 0 ? null : '2026-11-26',
      seen: ['1795000000-x'],
    });
    commitAll({ frontier, wanted: '2026-10-01', movies: movies.map((movieId) => [movieId, stored(movieId)]) });
    const { commit } = cluster;
    let isPolled = false;
    cluster.commit = (...by) => {
      commit(...by);
      if (isPolled) return;
      isPolled = true;
      const polled = { since: null, from: '2026-11-27', seen: [] };
      commitAll({
        movies: [
          [1, polled],
          [2000, polled],
          [3, { ...polled, from: null, seen: ['1795000000-y'] }],
        ],
      });
    };
    const coverage = await operator.read(signal);
    const after = await operator.change(resettingAll(coverage, '2026-11-20'), signal);
    expect([after.frontier(), after.wanted()]).toEqual([null, null]);
    expect(after.at(1)).toEqual({ since: '2026-11-01', from: '2026-11-27', seen: [] }); // it had begun again by then
    expect([after.at(2), after.at(2000), after.at(1200)]).toEqual(
      [2, 2000, 1200].map(() => ({ since: '2026-11-20', from: '2026-11-20', seen: [] })),
    );
  });

  it('that forgets few is one transaction, and nothing is left', async () => {
    const { operator, commitAll, written } = makeOwn();
    commitAll({ frontier: { since: '2026-11-01', through: '2026-11-25' }, movies: [[1, at('2026-11-25')]] });
    const after = await operator.change(resettingAll(await operator.read(signal), '2026-11-20'), signal);
    expect([after.frontier(), after.size(), written()]).toEqual([null, 0, [2, 3]]);
  });
});
