import { afterAll, describe, expect, it } from '@jest/globals';
import { makeClients } from '../../src/clients.ts';
import { changes, type ChangeEvent, type WatermarkEvent } from '../../src/index.ts';
import { makeLog } from '../../src/log.ts';
import { readWatermark } from '../../src/watermarks.ts';
import { dayMs, dayOf, startOf } from '../../src/core/time.ts';
import { eventually, runCli, startCli, type Env, type Running } from '../support/cli.ts';
import { sleep } from '../support/cluster.ts';
import { makeSettings } from '../support/settings.ts';
import { expectOk, itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

type Tmdb = Awaited<ReturnType<typeof startTmdb>>;
type Given = ChangeEvent | WatermarkEvent;

const started: Running[] = [];
const worlds: Tmdb[] = [];
const stops: AbortController[] = [];
afterAll(() => {
  stops.forEach((each) => each.abort());
  started.forEach(({ child }) => child.kill('SIGKILL'));
  worlds.forEach(({ close }) => close());
});
const where = { brokers: process.env['KAFKA_BROKERS'] ?? '', registry: process.env['SCHEMA_REGISTRY_URL'] ?? '' };

const startRun = (env: Env): Running => {
  const one = startCli(['run'], env);
  started.push(one);
  return one;
};
const startWorld = async (movies: readonly number[], env: Env) => {
  const tmdb = await startTmdb([]);
  worlds.push(tmdb);
  const WATCH = env['WATCH'] ?? movies.join();
  return { tmdb, env: await provisioned(settingsFor('marks', { TMDB_URL: tmdb.url, ...env, WATCH })) };
};
const isMark = (given: Given): given is WatermarkEvent => 'type' in given;
const nameOf = (given: Given): string => (isMark(given) ? 'watermark' : `${given.movie_id}:${given.item_id}`);

/** Follows a stream with watermarks. */
const follow = (env: Env, options: object = {}) => {
  const stop = new AbortController();
  stops.push(stop);
  const given: Given[] = [];
  const work = async (): Promise<void> => {
    const all = { ...where, prefix: env['TOPIC_PREFIX'] ?? '', signal: stop.signal, ...options };
    for await (const each of changes({ ...all, watermarks: true })) given.push(each);
  };
  const over = work();
  over.catch(() => undefined);
  return { given, over, stop: () => stop.abort() };
};

/** Edits that TMDB had shown by a watermark and that came after it. */
const lateOnes = async (tmdb: Tmdb, given: readonly Given[]): Promise<string[]> => {
  const shown = new Map(
    (await tmdb.oracle()).map(({ movieId, item, visibleAt }) => [
      `${movieId}:${(item as { id: string }).id}`,
      visibleAt,
    ]),
  );
  let through = -Infinity;
  return given.flatMap((each) => {
    if (isMark(each)) through = Math.max(through, each.observedThrough ?? -Infinity);
    const at = isMark(each) ? Infinity : (shown.get(nameOf(each)) ?? -Infinity);
    return at < through ? [`${nameOf(each)} of ${at} after ${through}`] : [];
  });
};

const lastMark = (given: readonly Given[]): number =>
  Math.max(-Infinity, ...given.filter(isMark).map(({ observedThrough }) => observedThrough ?? -Infinity));

describe.each([
  ['a watch list', { WATCH: '550,603,604', POLL_INTERVAL_SECONDS: '1' }],
  ['everything', { WATCH: 'all', POLL_INTERVAL_SECONDS: '1' }],
])('a reader of %s', (_, settings) => {
  it('gets each watermark after whatever it covers, also over a kill, and none goes back', async () => {
    const { tmdb, env } = await startWorld([550, 603, 604], settings);
    const reader = follow(env);
    let service = startRun(env);
    for (let nth = 0; nth < 30; nth += 1) {
      if (nth === 15) {
        service.child.kill('SIGKILL');
        await service.ended;
        service = startRun(env);
      }
      const key = nth % 2 === 0 ? 'title' : 'plot_keywords';
      await tmdb.add([550, 603, 604][nth % 3] ?? 550, key, itemNow({ value: `edit ${nth}` }));
      await sleep(200); // so that edits, answers and watermarks come among one another
    }
    const last = Date.now();
    // A watermark goes with events, or alone once a minute: edits are quicker.
    for (let nth = 0; nth < 60 && lastMark(reader.given) <= last; nth += 1) {
      await tmdb.add(550, 'title', itemNow({ value: `edit behind ${nth}` }));
      await sleep(1000);
    }
    expect(lastMark(reader.given)).toBeGreaterThan(last);
    const edits = (await tmdb.oracle()).length;
    await eventually(() => expect(reader.given.filter((each) => !isMark(each))).toHaveLength(edits), 60_000);
    reader.stop();
    await reader.over;
    expect(await lateOnes(tmdb, reader.given)).toEqual([]);
    const through = reader.given.filter(isMark).map(({ observedThrough }) => observedThrough ?? 0);
    expect(through).toEqual(through.toSorted((a, b) => a - b));
    service.child.kill('SIGTERM');
    await service.ended;

    const again = follow(env, { until: 'now' });
    await again.over;
    expect(again.given.map(nameOf).at(-1)).toBe('watermark');
    expect(again.given.filter(isMark)).toHaveLength(1);
    const some = follow(env, { until: 'now', keys: ['title'] });
    await some.over;
    expect(some.given).toHaveLength(
      again.given.filter((each) => !isMark(each) && each.change_key === 'title').length + 1,
    );
    const none = follow(env, { until: new Date(last - 86_400_000) });
    await none.over;
    expect(none.given).toEqual([]); // no watermark of today covers that little, and none of then is known
  }, 240_000);
});

it('run --once says one at its end, and the last one is read by itself', async () => {
  const { env } = await startWorld([550, 603], {});
  const settings = makeSettings(Date.now(), () => '').read({
    ...env,
    ...{ KAFKA_BROKERS: where.brokers, SCHEMA_REGISTRY_URL: where.registry },
  });
  const world = {
    log: makeLog('silent'),
    now: () => Date.now(),
    chance: () => 0,
    randomId: () => `test-${Math.random()}`,
  };
  const clients = makeClients(settings, world);
  const read = async () => readWatermark(clients, settings, AbortSignal.timeout(60_000));
  await eventually(async () => expect(await read()).toBeNull(), 30_000); // a topic of a moment ago may have no leader yet
  const before = Date.now();
  expectOk(await runCli(['run', '--once'], env));
  const after = Date.now();
  const said = await read();
  clients.close();
  const first = startOf(dayOf(before - dayMs));
  expect(said).toMatchObject({ complete_through: first, since: first, spare_requests_per_second: null });
  expect(said?.at).toBeGreaterThanOrEqual(before);
  expect(said?.observed_through).toBeGreaterThanOrEqual(before - 1000); // TMDB tells whole seconds
  expect(said?.observed_through).toBeLessThanOrEqual(after);
}, 120_000);
