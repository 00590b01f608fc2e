import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { audit, expectClean } from '../../support/audit.ts';
import { eventually, type Env, type Running } from '../../support/cli.ts';
import { commitsOf, committed, startService, stopped } from '../../support/cluster.ts';
import { requestsOf, seedOf, startLoad } from '../../support/load.ts';
import { provisioned, settingsFor, startTmdb } from '../../support/stage.ts';

const movies = Array.from({ length: 10 }, (_, at) => 5001 + at);
const hour = 3_600_000;

describe('a clock that is set', () => {
  const dir = mkdtempSync(join(tmpdir(), 'clock-'));
  const file = join(dir, 'offset');
  const theirs = { ms: 0 };
  const running: Running[] = [];
  const loads: { stop: () => Promise<void> }[] = [];
  let tmdb: Awaited<ReturnType<typeof startTmdb>>;
  let env: Env;

  const setOurs = (ms: number): void => {
    writeFileSync(file, String(ms));
    for (const { child } of running) child.kill('SIGUSR2');
  };
  const start = (): Running => {
    const service = startService(env);
    running.push(service);
    return service;
  };
  beforeAll(async () => {
    setOurs(0);
    tmdb = await startTmdb(movies, 1, () => Date.now() + theirs.ms);
    const own = { TMDB_URL: tmdb.url, WATCH: movies.join(), POLL_INTERVAL_SECONDS: '1' };
    const shim = { NODE_OPTIONS: `--import=${resolve('test/support/clock.js')}`, CLOCK_FILE: file };
    env = { ...(await provisioned(settingsFor('clock', own))), ...shim };
  }, 60_000);
  afterEach(async () => {
    for (const { child } of running.splice(0)) child.kill('SIGKILL');
    for (const { stop } of loads.splice(0)) await stop();
    theirs.ms = 0;
    setOurs(0);
  });
  afterAll(() => {
    tmdb.close();
    rmSync(dir, { recursive: true });
  });

  /** Edits that are shown whichever way the clocks are set. */
  const edit = (name: string, ms = 0) => {
    const now = (): number => Date.now() + Math.min(ms, 0);
    const load = startLoad(tmdb, { seed: seedOf(name), movies, editsPerSecond: 5, now });
    loads.push(load);
    return load;
  };

  it.each([hour, -hour])(
    "by %i ms, TMDB's with it: every item once, and polling goes on within seconds",
    async (ms) => {
      const load = edit('clock', ms);
      const service = start();
      await committed(service, 2);
      theirs.ms = ms;
      setOurs(ms);
      const before = (await requestsOf(tmdb)).length;
      await eventually(async () => expect((await requestsOf(tmdb)).length).toBeGreaterThan(before + 20), 10_000);
      await committed(service, commitsOf(service) + 2, 10_000);
      await load.settled(env);
      await stopped(service);
      theirs.ms = 0; // the oracle shows what its clock has reached
      expectClean(await audit(env, await tmdb.oracle()));
    },
    120_000,
  );

  it('ours alone: CLOCK_SKEW after three answers, nothing lost or doubled, and the next start goes on', async () => {
    const load = edit('clock skew');
    const service = start();
    await committed(service);
    setOurs(hour);
    const { code, stderr } = await service.ended;
    expect({ code, last: stderr.trim().split('\n').at(-1) }).toEqual({
      code: 1,
      last: expect.stringMatching(/^tmdb-cdc: CLOCK_SKEW: two clocks differ .*; set ours right$/) as unknown,
    });
    setOurs(0);
    const next = start();
    await committed(next);
    const oracle = await load.settled(env);
    await stopped(next);
    expectClean(await audit(env, oracle));
  }, 120_000);
});
