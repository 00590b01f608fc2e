import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { addDays, dayOf } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Ended, type Env, type Running } from '../support/cli.ts';
import { rounds, say } from '../support/cluster.ts';
import { expectOk, provisioned, readAll, settingsFor, startTmdb, type Line } from '../support/stage.ts';

const movies = Array.from({ length: 10 }, (_, at) => 601 + at);
const start = dayOf(Date.now() - 86_400_000);
const folder = mkdtempSync(join(tmpdir(), 'operator-'));
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
const running: Running[] = [];

beforeAll(async () => {
  tmdb = await startTmdb(movies);
});
afterEach(() => running.splice(0).forEach(({ child }) => child.kill('SIGKILL')));
afterAll(() => {
  tmdb.close();
  rmSync(folder, { recursive: true });
});

const installed = async (name: string, more: Env = {}): Promise<Env> =>
  provisioned(
    settingsFor(name, {
      ...{ TMDB_URL: tmdb.url, WATCH: movies.join(','), START_DATE: start },
      ...{ POLL_INTERVAL_SECONDS: '1', TMDB_REQUESTS_PER_SECOND: '40', ...more },
    }),
  );

const startOne = (env: Env): Running => {
  const one = startCli(['run'], env);
  running.push(one);
  return one;
};

const times = (text: string, word: string | RegExp): number => text.split(word).length - 1;
const published = async (one: Running, count = 1): Promise<void> =>
  eventually(() => expect(times(one.err(), /"published":[1-9]/)).toBeGreaterThanOrEqual(count), 30_000);

const command = async (env: Env, line: string): Promise<Ended> => runCli(line.split(' '), env);
const ok = async (env: Env, line: string): Promise<string> => {
  const ended = await command(env, line);
  expectOk(ended);
  return ended.stdout;
};

const kafka = () =>
  new kafkajs.Kafka({
    brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  });

/** How far every topic of an installation goes: one more for each record and each marker. */
const endsOf = async (env: Env): Promise<Readonly<Record<string, string>>> => {
  const admin = kafka().admin();
  await admin.connect();
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(env['TOPIC_PREFIX'] ?? ''));
    const ends = topics.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [`${topic}/${partition}`, high] as const),
    );
    return Object.fromEntries((await Promise.all(ends)).flat());
  } finally {
    await admin.disconnect();
  }
};

interface Told {
  readonly movieId: number;
  readonly session: string;
  readonly at: number;
  readonly value: string;
}

/** Every record of a movie in the checkpoints topic, with who wrote it and when. */
const checkpointsOf = async (env: Env): Promise<Told[]> => {
  const topic = `${env['TOPIC_PREFIX'] ?? ''}checkpoints`;
  const admin = kafka().admin();
  await admin.connect();
  const high = (await admin.fetchTopicOffsets(topic))[0]?.high ?? '0';
  await admin.disconnect();
  const consumer = kafka().consumer({ groupId: `${topic}-test-${Date.now()}` });
  const told: Told[] = [];
  const { promise: done, resolve } = Promise.withResolvers<undefined>();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  consumer.on('consumer.end_batch_process', ({ payload: { lastOffset } }) => {
    if (Number(lastOffset) + 1 >= Number(high) - 1) resolve(undefined); // the last one is a marker
  });
  await consumer.run({
    eachMessage: async ({ message: { key, headers, timestamp, value } }) => {
      const movieId = Number(key?.toString());
      const session = headers?.['session']?.toString() ?? '';
      if (movieId > 0) told.push({ movieId, session, at: Number(timestamp), value: String(value) });
      return Promise.resolve();
    },
  });
  await done;
  await consumer.disconnect();
  return told;
};

const dueKeys = async (): Promise<string[]> =>
  (await tmdb.oracle()).map(({ movieId, item }) => `${movieId}:${(item as { id: string }).id}`);

