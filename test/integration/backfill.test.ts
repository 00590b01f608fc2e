import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDays, dayMs, dayOf } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Env, type Running } from '../support/cli.ts';
import { expectOk, itemAt, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

type Tmdb = Awaited<ReturnType<typeof startTmdb>>;

const today = dayOf(Date.now());
const dayAgo = (days: number): string => addDays(today, -days);

/** An edit of some days ago. */
const editOf = (days: number) => {
  const at = Date.now() - days * dayMs;
  return { at, item: itemAt(at) };
};

/** Each movie is edited once in so many days, `most` days back. */
const editPast = async (tmdb: Tmdb, movies: readonly number[], { every, most }: { every: number; most: number }) => {
  const edits = movies.flatMap((movieId, nth) =>
    Array.from({ length: Math.floor(most / every) }, (_, at) => ({
      movieId,
      ...editOf(3 + at * every + (nth % every)),
    })),
  );
  for (const { movieId, at, item } of edits) await tmdb.add(movieId, 'title', item, at);
};

const dueKeys = async (tmdb: Tmdb, since: string): Promise<string[]> =>
  (await tmdb.oracle())
    .filter(({ at }) => dayOf(at) >= since)
    .map(({ movieId, item }) => `${movieId}:${(item as { id: string }).id}`)
    .sort();

const keysOf = async (env: Env): Promise<string[]> => (await readAll(env)).map(({ key }) => key).sort();

const forecastIn = (text: string): number =>
  Number(/^requests {2}about (\d+),/m.exec(text)?.[1] ?? `no forecast: ${text}`);

const requestsOf = async (tmdb: Tmdb): Promise<number> => (await tmdb.requests()).length;

const started: Running[] = [];
afterAll(() => started.forEach(({ child }) => child.kill('SIGKILL')));
const startOne = (args: readonly string[], env: Env): Running => {
  const one = startCli(args, env);
  started.push(one);
  return one;
};

const killed = async ({ child, ended }: Running): Promise<void> => {
  child.kill('SIGKILL');
  await ended;
};

describe('backfill of a watch list', () => {
  const movies = [21, 22, 23, 24];
  const since = dayAgo(150);
  let tmdb: Tmdb;
  let env: Env;
  beforeAll(async () => {
    tmdb = await startTmdb(movies);
    await editPast(tmdb, movies, { every: 4, most: 160 });
    env = await provisioned(
      settingsFor('history', { TMDB_URL: tmdb.url, WATCH: movies.join(), TMDB_REQUESTS_PER_SECOND: '35' }),
    );
  }, 60_000);
  afterAll(() => tmdb.close());

  it('says what it takes, takes that, and publishes everything once where no instance runs', async () => {
    expectOk(await runCli(['run', '--once'], env));
    const said = await runCli(['backfill', '--since', since, '--dry-run'], env);
    expectOk(said);
    const before = await requestsOf(tmdb);
    expectOk(await runCli(['backfill', '--since', since], env));
    const used = (await requestsOf(tmdb)) - before;
    process.stdout.write(`${said.stdout}used      ${used}\n`);
    expect(Math.abs(forecastIn(said.stdout) / used - 1)).toBeLessThan(0.1);
    expect(await keysOf(env)).toEqual(await dueKeys(tmdb, since));
  }, 120_000);

  it('says that there is nothing to do, or that an earlier day is needed', async () => {
    const ended = await runCli(['backfill', '--since', dayAgo(20)], env);
    expectOk(ended);
    expect(ended.stderr).toContain('nothing to do');
    const said = await runCli(['backfill', '--since', since, '--dry-run'], env);
    expect(said.stdout).toBe(
      `nothing to do: everything since ${since} is published, but for days within OVERLAP_HOURS\n`,
    );
  }, 60_000);
});

describe('backfill of everything', () => {
  const movies = Array.from({ length: 130 }, (_, at) => 1000 + at);
  const since = dayAgo(50);
  let tmdb: Tmdb;
  let env: Env;
  beforeAll(async () => {
    tmdb = await startTmdb(movies.slice(0, 5));
    await editPast(tmdb, movies, { every: 11, most: 60 });
    env = await provisioned(
      settingsFor('world', {
        ...{ TMDB_URL: tmdb.url, WATCH: 'all', TMDB_REQUESTS_PER_SECOND: '35', POLL_INTERVAL_SECONDS: '3600' },
      }),
    );
  }, 120_000);
  afterAll(() => tmdb.close());

  it('takes what the dry run says', async () => {
    const alone = await provisioned({ ...env, ...settingsFor('forecast') });
    const said = await runCli(['backfill', '--since', since, '--dry-run'], alone);
    expectOk(said);
    const before = await requestsOf(tmdb);
    expectOk(await runCli(['backfill', '--since', since], alone));
    const used = (await requestsOf(tmdb)) - before;
    process.stdout.write(`${said.stdout}used      ${used}\n`);
    expect(Math.abs(forecastIn(said.stdout) / used - 1)).toBeLessThan(0.1);
  }, 120_000);

  it('goes on where it was killed, alone and beside an instance, and publishes everything once', async () => {
    const service = startOne(['run'], env);
    await eventually(() => expect(service.err()).toMatch(/"msg":"session open"/), 30_000);
    const command = startOne(['backfill', '--since', since], env);
    await eventually(() => expect(service.err()).toMatch(/"since":"[^"]+","msg":"polled"/), 60_000);
    await Promise.all([killed(service), killed(command)]);
    const alone = startOne(['backfill', '--since', since], env);
    await eventually(() => expect(alone.err()).toMatch(/"since":"[^"]+","msg":"polled"/), 60_000);
    const other = startOne(['run'], env);
    await eventually(() => expect(alone.err()).toContain('another instance is there'), 30_000);
    expectOk(await alone.ended);
    expect(alone.err()).toContain('everything since that day is published');
    expect(other.err()).toMatch(/"since":"[^"]+","msg":"polled"/);
    const due = await dueKeys(tmdb, since);
    await eventually(async () => expect(await keysOf(env)).toEqual(expect.arrayContaining(due)), 60_000);
    expect(new Set(await keysOf(env)).size).toBe((await keysOf(env)).length);
  }, 240_000);
});
