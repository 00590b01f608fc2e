import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { member, type Json } from '../../src/core/json.ts';
import { toTmdbTime } from '../../src/core/time.ts';
import { makeRandom } from '../../src/simulator/world.ts';
import { eventually, runCli, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

const movies = [11, 550, 603];
const dir = mkdtempSync(join(tmpdir(), 'tmdb-cdc-example-'));
const file = join(dir, 'index.db');
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

/** Keywords and videos of few ids that come, change and go, a second after another up to now. */
const editMovie = async (movieId: number, random: () => number): Promise<void> => {
  const end = Math.floor(Date.now() / 1000);
  for (let second = end - 600; second < end; second += 1) {
    const isVideo = random() < 0.3;
    const id = Math.floor(random() * 40);
    const value = isVideo
      ? { id: String(id), key: 'k', name: `heist ${second}`, site: 'YouTube', size: 1080, type: 'Clip' }
      : { id, name: `jazz ${id}` };
    const sides = random() < 0.4 ? { action: 'deleted', original_value: value } : { action: 'added', value };
    const item = { id: `${second.toString(16)}${String(movieId).padStart(16, '0')}`, time: toTmdbTime(second * 1000) };
    await tmdb.add(movieId, isVideo ? 'videos' : 'plot_keywords', { ...item, ...sides }, second * 1000);
  }
};

beforeAll(async () => {
  tmdb = await startTmdb(movies);
  env = await provisioned(settingsFor('example', { TMDB_URL: tmdb.url, WATCH: movies.join(',') }));
  await Promise.all(movies.map(async (id) => editMovie(id, makeRandom(id))));
  expectOk(await runCli(['run', '--once'], env));
}, 120_000);
afterAll(() => {
  tmdb.close();
  rmSync(dir, { recursive: true });
});

/** The example as its first lines say, on the sources. */
const start = (...args: readonly string[]) => {
  const { PATH, HOME, KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', './test/support/sources.js', 'examples/search-index.ts', ...args],
    {
      env: {
        PATH,
        HOME,
        KAFKA_BROKERS,
        SCHEMA_REGISTRY_URL,
        ...env,
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning --disable-warning=TimeoutNegativeWarning',
      },
    },
  );
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  return { child, texts, ended: once(child, 'close') as Promise<[number | null, string | null]> };
};

const read = (query: string): Record<string, unknown>[] => {
  if (!existsSync(file)) return [];
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return database.prepare(query).all();
  } finally {
    database.close();
  }
};
const indexed = (): number => Number(read('SELECT sum(changes) AS n FROM movies')[0]?.['n'] ?? 0);

/** What the movies have by what TMDB had to show: the last change of each thing, by time and id. */
const expected = async () => {
  const text = (item: Json, name: string): string => JSON.stringify(member(item, name));
  const entries = (await tmdb.oracle())
    .filter(({ key }) => key === 'plot_keywords' || key === 'videos')
    .toSorted(({ item: a }, { item: b }) =>
      `${text(a, 'time')} ${text(a, 'id')}` < `${text(b, 'time')} ${text(b, 'id')}` ? -1 : 1,
    );
  return movies.map((id) => {
    const all = entries.filter(({ movieId }) => movieId === id);
    const names = (key: string): string[] => {
      const things = new Map<Json, Json>();
      for (const { item } of all.filter((entry) => entry.key === key)) {
        const [before, after] = [member(item, 'original_value') ?? null, member(item, 'value') ?? null];
        const thing = member(after, 'id') ?? member(before, 'id') ?? null;
        things.delete(thing);
        if (member(item, 'action') !== 'deleted') things.set(thing, member(after, 'name') ?? null);
      }
      return [...things.values()].map(String).sort();
    };
    return { id, changes: all.length, keywords: names('plot_keywords'), videos: names('videos') };
  });
};

it('an index that is killed in the middle and begun again has lost nothing and counted nothing twice', async () => {
  const due = await expected();
  const total = due.reduce((sum, { changes }) => sum + changes, 0);
  for (const share of [0.1, 0.4]) {
    const { child, texts, ended } = start(file);
    await eventually(
      () => expect({ ...texts, enough: indexed() >= total * share }).toMatchObject({ enough: true }),
      60_000,
    );
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(indexed()).toBeLessThan(total);
  }
  const last = start(file, 'now');
  expect({ ended: await last.ended, ...last.texts }).toEqual({
    ended: [0, null],
    out: `${file}: ${total} changes of 3 movies\n`,
    err: '',
  });
  const rows = read('SELECT id, changes, keywords, videos FROM movies JOIN words ON id = words.rowid ORDER BY id');
  const sorted = (names: unknown): string[] => String(names).split(', ').filter(Boolean).sort();
  expect(
    rows.map(({ id, changes, keywords, videos }) => ({
      id,
      changes,
      keywords: sorted(keywords),
      videos: sorted(videos),
    })),
  ).toEqual(due);
}, 180_000);

it('finds movies by a word, and ends quietly with SIGTERM', async () => {
  const found = start(file, 'heist');
  expect(await found.ended).toEqual([0, null]);
  expect(found.texts.out).toMatch(/^movie \d+: .*heist/m);
  const following = start(file);
  await tmdb.add(603, 'plot_keywords', itemNow({ value: { id: 1000, name: 'unheard of' } }));
  expectOk(await runCli(['run', '--once'], env));
  await eventually(() =>
    expect(read('SELECT rowid FROM words WHERE words MATCH \'"unheard of"\'')).toEqual([{ rowid: 603 }]),
  );
  following.child.kill('SIGTERM');
  expect(await following.ended).toEqual([0, null]);
}, 60_000);
