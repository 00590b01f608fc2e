import { afterAll, expect, it } from '@jest/globals';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { z } from 'zod';
import { addDays, dayOf, startOf, toTmdbTime } from '../../../src/core/time.ts';
import type { Random } from '../../../src/simulator/values.ts';
import type { faultForm } from '../../../src/simulator/faults.ts';
import { makeRandom, type Entry } from '../../../src/simulator/world.ts';
import { audit, expectClean } from '../../support/audit.ts';
import { eventually, startCli, type Ended, type Env, type Running } from '../../support/cli.ts';
import {
  busiest,
  linesOf,
  overlapsOf,
  pick,
  post,
  requestsOf,
  seedOf,
  shuffled,
  startLoad,
  type Tmdb,
} from '../../support/load.ts';
import { itemNow, provisioned, settingsFor, startTmdb } from '../../support/stage.ts';

const isLong = process.env['FAULTS'] === 'long';
const requestsPerSecond = 30;

type Fault = z.input<typeof faultForm>;

const closers: (() => void)[] = [];
afterAll(() => closers.forEach((close) => close()));

const run = (env: Env): Running => {
  const service = startCli(['run'], env);
  closers.push(() => service.child.kill('SIGKILL'));
  return service;
};

/** In a process of its own: what else the tests do does not delay it, so that its clock can judge the pace. */
const simulate = async (movies: readonly number[]): Promise<Tmdb> => {
  const args = ['--port', '0', '--edits-per-minute', '0', '--movies', movies.join(',')];
  const { child, out } = startCli(['simulate', ...args]);
  closers.push(() => child.kill('SIGKILL'));
  await eventually(() => expect(out()).toMatch(/^http.*\n/));
  const url = out().trim();
  return { url, oracle: async () => linesOf<Entry>({ url }, '/oracle') };
};

const inProcess = async (movies: readonly number[]): Promise<Tmdb> => {
  const tmdb = await startTmdb(movies);
  closers.push(tmdb.close);
  return tmdb;
};

const stage = async (name: string, movies: readonly number[], more: Env = {}, start = inProcess) => {
  const tmdb = await start(movies);
  const settings = {
    TMDB_URL: tmdb.url,
    WATCH: movies.join(','),
    POLL_INTERVAL_SECONDS: '1',
    TMDB_REQUESTS_PER_SECOND: String(requestsPerSecond),
  };
  return { tmdb, env: await provisioned(settingsFor(name, { ...settings, ...more })) };
};

/** What a user sees of faults that heal themselves: lines of the log, and nothing else. */
const expectNoTrace = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void => {
  expect(stdout).toBe('');
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  expect(stderr).not.toMatch(/\\n {4}at /);
};

/** What fails shows what the service said last. */
const orTell = async <T>(service: Running, work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw new Error(`the service said: ${service.err().slice(-4000)}`, { cause });
  });

/** The service is still there, ends with 0 when it is told to, and every item is in the log once. */
const expectAllOnce = async (service: Running, env: Env, oracle: readonly Entry[]): Promise<number> => {
  expect(service.child.exitCode).toBeNull();
  service.child.kill('SIGTERM');
  const ended = await service.ended;
  expect(ended).toMatchObject({ code: 0 });
  expectNoTrace(ended);
  const verdict = await audit(env, oracle);
  expectClean(verdict);
  return verdict.events;
};

const inHttp = (ms: number): string => new Date(ms).toUTCString();
const overLimit = '{"status_code":25,"status_message":"Your request count (41) is over the allowed limit of 40."}';
const page = `<html>${'<p>Sorry'.repeat(100_000)}</html>`;
const wrongShapes = [
  ...['', 'null', '[]', '{}', '"changes"', '{"changes":{}}', '{"changes":[null]}', '{"changes":[{"key":"title"}]}'],
  ...['{"results":[],"page":1}', '{"success":false,"status_code":11,"status_message":"Internal error"}'],
];
const nothing = '{"changes":[{"key":"title","items":[]}]}';
const gzip = gzipSync(nothing);
const brotli = brotliCompressSync(nothing);
/** The movie that has a past: where dates are ignored, most of its answer is of other days. */
const old = 99;

