import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays, dayMs, dayOf } from '../../src/core/time.ts';
import { readCheckpointRecord } from '../../src/core/records.ts';
import { eventually, runCli, startCli, type Env, type Running } from '../support/cli.ts';
import { expectOk, itemAt, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

type Tmdb = Awaited<ReturnType<typeof startTmdb>>;

const started: Running[] = [];
const folder = mkdtempSync(join(tmpdir(), 'watch-'));
const worlds: Tmdb[] = [];
afterAll(() => {
  started.forEach(({ child }) => child.kill('SIGKILL'));
  worlds.forEach(({ close }) => close());
  rmSync(folder, { recursive: true });
});

const startWorld = async (...how: Parameters<typeof startTmdb>): Promise<Tmdb> => {
  const world = await startTmdb(...how);
  worlds.push(world);
  return world;
};

const startRun = (env: Env): Running => {
  const one = startCli(['run'], env);
  started.push(one);
  return one;
};

const stop = async ({ child, ended }: Running, signal: NodeJS.Signals): Promise<void> => {
  child.kill(signal);
  await ended;
};

const start = addDays(dayOf(Date.now()), -6);
const dueOf = async (tmdb: Tmdb, isDue: (movieId: number, at: number) => boolean): Promise<string[]> =>
  (await tmdb.oracle())
    .filter(({ movieId, at }) => isDue(movieId, at) && dayOf(at) >= start)
    .map(({ movieId, item }) => `${movieId}:${(item as { id: string }).id}`)
    .sort();
const keysOf = async (env: Env): Promise<string[]> =>
  (await readAll({ ...env, WATCH: undefined })).map(({ key }) => key).sort();
const expectAll = async (env: Env, due: readonly string[]): Promise<void> =>
  eventually(async () => expect(await keysOf(env)).toEqual(due), 90_000);

/** What the checkpoints topic says of each key by now, and which records it has had. */
const readCheckpointsOf = async (env: Env) => {
  const { kafka, offsets } = makeTopics();
  const topic = `${env['TOPIC_PREFIX'] ?? ''}checkpoints`;
  const last = BigInt((await offsets(topic))[0]?.high ?? '0') - 1n;
  const consumer = kafka.consumer({ groupId: `test-${topic}-${String(last)}` });
  const said = new Map<string, string>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const { promise: atEnd, resolve } = Promise.withResolvers<boolean>();
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { key, value } of batch.messages) {
        if (value === null) said.delete(String(key));
        else said.set(String(key), String(value));
      }
      if (BigInt(batch.lastOffset()) >= last - 1n) resolve(true); // the very last is a transaction's marker
      return Promise.resolve();
    },
  });
  await atEnd;
  await consumer.disconnect();
  return said;
};

const frontierOf = (said: ReadonlyMap<string, string>) => {
  const record = readCheckpointRecord('frontier', said.get('frontier') ?? null);
  return record.kind === 'frontier' ? record.frontier : null;
};

