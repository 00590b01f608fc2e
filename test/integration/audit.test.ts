import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { addDays, dayMs, dayOf } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Env } from '../support/cli.ts';
import { expectOk, itemAt, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

type Tmdb = Awaited<ReturnType<typeof startTmdb>>;

const today = dayOf(Date.now());
const dayAgo = (days: number): string => addDays(today, -days);
const agoMs = (days: number): number => Date.now() - days * dayMs;

interface Summary {
  readonly from: string;
  readonly to: string;
  readonly movies: number;
  readonly same: number;
  readonly repair: readonly string[];
}

/** An audit's differences, its summary, and its exit code. */
const auditOf = async (env: Env, ...args: string[]) => {
  const { code, stdout, stderr } = await runCli(['audit', ...args, '--format', 'json'], env);
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as object);
  return { code, stderr, differences: lines.slice(0, -1), summary: lines.at(-1) as Summary };
};

const clean = { missing: 0, changed: 0, extra: 0, letters: 0, unread: [], foreign: 0, repair: [] };

/** As it stands there. */
const mend = async (env: Env, command: string): Promise<void> =>
  expectOk(await runCli(command.split(' ').slice(1), env));

/** The item of an edit so many days ago; `id` of one that is there already. */
const pastItem = (days: number, members: object = {}) => ({ at: agoMs(days), item: itemAt(agoMs(days), members) });

/** Begun first: what it leaves of the budget a service says once a minute. */
const startAll = async () => {
  const tmdb = await startTmdb([]);
  for (let movieId = 200; movieId < 212; movieId += 1)
    for (const days of [3, 4]) {
      const { at, item } = pastItem(days);
      await tmdb.add(movieId, 'title', item, at);
    }
  const env = await provisioned(
    settingsFor('audit-all', {
      ...{ TMDB_URL: tmdb.url, WATCH: 'all', START_DATE: dayAgo(5) },
      TMDB_REQUESTS_PER_SECOND: '35',
    }),
  );
  expectOk(await runCli(['run', '--once'], env));
  return { tmdb, env, service: startCli(['run'], env) };
};
let all: Awaited<ReturnType<typeof startAll>>;
beforeAll(async () => {
  all = await startAll();
}, 120_000);