/** One fault of each kind. What is given for one movie alone waits until that movie is asked for. */
const kinds = (random: Random, movies: readonly number[]): Readonly<Record<string, Fault>> => ({
  '429': { status: 429, body: overLimit },
  '429, Retry-After in seconds': { status: 429, body: overLimit, headers: { 'retry-after': '1' } },
  '429, Retry-After as a date': { status: 429, headers: { 'retry-after': inHttp(Date.now() + 2000) } },
  '429, Retry-After 0': { status: 429, headers: { 'retry-after': '0' } },
  '429, Retry-After of nonsense': {
    status: 429,
    headers: { 'retry-after': pick(['-1', '', 'soon', '1.5', '99999999999', 'Thu, 99 Foo 2026', inHttp(0)], random) },
  },
  '429 that says 200': { status: 200, body: overLimit },
  '500': { status: 500, body: '{"status_code":11}' },
  '502': { status: 502, body: page, headers: { 'content-type': 'text/html' } },
  '503': { times: 2, status: 503, body: page },
  '503 of a cache': { movieId: pick(movies, random), times: 2, status: 503, headers: { age: '7' } },
  '504': { status: 504, body: '' },
  '403': { status: 403, body: page },
  cut: { stall: 'cut' },
  reset: { stall: 'reset' },
  'truncated JSON': { body: '{"changes":[{"key":"title","items":[{"id":"6a' },
  HTML: { body: page, headers: { 'content-type': 'text/html' } },
  'wrong shape': { times: 2, body: pick(wrongShapes, random) },
  gzip: { gzip: true },
  'gzip that says it is none': { gzip: true, headers: { 'content-encoding': 'identity' } },
  'none that says it is gzip': { headers: { 'content-encoding': 'gzip' } },
  'half a gzip': { bodyBase64: gzip.subarray(0, pick([2, 10, 30], random)).toString('base64') },
  brotli: { bodyBase64: brotli.toString('base64'), headers: { 'content-encoding': 'br' } },
  'connections that are closed': { times: 5, headers: { connection: 'close' } },
  'slow bytes': { times: 2, slowMs: 700 },
  'a slow start': { times: 2, delayMs: 700 },
  'dates ignored': { movieId: old, ignoreDates: true },
  // One that is about to expire: until then the movie is not asked again.
  'a stale copy': {
    times: 3,
    ageSeconds: pick([1, 3, 60, 3600, 80_000], random),
    headers: { 'cache-control': 'max-age=5' },
  },
  'an Age that is none': { headers: { age: 'old' } },
  'a wrong clock': { date: inHttp(Date.now() + pick([-4000, -1, 1, 4000], random) * 3_600_000) },
  'no clock': { times: 3, date: null },
  'an empty answer': { times: 3, body: '{"changes":[]}' },
  ...(isLong ? { hang: { stall: 'headers' }, 'a hang in the middle': { stall: 'body' } } : {}),
  '404 for a while': { movieId: pick(movies, random), times: 3, status: 404, body: '{"status_code":34}' },
});

/** A hang takes half a minute, and a movie may meet three. */
const patienceMs = isLong ? 400_000 : 60_000;

const pendingOf = async (tmdb: Tmdb): Promise<number> => (await linesOf(tmdb, '/faults')).length;

/** Every kind of fault, in an order of chance, so many times; gives how many requests met one. */
const storm = async (tmdb: Tmdb, { random, rounds }: { random: Random; rounds: number }, movies: readonly number[]) => {
  let met = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const fault of shuffled(Object.values(kinds(random, movies)), random)) {
      await eventually(async () => expect(await pendingOf(tmdb)).toBeLessThan(20), patienceMs);
      await post(tmdb, '/faults', fault);
      met += fault.times ?? 1;
    }
  }
  await eventually(async () => expect(await pendingOf(tmdb)).toBe(0), patienceMs);
  return met;
};

const addPast = async (tmdb: Tmdb): Promise<void> => {
  for (let day = 40; day < 80; day += 1) {
    const at = startOf(addDays(dayOf(Date.now()), -day));
    const id = (at / 1000).toString(16) + '0'.repeat(16);
    await post(tmdb, '/edits', { movieId: old, key: 'title', at, item: itemNow({ id, time: toTmdbTime(at) }) });
  }
};

it.concurrent(
  'an API that fails in every way loses nothing and doubles nothing',
  async () => {
    const seed = seedOf('api');
    const movies = Array.from({ length: 40 }, (_, at) => 101 + at);
    const { tmdb, env } = await stage('api', [...movies, old], {}, simulate);
    await addPast(tmdb);
    const service = run(env);
    const load = startLoad(tmdb, { seed, movies, editsPerSecond: 30 });
    const weather = storm(tmdb, { random: makeRandom(seed + 1), rounds: isLong ? 25 : 2 }, movies);
    const met = await orTell(service, weather);
    const oracle = await orTell(service, load.settled(env, patienceMs));
    const events = await expectAllOnce(service, env, oracle);
    const requests = await requestsOf(tmdb);
    expect(overlapsOf(requests)).toEqual([]);
    const most = { second: busiest(requests, 1), tenSeconds: busiest(requests, 10) };
    const figures = `${met} faults in ${requests.length} requests, ${events} events`;
    process.stdout.write(`api: ${figures}, budget ${requestsPerSecond} a second, at most ${JSON.stringify(most)}\n`);
    // Sent at an even pace; whoever is held up for half a second, on either side, makes up for it at once.
    expect(most.second).toBeLessThanOrEqual(1.5 * requestsPerSecond);
    expect(most.tenSeconds).toBeLessThanOrEqual(10.5 * requestsPerSecond);
  },
  isLong ? 3_600_000 : 120_000,
);