// Each waits most of the time, with a TMDB and topics of its own.
describe('everything that is watched', () => {
  it.concurrent.each([
    [
      'in no order, with rows of nobody, rows twice and totals on the move',
      {
        quirks: ['unordered', 'nullIds', 'nullAdult', 'repeated', 'moving'],
      },
    ],
    ['all of a list on one page, as in 2019–22', { quirks: ['overlong'] }],
  ] as const)(
    'is every movie that is listed, %s',
    async (_, rules) => {
      const movies = Array.from({ length: 130 }, (__, at) => 5000 + at);
      const tmdb = await startWorld(movies, 1, () => Date.now(), rules);
      const env = await provisioned(
        settingsFor('everything', {
          TMDB_URL: tmdb.url,
          WATCH: 'all',
          TMDB_REQUESTS_PER_SECOND: '38',
          START_DATE: start,
        }),
      );
      expectOk(await runCli(['run', '--once'], env));
      expect(await keysOf(env)).toEqual(await dueOf(tmdb, () => true));
    },
    120_000,
  );

  it.concurrent(
    'closes each day, keeps what is open alone, and is killed, restarted, and changed to a list and back',
    async () => {
      const movies = Array.from({ length: 12 }, (_, at) => 100 + at);
      const tmdb = await startWorld(movies);
      for (const [nth, movieId] of movies.entries())
        for (const days of [5, 4, 3, 1])
          if ((nth + days) % 3 === 0)
            await tmdb.add(movieId, 'title', itemAt(Date.now() - days * dayMs), Date.now() - days * dayMs);
      const env = await provisioned(
        settingsFor('closing', {
          ...{ TMDB_URL: tmdb.url, WATCH: 'all', START_DATE: start },
          ...{ TMDB_REQUESTS_PER_SECOND: '38', POLL_INTERVAL_SECONDS: '1' },
        }),
      );
      const first = startRun(env);
      const isClosed = async (): Promise<void> => {
        const through = dayOf(Date.now() - 2 * dayMs);
        expect(frontierOf(await readCheckpointsOf(env))).toEqual({ since: start, through });
      };
      await eventually(isClosed, 60_000);
      await expectAll(env, await dueOf(tmdb, () => true));
      await stop(first, 'SIGKILL');

      const open = new Set(
        (await dueOf(tmdb, (__, at) => dayOf(at) >= dayOf(Date.now() - 2 * dayMs))).map((key) => key.split(':')[0]),
      );
      const said = await readCheckpointsOf(env);
      expect(new Set([...said.keys()].filter((key) => /^\d/.test(key)))).toEqual(open);

      tmdb.edit(100);
      tmdb.edit(111);
      const list = startRun({ ...env, WATCH: '111,9999' });
      await expectAll(
        env,
        await dueOf(tmdb, (movieId) => movieId !== 100).then(async (others) =>
          [...others, ...(await dueOf(tmdb, (movieId, at) => movieId === 100 && at < Date.now() - 60_000))].sort(),
        ),
      );
      await stop(list, 'SIGTERM');

      const again = startRun(env);
      await expectAll(env, await dueOf(tmdb, () => true));
      tmdb.edit(105);
      await tmdb.add(777, 'title', itemAt(Date.now())); // which nobody has heard of
      await expectAll(env, await dueOf(tmdb, () => true));
      await stop(again, 'SIGTERM');
      await isClosed();
    },
    240_000,
  );

  it.concurrent(
    'reads a page of the list that could not be read for some time',
    async () => {
      const movies = Array.from({ length: 130 }, (_, at) => 7000 + at);
      const tmdb = await startWorld(movies);
      await tmdb.fault({ times: 7, list: true, day: dayOf(Date.now()), status: 500 });
      const env = await provisioned(
        settingsFor('torn', {
          TMDB_URL: tmdb.url,
          WATCH: 'all',
          TMDB_REQUESTS_PER_SECOND: '38',
          POLL_INTERVAL_SECONDS: '1',
        }),
      );
      const service = startRun(env);
      await expectAll(env, await dueOf(tmdb, () => true));
      expect(service.err()).toMatch(/"level":40.*list left for later/);
      await stop(service, 'SIGTERM');
    },
    240_000,
  );

  it.concurrent(
    'WATCH=@file is read again when it changes; a bad one leaves the old list in force, under one warning',
    async () => {
      const movies = [31, 32, 33];
      const tmdb = await startWorld(movies);
      const file = join(folder, 'movies.txt');
      const write = (text: string): void => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      };
      write('31\n');
      const env = await provisioned(
        settingsFor('file', { TMDB_URL: tmdb.url, WATCH: `@${file}`, POLL_INTERVAL_SECONDS: '1' }),
      );
      const service = startRun(env);
      await expectAll(env, await dueOf(tmdb, (movieId) => movieId === 31));
      write('31 # the first\n32\n');
      await expectAll(env, await dueOf(tmdb, (movieId) => movieId !== 33));
      write('31\nthirty-three\n');
      await eventually(() => expect(service.err()).toMatch(/"level":40.*movies\.txt.*line 2/), 30_000);
      tmdb.edit(32);
      await expectAll(env, await dueOf(tmdb, (movieId) => movieId !== 33));
      write('33\n');
      await expectAll(env, await dueOf(tmdb, () => true));
      const keys = await keysOf(env);
      tmdb.edit(31);
      tmdb.edit(33);
      await eventually(async () => expect(await keysOf(env)).toHaveLength(keys.length + 1), 30_000);
      write('31\n33\n');
      await expectAll(env, await dueOf(tmdb, () => true));
      expect(service.err().match(/"level":40.*movies\.txt/g)).toHaveLength(1);
      await stop(service, 'SIGTERM');
    },
    240_000,
  );
});