describe('an audit of a watch list', () => {
  const movies = [31, 32, 33];
  const [kept, gone] = [pastItem(5), pastItem(6)];
  let tmdb: Tmdb;
  let env: Env;
  beforeAll(async () => {
    tmdb = await startTmdb([]);
    for (const movieId of movies)
      for (const days of [3, 4, 8, 11]) {
        const { at, item } = pastItem(days);
        await tmdb.add(movieId, 'title', item, at);
      }
    await tmdb.add(31, 'overview', kept.item, kept.at);
    await tmdb.add(32, 'overview', gone.item, gone.at);
    env = await provisioned(settingsFor('audit', { TMDB_URL: tmdb.url, WATCH: movies.join(), START_DATE: dayAgo(13) }));
    expectOk(await runCli(['run', '--once'], env));
  }, 120_000);
  afterAll(() => tmdb.close());

  it('is clean where everything is published, with one request a movie', async () => {
    const before = (await tmdb.requests()).length;
    expect(await auditOf(env)).toEqual({
      ...{ code: 0, stderr: expect.any(String), differences: [] },
      summary: { ...clean, from: dayAgo(13), to: dayAgo(3), movies: 3, same: 14 },
    });
    expect(
      (await tmdb.requests())
        .slice(before)
        .map(({ movieId }) => movieId)
        .sort(),
    ).toEqual(movies);
  }, 60_000);

  it('says beforehand what it takes', async () => {
    const before = (await tmdb.requests()).length;
    const told = await runCli(['audit', '--dry-run', '31', '33'], env);
    expect(told).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^requests {2}2\nminutes {3}0, at 20 requests\/s/),
    });
    expect((await tmdb.requests()).length).toBe(before);
  }, 60_000);

  it('compares the movies and the days that are named, and no others', async () => {
    const { code, summary } = await auditOf(env, '31', '32', '--from', dayAgo(9), '--to', dayAgo(4));
    expect({ code, summary }).toEqual({
      code: 0,
      summary: { ...clean, from: dayAgo(9), to: dayAgo(4), movies: 2, same: 6 },
    });
    expect((await auditOf(env, '--movies', '2')).summary).toMatchObject({ movies: 2 });
  }, 60_000);

  it('finds what came late, what was changed, and what TMDB forgot; what the repair publishes makes it clean', async () => {
    const [late, letter] = [pastItem(7, { value: 'late\u001b[2J' }), pastItem(5, { action: null })];
    await tmdb.add(33, 'title', late.item, late.at);
    await tmdb.forget(31, kept.item.id);
    await tmdb.add(31, 'overview', { ...kept.item, value: 'another' }, kept.at);
    await tmdb.forget(32, gone.item.id);
    await tmdb.add(33, 'title', letter.item, letter.at);

    const { code, differences, summary } = await auditOf(env);
    expect(differences).toMatchObject([
      { kind: 'changed', movie_id: 31, record_key: `31:${kept.item.id}`, change_key: 'overview', kafka: kept.item },
      { kind: 'extra', movie_id: 32, record_key: `32:${gone.item.id}`, tmdb: null, kafka: gone.item },
      { kind: 'missing', movie_id: 33, change_key: 'title', tmdb: late.item, kafka: null },
      { kind: 'missing', movie_id: 33, tmdb: letter.item, kafka: null },
    ]);
    const repair = [
      `tmdb-cdc checkpoint set 33 --from ${dayOf(late.at)} --execute`,
      `tmdb-cdc checkpoint set 31 --from ${dayOf(kept.at)} --execute`,
    ];
    expect({ code, summary }).toMatchObject({
      code: 1,
      summary: { missing: 2, changed: 1, extra: 1, same: 12, repair },
    });
    const text = await runCli(['audit'], env);
    expect(text.code).toBe(1);
    expect(text.stdout.split('\n')).toEqual([
      expect.stringMatching(/^changed {2}\S+Z {7}31 {2}overview {13}[0-9a-f]{24}$/),
      expect.stringMatching(/^extra {4}/),
      expect.stringMatching(/^missing {2}/),
      expect.stringMatching(/^missing {2}/),
      `3 movies, ${dayAgo(13)} to ${dayAgo(3)}: 12 same, 2 missing, 1 changed, 1 extra, 0 dead letters`,
      ...repair.map((command) => `→ ${command}`),
      '',
    ]);

    for (const command of summary.repair) await mend(env, command);
    expectOk(await runCli(['run', '--once'], env));
    expect(await auditOf(env)).toMatchObject({
      code: 0,
      summary: { ...clean, same: 14, extra: 1, letters: 1 },
    });
  }, 180_000);

  it('counts what is not ours, and a movie that TMDB does not know any more as forgotten', async () => {
    await tmdb.fault({ movieId: 32, status: 404, body: '{"status_code":34}' });
    const { code, summary } = await auditOf(env, '32', '33');
    expect({ code, summary }).toMatchObject({ code: 0, summary: { movies: 2, extra: 5, missing: 0 } });
  }, 60_000);

  it('names the movies that TMDB cannot be read of, and ends with a fault', async () => {
    await tmdb.fault({ movieId: 32, times: 6, body: '<html>' });
    const { code, stderr, summary } = await auditOf(env, '32', '33');
    expect({ code, summary }).toMatchObject({ code: 1, summary: { movies: 2, unread: [32], missing: 0 } });
    expect(stderr).toMatch(/tmdb-cdc: INCOMPLETE: TMDB's answers cannot be read of 32: audit them again\n$/);
  }, 120_000);

  it.each([
    [
      ['31', '4', '5'],
      /^tmdb-cdc: nothing is published of 4, 5: add them to WATCH, or wait until run has polled them\n$/,
    ],
    [
      ['31', '--to', today],
      new RegExp(`^tmdb-cdc: movie 31: complete is ${dayAgo(13)} to ${dayAgo(3)}; asked for is [^\n]+ to ${today}\n$`),
    ],
    [
      ['--to', today],
      new RegExp(`^tmdb-cdc: [^\n]+ to ${today} is complete of no movie: complete is ${dayAgo(13)} to ${dayAgo(3)}\n$`),
    ],
    [['--from', dayAgo(20), '--to', dayAgo(5)], /is complete of no movie/],
    [
      ['--from', '2026-02-30', 'x'],
      /^tmdb-cdc: --from "2026-02-30" is not a day that exists[^\n]+\ntmdb-cdc: no movie ids: "x"\n$/,
    ],
  ])(
    '%j is refused in words',
    async (args, sentence) => {
      expect(await runCli(['audit', ...args], env)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(sentence),
      });
    },
    60_000,
  );
});

describe('an audit beside a service that watches everything', () => {
  afterAll(async () => {
    all.service.child.kill('SIGKILL');
    await all.service.ended;
    all.tmdb.close();
  });

  it('chooses movies with events, of the days that are closed, and disturbs nobody', async () => {
    const { env, service } = all;
    const published = (await readAll(env)).length;
    try {
      await eventually(() => expect(service.err()).toContain('"msg":"session open"'), 30_000);
      const { code, summary } = await auditOf(env, '--movies', '1', '--to', dayAgo(3));
      expect({ code, summary }).toMatchObject({ code: 0, summary: { movies: 1, missing: 0, changed: 0 } });
      expect(summary.same).toBeGreaterThan(0);
      expect(service.err().match(/"msg":"session open"/g)).toHaveLength(1);
      // What it leaves it says once a minute: more than nothing, and less than everything.
      const told = async (): Promise<number> => {
        const { stdout } = await runCli(['audit', '--dry-run', '--format', 'json'], env);
        return (JSON.parse(stdout) as { requestsPerSecond: number }).requestsPerSecond;
      };
      await eventually(async () => expect(await told()).toBeGreaterThan(0.2), 90_000);
      expect(await told()).toBeLessThan(35);
      expect((await readAll(env)).length).toBe(published);
    } finally {
      service.child.kill('SIGTERM');
      await service.ended;
    }
    expect((await auditOf(env)).summary).toMatchObject({ movies: 12, same: 24 });
  }, 240_000);
});