it.concurrent(
  'answers that never come and answers that never end are given up after 30 s, and asked for again',
  async () => {
    const { tmdb, env } = await stage('hang', [21, 22, 23]);
    await post(tmdb, '/faults', { movieId: 21, stall: 'headers' });
    await post(tmdb, '/faults', { movieId: 22, stall: 'body' });
    const service = run(env);
    const load = startLoad(tmdb, { seed: seedOf('hang'), movies: [21, 22, 23], editsPerSecond: 5 });
    await eventually(async () => expect((await requestsOf(tmdb)).length).toBeGreaterThan(4), 60_000);
    await expectAllOnce(service, env, await load.settled(env));
    const hung = (await requestsOf(tmdb)).filter(({ startedAt, endedAt = Infinity }) => endedAt - startedAt > 20_000);
    expect(hung.map(({ movieId }) => movieId).sort()).toEqual([21, 22]);
    for (const { startedAt, endedAt = Infinity } of hung) expect(endedAt - startedAt).toBeLessThan(35_000);
  },
  120_000,
);

it.concurrent(
  'a Retry-After of a month keeps requests away, not the stop, and a new start reads everything once',
  async () => {
    const { tmdb, env } = await stage('month', [31, 32, 33]);
    await post(tmdb, '/faults', { status: 429, body: overLimit, headers: { 'retry-after': '3000000' } });
    const service = run({ ...env, TMDB_REQUESTS_PER_SECOND: '1' });
    await eventually(async () => expect(await requestsOf(tmdb)).toHaveLength(1), 60_000);
    await new Promise((resolve) => setTimeout(resolve, 3000)); // three more requests, were they not kept away
    expect(await requestsOf(tmdb)).toHaveLength(1);
    service.child.kill('SIGTERM');
    const ended = await service.ended;
    expect(ended).toMatchObject({ code: 0 });
    expectNoTrace(ended);
    const again = run(env);
    const load = startLoad(tmdb, { seed: seedOf('month'), movies: [31, 32, 33], editsPerSecond: 5 });
    await expectAllOnce(again, env, await load.settled(env));
  },
  120_000,
);

it.concurrent(
  'a token that is refused in the middle ends it with one sentence, and the right one goes on where it ended',
  async () => {
    const movies = [41, 42, 43, 44, 45];
    const { tmdb, env } = await stage('token', movies);
    const refused = run(env);
    const load = startLoad(tmdb, { seed: seedOf('token'), movies, editsPerSecond: 20 });
    await eventually(() => expect(refused.err()).toMatch(/"published":/), 60_000);
    await post(tmdb, '/faults', { status: 401, body: '{"status_code":7,"status_message":"Invalid API key"}' });
    const ended = await refused.ended;
    expect(ended.code).toBe(1);
    const lines = ended.stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/^tmdb-cdc: TMDB_UNAUTHORIZED: [^\n]*TMDB_TOKEN must be/);
    expectNoTrace({ ...ended, stderr: lines.slice(0, -1).join('\n') });
    const service = run(env);
    await expectAllOnce(service, env, await load.settled(env));
  },
  120_000,
);

/** Around a midnight: times and ids on both of its days, filed by either. */
const aroundMidnight = (movieId: number, midnight: number, random: Random): Entry[] =>
  [-2, -1, 0, 1].flatMap((second) =>
    [-1, 0, 1].flatMap((off) => {
      const [time, idTime] = [midnight + second * 1000, midnight + (second + off) * 1000];
      return [time, idTime].map((at) => {
        const tail = Math.floor(random() * 2 ** 48).toString(16);
        const id = (idTime / 1000).toString(16) + tail.padStart(16, '0');
        const item = itemNow({ id, time: toTmdbTime(time) });
        return { movieId, key: pick(['title', 'images', 'videos'], random), item, at, visibleAt: at };
      });
    }),
  );

it.concurrent(
  'items at midnight, whose id is of the other day, are read once, also those that come late',
  async () => {
    const random = makeRandom(seedOf('midnight'));
    const movie = 51;
    const today = dayOf(Date.now());
    const start = addDays(today, -16);
    const { tmdb, env } = await stage('midnight', [movie], { START_DATE: start, OVERLAP_HOURS: '25' });
    const add = async (since: string): Promise<void> => {
      for (let day = since; day <= today; day = addDays(day, 1))
        for (const edit of aroundMidnight(movie, startOf(day), random)) await post(tmdb, '/edits', edit);
    };
    await add(start);
    const service = run(env);
    const idle = { seed: 0, movies: [movie], editsPerSecond: 0 };
    const first = await startLoad(tmdb, idle).settled(env);
    // `from` is 25 hours back by now: from the next midnight on days are open for what comes late.
    await add(addDays(dayOf(Date.now() - 25 * 3_600_000), 1));
    const second = await startLoad(tmdb, idle).settled(env);
    expect(second.length).toBeGreaterThan(first.length);
    await expectAllOnce(service, env, second);
  },
  120_000,
);
