import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toItem, type ChangeEvent } from '../../src/core/map.ts';
import { dayOf, toTmdbTime } from '../../src/core/time.ts';
import { partitionOf } from '../../src/core/topics.ts';
import { runCli, token, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

const movie = 558449;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('example', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
}, 60_000);
afterAll(() => tmdb.close());

const topicOf = (name: string): string => `${env['TOPIC_PREFIX'] ?? ''}${name}`;

describe("the example of TMDB's documentation", () => {
  it('becomes 14 events in the topics of their change keys, each as TMDB sent it', async () => {
    expectOk(await runCli(['run', '--once'], env));
    const lines = await readAll(env);
    const counts = Object.fromEntries(
      [...Map.groupBy(lines, ({ topic }) => topic)].map(([topic, all]) => [topic, all.length]),
    );
    expect(counts).toEqual({ [topicOf('images')]: 11, [topicOf('plot_keywords')]: 1, [topicOf('videos')]: 2 });
    const published = new Map(lines.map(({ key, value }) => [key, toItem(value as unknown as ChangeEvent)]));
    const oracle = await tmdb.oracle();
    expect(published).toEqual(new Map(oracle.map(({ item }) => [`${movie}:${(item as { id: string }).id}`, item])));
    expect(new Set(lines.map(({ partition }) => partition))).toEqual(new Set([partitionOf(movie, 6)]));
    for (const [, all] of Map.groupBy(lines, ({ topic }) => topic)) {
      const times = all.map(({ value }) => value.changed_at);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    }
  }, 60_000);

  it('is not published again by a second run', async () => {
    expectOk(await runCli(['run', '--once'], env));
    expect(await readAll(env)).toHaveLength(14);
  }, 60_000);
});

describe('a long absence', () => {
  it('is made up for in as many windows as it takes, oldest first', async () => {
    const old = await startTmdb([]);
    const late = await provisioned(
      settingsFor('late', { TMDB_URL: old.url, WATCH: '42', START_DATE: dayOf(Date.now() - 100 * 86_400_000) }),
    );
    try {
      for (let daysAgo = 99; daysAgo > 0; daysAgo -= 7) {
        const at = Math.floor((Date.now() - daysAgo * 86_400_000) / 1000) * 1000;
        await old.add(
          42,
          'budget',
          itemNow({ id: (at / 1000).toString(16) + '0'.repeat(16), time: toTmdbTime(at), value: daysAgo }),
          at,
        );
      }
      expectOk(await runCli(['run', '--once'], late));
      expectOk(await runCli(['run', '--once'], late));
      expect((await readAll(late)).map(({ value }) => value['after'])).toEqual([
        99, 92, 85, 78, 71, 64, 57, 50, 43, 36, 29, 22, 15, 8, 1,
      ]);
      const windows = (await old.requests()).map(({ url }) => new URL(url, old.url).searchParams);
      for (const each of windows) {
        const [start, end] = [each.get('start_date') ?? '', each.get('end_date') ?? ''];
        expect(Date.parse(end) - Date.parse(start)).toBeLessThanOrEqual(14 * 86_400_000);
      }
      expect(windows).toHaveLength(10);
    } finally {
      old.close();
    }
  }, 60_000);
});

describe('odd items', () => {
  it('become dead letters beside the events of their neighbours, once, and hold nobody up', async () => {
    await tmdb.add(movie, 'title', itemNow({ action: null, value: 'no action' }));
    await tmdb.add(movie, 'title', { value: 'nothing to know it by', action: 'added' });
    await tmdb.add(movie, 'a key of tomorrow', itemNow({ value: { deep: [null, 1e21, ''] } }));
    expectOk(await runCli(['run', '--once'], env));
    expectOk(await runCli(['run', '--once'], env));
    const letters = await readAll(env, 'dead_letters');
    expect(letters.map(({ value }) => value['reason'])).toEqual([
      expect.stringMatching(/^action: /),
      expect.stringMatching(/^id: .*; time: /),
    ]);
    const [other] = await readAll(env, 'other');
    expect(other?.value).toMatchObject({ change_key: 'a key of tomorrow', after: '{"deep":[null,1e+21,""]}' });
    expect(await readAll(env)).toHaveLength(15);
  }, 60_000);

  it('twelve of 100 kB in one partition, and one of 1.5 MB among them: all published, the large one cut', async () => {
    const large = await provisioned({ ...settingsFor('large'), TMDB_URL: tmdb.url, WATCH: '77' });
    const text = (bytes: number): string => randomBytes(bytes / 2).toString('hex');
    for (let at = 0; at < 12; at += 1) await tmdb.add(77, 'overview', itemNow({ value: text(100_000) }));
    await tmdb.add(77, 'overview', itemNow({ value: text(1_500_000) }));
    expectOk(await runCli(['run', '--once'], large));
    expectOk(await runCli(['run', '--once'], large));
    expect(await readAll(large, 'overview')).toHaveLength(12);
    const letters = await readAll(large, 'dead_letters');
    expect(letters.map(({ value }) => value['reason'])).toEqual([expect.stringMatching(/^1500\d+ bytes are too many/)]);
  }, 60_000);

  it('no output of any run holds any part of the token', async () => {
    const ended = await Promise.all([
      runCli(['run', '--once'], { ...env, LOG_LEVEL: 'trace' }),
      runCli(['run', '--once'], { ...env, LOG_LEVEL: 'trace', TMDB_URL: 'http://127.0.0.1:1/3', WATCH: '1' }),
      runCli(['run', '--once'], { ...env, TMDB_TOKEN: `${token}\n${token}` }),
    ]);
    const text = ended.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (let at = 0; at + 8 <= token.length; at += 1) expect(text).not.toContain(token.slice(at, at + 8));
    expect(ended.map(({ code }) => code)).toEqual([0, 1, 2]);
  }, 90_000);
});