/** Each due event once, and once more for each time that its movie was set back after it was published. */
const expectCopies = async (env: Env, services: readonly Running[]): Promise<Told[]> => {
  const own = new Set(services.flatMap(({ err }) => [...err().matchAll(/"session":"([^"]+)"/g)].map(([, id]) => id)));
  const sets = (await checkpointsOf(env)).filter(({ session }) => !own.has(session));
  const lines = Map.groupBy(await readAll(env), ({ key }) => key);
  const wrong = (await dueKeys()).flatMap((key) => {
    const copies: readonly Line[] = lines.get(key) ?? [];
    const first = Math.min(...copies.map(({ timestamp }) => timestamp));
    const again = sets.filter(({ movieId, at }) => key.startsWith(`${movieId}:`) && at > first).length;
    return copies.length === 1 + again ? [] : [`${key}: ${copies.length} times, and set back ${again} times`];
  });
  expect(wrong.slice(0, 5)).toEqual([]);
  return sets;
};

/** Edits until it is stopped. */
const editing = () => {
  let edits = 0;
  const timer = setInterval(() => tmdb.edit(movies[(edits += 1) % movies.length] ?? 601), 40);
  return () => clearInterval(timer);
};

/** Waits until everything that was edited is in the log at least so often as it has to be. */
const caughtUp = async (env: Env): Promise<void> =>
  eventually(async () => {
    const keys = new Set((await readAll(env)).map(({ key }) => key));
    expect((await dueKeys()).filter((key) => !keys.has(key)).slice(0, 3)).toEqual([]);
  }, 60_000);

/** Until nothing more comes: what was set back has been published again. */
const quiet = async (env: Env): Promise<void> => {
  let before = '';
  await eventually(async () => {
    const now = JSON.stringify(await endsOf(env));
    const isSame = now === before;
    before = now;
    if (!isSame) await new Promise((resolve) => setTimeout(resolve, 3000)); // how long nothing has to come
    expect(isSame).toBe(true);
  }, 60_000);
};

describe('beside an instance that polls without a rest', () => {
  const count = rounds(6, 20);
  it(`${count} commands lose nothing and double nothing beyond what they say`, async () => {
    const env = await installed('commands');
    const service = startOne(env);
    await published(service, 3);
    const stop = editing();
    try {
      for (let nth = 0; nth < count; nth += 1) {
        if (nth % 3 !== 0) {
          const some = [nth, nth + 1, nth + 5].map((at) => movies[at % movies.length]).join(' ');
          const said = await ok(env, `checkpoint set ${some} --from ${start} --execute --format json`);
          expect(said.trim().split('\n')).toHaveLength(3);
          continue;
        }
        expect(await ok(env, 'pause --reason test')).toContain('paused: TMDB is asked nothing');
        const ends = await endsOf(env);
        await eventually(() => expect(service.err().trimEnd().split('\n').at(-1)).toContain('paused by'), 10_000);
        expect(await endsOf(env)).toEqual(ends);
        expect(await ok(env, 'resume')).toContain('it goes on; it was paused by');
      }
    } finally {
      stop();
    }
    await caughtUp(env);
    await quiet(env);
    const sets = await expectCopies(env, [service]);
    const most = 3 * (count - Math.ceil(count / 3));
    expect(sets.length).toBeGreaterThan(most * 0.6); // of a movie that was not polled since the last time nothing is written
    expect(sets.length).toBeLessThanOrEqual(most);
    expect(service.err()).not.toMatch(/"level":[45]0(?!.*(paused by|a new one is opened))/);
    service.child.kill('SIGTERM');
    expect(await service.ended).toMatchObject({ code: 0 });
  }, 240_000);

  const kills = rounds(4, 12);
  it('a command that is killed has done all of a transaction or nothing, and is no hindrance', async () => {
    const env = await installed('killed');
    const service = startOne(env);
    await published(service, 3);
    const stop = editing();
    try {
      const args = ['checkpoint', 'set', ...movies.map(String), '--from', start, '--execute'];
      for (let nth = 0; nth < kills; nth += 1) {
        const one = startCli(args, { ...env, LOG_LEVEL: 'trace' });
        // One that finds nothing to do ends by itself.
        const isAtWork = (): boolean => one.child.exitCode !== null || one.err().includes('Request InitProducerId');
        await eventually(() => expect(isAtWork()).toBe(true), 30_000, 1);
        await new Promise((resolve) => setTimeout(resolve, (nth * 600) / kills)); // between its fence and its end, another moment each time
        one.child.kill('SIGKILL');
        await one.ended;
      }
    } finally {
      stop();
    }
    await caughtUp(env);
    await quiet(env);
    const sets = await expectCopies(env, [service]);
    const commands = Map.groupBy(sets, ({ session }) => session);
    say(`${kills} commands killed, ${commands.size} of them behind their commit`);
    // Of a movie that stands there already nothing is written.
    const all = await checkpointsOf(env);
    const stood = (movieId: number, before: Told): boolean =>
      all
        .slice(
          0,
          all.findIndex(({ session }) => session === before.session),
        )
        .findLast((each) => each.movieId === movieId)?.value === before.value;
    for (const written of commands.values()) {
      const [first] = written;
      const left = movies.filter((movieId) => !written.some((each) => each.movieId === movieId));
      expect(left.filter((movieId) => first !== undefined && !stood(movieId, first))).toEqual([]);
    }
  }, 240_000);

  it('two operators at once both get what they want, or hear of the other', async () => {
    const env = await installed('two');
    const service = startOne(env);
    await published(service, 3);
    const pauses = await Promise.all([ok(env, 'pause'), ok(env, 'pause')]);
    expect(pauses.filter((said) => said.startsWith('paused: '))).toHaveLength(1);
    expect(pauses.filter((said) => said.includes('already: nothing was changed'))).toHaveLength(1);
    await ok(env, 'resume');
    const sets = [601, 602].map(async (id) => ok(env, `checkpoint set ${id} --from ${start} --execute`));
    await Promise.all(sets);
    await caughtUp(env);
    await quiet(env);
    expect((await expectCopies(env, [service])).map(({ movieId }) => movieId).sort()).toEqual([601, 602]);
  }, 120_000);
});

describe('a pause', () => {
  it('while nobody runs is in force for whoever starts, and its end is noticed within seconds', async () => {
    const env = await installed('nobody');
    expect(await ok(env, 'pause --reason maintenance')).toContain('no instance runs: whoever starts will stand paused');
    expect(await ok(env, 'pause')).toMatch(/^it is paused by .*\(maintenance\) already: nothing was changed/);
    const asked = (await tmdb.requests()).length;
    const alone = await command(env, 'run --once');
    expect(alone).toMatchObject({ code: 1, stdout: '' });
    expect(alone.stderr).toMatch(
      /tmdb-cdc: PAUSED: paused by .*@.* since .* \(maintenance\): .* until tmdb-cdc resume\n$/,
    );
    const [one, other] = [startOne(env), startOne(env)];
    await eventually(() => expect(one.err() + other.err()).toContain('paused by'), 30_000);
    const [owner, standby] = one.err().includes('paused by') ? [one, other] : [other, one];
    await eventually(
      async () =>
        expect(JSON.parse(await ok(env, 'status --format json'))).toMatchObject({
          ...{ state: 'paused', paused: { reason: 'maintenance' }, standbys: [expect.anything()] },
        }),
      30_000,
    );
    owner.child.kill('SIGKILL');
    await eventually(() => expect(standby.err()).toContain('paused by'), 30_000);
    expect((await tmdb.requests()).length).toBe(asked);
    expect(standby.err()).not.toContain('"msg":"polled"');
    expect(await ok(env, 'resume')).toContain('it goes on');
    const at = performance.now();
    await eventually(() => expect(standby.err()).toContain('the pause is over'), 10_000);
    say(`open again ${((performance.now() - at) / 1000).toFixed(1)} s after resume`);
    await published(standby);
    expect(await ok(env, 'resume')).toContain('it is not paused: nothing was changed');
  }, 180_000);

  it('holds backfill up, which says so and goes on afterwards', async () => {
    const env = await installed('held');
    expectOk(await runCli(['run', '--once'], env));
    await ok(env, 'pause');
    const backfill = startCli(['backfill', '--since', addDays(start, -20)], env);
    running.push(backfill);
    await eventually(() => expect(times(backfill.err(), 'paused by')).toBe(1), 30_000);
    await ok(env, 'resume');
    const ended = await backfill.ended;
    expectOk(ended);
    expect(times(ended.stderr, 'paused by')).toBe(1);
  }, 120_000);
});

interface Marked {
  readonly watermark: { readonly observedThrough: string };
}

describe('looking and setting', () => {
  let env: Env;
  beforeAll(async () => {
    env = await installed('looking', { WATCH: '601,602,603' });
    tmdb.edit(601);
    expectOk(await runCli(['run', '--once'], env));
  }, 60_000);

  it('status says that no instance is there, and all that Kafka knows', async () => {
    const text = await command(env, 'status');
    expect(text).toMatchObject({ code: 1, stderr: 'tmdb-cdc: NOT_RUNNING: no instance runs: start tmdb-cdc run\n' });
    expect(text.stdout).toMatch(
      /^state +down: no instance runs\nwatching +3 movies\ncheckpoints +3, 0 of them behind; the last was written \d+ s ago\nseen up to +\S+Z, said \d+ s ago\nfinal to +\S+\ndead letters +0\n$/,
    );
    const { stdout } = await command(env, 'status --format json');
    expect(JSON.parse(stdout)).toMatchObject({ state: 'down', owner: null, checkpoints: { movies: 3, behind: 0 } });
  }, 60_000);

  it('the plan changes nothing, and what list prints is taken back', async () => {
    const before = await ok(env, 'checkpoint list --format json');
    const plan = await command(env, `checkpoint set 601 --from ${start}`);
    expectOk(plan);
    expect(plan.stdout).toMatch(
      /^ +601 {2}from \S+ → \S+: about \d+ events? of \d days? will be published again \(same keys\)\n$/,
    );
    expect(plan.stderr).toBe('nothing is changed yet: --execute does it\n');
    expect(await ok(env, 'checkpoint list --format json')).toBe(before);
    await ok(env, `checkpoint set 601 602 --from ${dayOf(Date.now())} --execute`);
    expect(await ok(env, 'checkpoint list --format json')).not.toBe(before);
    writeFileSync(join(folder, 'lines'), before);
    await ok(env, `checkpoint set --file ${join(folder, 'lines')} --execute`);
    expect(await ok(env, 'checkpoint list --format json')).toBe(before);
    expect(await ok(env, 'checkpoint list --failing')).toBe('');
    expect(await ok(env, `checkpoint list --older-than ${addDays(start, -9)}`)).toBe('');
  }, 120_000);

  it('what is forgotten is published again from START_DATE on', async () => {
    expectOk(await runCli(['run', '--once'], env)); // what was set back is published and said
    const [keys] = [(await readAll(env)).map(({ key }) => key)];
    const observed = async (): Promise<string> =>
      (JSON.parse((await command(env, 'status --format json')).stdout) as Marked).watermark.observedThrough;
    expect((await observed()) > `${start}T23`).toBe(true);
    await ok(env, 'checkpoint reset 601 --execute');
    expect(await observed()).toBe(`${start}T00:00:00.000Z`); // also while nobody is there to say it
    expect(await ok(env, 'checkpoint get 601 --format json')).toContain(
      `"since":"${start}","from":"${start}","seen":[]`,
    );
    expect(await ok(env, 'checkpoint reset --all')).toMatch(/^forgotten: 3 checkpoints\. Every movie begins on/);
    await ok(env, 'checkpoint reset --all --execute');
    expect(await ok(env, 'checkpoint list')).toBe('');
    expect(await ok(env, 'checkpoint get 601')).toContain('no record yet');
    expectOk(await runCli(['run', '--once'], env));
    expect((await readAll(env)).map(({ key }) => key).sort()).toEqual([...keys, ...keys].sort());
  }, 120_000);

  it.concurrent.each([
    ['checkpoint get 601 7 8', 'no checkpoint is known of 7, 8: there is no record, and WATCH does not name them'],
    ['checkpoint set 7 601 8 --from 2026-11-01', 'no checkpoint is known of 7, 8'],
    ['checkpoint reset 7', 'no checkpoint is known of 7'],
    [
      'checkpoint set 601 --from 2012-10-04',
      '--from "2012-10-04" lies before 2012-10-05, where TMDB\'s log of changes begins',
    ],
    ['checkpoint set 601 --from 2999-01-01', '--from "2999-01-01" lies after today'],
    [
      'checkpoint set 601 x --from 2026-02-30',
      '"x" is not a movie id\ntmdb-cdc: --from "2026-02-30" is not a day that exists',
    ],
    ['checkpoint set 601', 'movie ids and --from DAY are needed, or --file'],
    ['checkpoint set 601 --file /no/such', '--file goes without movie ids'],
    ['checkpoint set --file /no/such', '--file: file "/no/such": there is none'],
    ['checkpoint reset', 'either movie ids or --all are needed'],
    ['checkpoint reset 601 --all', 'either movie ids or --all are needed'],
    ['checkpoint list --older-than monday', '--older-than "monday" is not a day that exists'],
    ['status --format xml', 'Allowed choices are text, json'],
    [`pause --reason ${'x'.repeat(201)}`, '--reason is 201 characters long: at most 200'],
  ])('%s is refused in a sentence', async (line, sentence) => {
    const ended = await command(env, line);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toContain(sentence);
    expect(ended.stderr).not.toMatch(/\n {4}at /);
  });
});
