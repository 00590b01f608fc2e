import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeadLetter } from '../../src/core/events.ts';
import { makeEncode, type SchemaName } from '../../src/core/encode.ts';
import { toDeadLetter, deadLetter } from '../../src/core/letters.ts';
import { makeCheckpointRecords } from '../../src/core/records.ts';
import { pieceOf } from '../../src/core/parse.ts';
import { stampOfText } from '../../src/core/stamp.ts';
import { addDays, dayOf } from '../../src/core/time.ts';
import { subjectOf } from '../../src/core/topics.ts';
import { readSchema } from '../../src/io/read-schema.ts';
import { makeRegistry } from '../../src/io/schemas.ts';
import { eventually, runCli, startCli, type Env } from '../support/cli.ts';
import { expectOk, itemAt, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';
import { testSchemas } from '../support/schemas.ts';
import { makeTopics } from '../support/topics.ts';

const topics = makeTopics();
const movies = [550, 603];
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

const prefixOf = ({ TOPIC_PREFIX = '' }: Env): string => TOPIC_PREFIX;

/** Encodes as the service does, by the ids of the registry. */
const encoder = async () => {
  const prefix = prefixOf(env);
  const registry = makeRegistry(process.env['SCHEMA_REGISTRY_URL'] ?? '');
  const schemas = testSchemas();
  const file = 'dead-letter.avsc' satisfies SchemaName;
  const id = await registry.idOf(subjectOf(`${prefix}dead_letters`), readSchema(file));
  return makeEncode({ prefix, partitions: 6, schemas: { ...schemas, [file]: { ...schemas[file], id: id ?? 0 } } });
};

/** What an older version would have published of an item that this one can read: a letter, and its stamp. */
const plant = async (movieId: number, received: object, more: Partial<DeadLetter> = {}): Promise<string> => {
  const { time } = received as { time: string };
  const place = Date.parse(time.replace(' UTC', 'Z').replace(' ', 'T'));
  const piece = { changeKey: 'title', received: received as never };
  const stamp = stampOfText(pieceOf(piece), place);
  const letter = toDeadLetter(movieId, { kind: 'rejected', reason: 'an older version', ...piece, place, stamp }, place);
  const { topic, partition, key, value, headers } = (await encoder())(deadLetter(movieId, { ...letter, ...more }));
  await topics.publish(topic, [{ partition, key, value, headers: { ...headers } }]);
  return key;
};

const command = async (...args: string[]) => runCli(['dead-letters', ...args], env);

const json = async (...args: string[]): Promise<Record<string, unknown>[]> => {
  const ended = await command(...args, '--format', 'json');
  expectOk(ended);
  return ended.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};

const titles = async (movieId: number): Promise<string[]> =>
  (await readAll(env, 'title')).filter(({ value }) => value['movie_id'] === movieId).map(({ key }) => key);

beforeAll(async () => {
  tmdb = await startTmdb(movies);
  env = await provisioned(settingsFor('letters', { TMDB_URL: tmdb.url, WATCH: movies.join(',') }));
  await tmdb.add(603, 'title', itemAt(Date.now() - 5000, { action: null }));
  expectOk(await runCli(['run', '--once'], env));
}, 60_000);
afterAll(() => tmdb.close());

describe('dead-letters', () => {
  it('lists what could not be read, for people and for programs', async () => {
    const [letter] = await json('list');
    expect(letter).toMatchObject({
      key: expect.stringMatching(/^603:/),
      value: { movie_id: 603, change_key: 'title' },
    });
    const { stdout } = await command('list', '--movie', '603');
    expect(stdout).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}603:\S+ {2}title {2}action: .* {2}\{"items":\[.*\n$/);
    expect(await json('list', '--movie', '550')).toEqual([]);
    expect(await json('list', '--key', String(letter?.['key']))).toEqual([letter]);
  }, 30_000);

  it('what still fails stays, and says why', async () => {
    const [letter] = await json('list');
    const { code, stdout } = await command('replay', '--all', '--execute');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^603:\S+ {2}still fails: action: .*\n1 letter: 0 published, 0 only removed, 1 still fail\n$/,
      ),
    });
    expect(await json('list')).toEqual([letter]);
  }, 30_000);

  it('a letter of an open day becomes an event, and the next poll publishes nothing twice', async () => {
    const item = itemAt(Date.now() - 60_000, { value: 'open' });
    const key = await plant(550, item);
    const [plan] = await json('replay', key);
    expect(plan).toEqual({ key, fate: 'publish', topic: `${prefixOf(env)}title`, as: `550:${item.id}`, done: false });
    expect(await titles(550)).toEqual([]);
    const [done] = await json('replay', key, '--execute');
    expect(done).toEqual({ ...plan, done: true });
    await tmdb.add(550, 'title', item, Date.now() - 60_000);
    expectOk(await runCli(['run', '--once'], env));
    expect(await titles(550)).toEqual([`550:${item.id}`]);
    expect(await json('list', '--movie', '550')).toEqual([]);
  }, 60_000);

  it('what the service has published by itself meanwhile is only removed, also where its day is closed by now', async () => {
    const item = itemAt(Date.now() - 86_400_000, { value: 'meanwhile' });
    const keys = [await plant(550, item), await plant(550, { ...item, more: 1 })];
    await tmdb.add(550, 'title', item, Date.now() - 86_400_000);
    expectOk(await runCli(['run', '--once'], env));
    const before = await titles(550);
    expect(before).toContain(`550:${item.id}`);
    expect(await json('replay', keys[0] ?? '', '--execute')).toMatchObject([{ fate: 'remove', done: true }]);
    // As the checkpoint is a day later: nothing in it tells of the item any more.
    const today = dayOf(Date.now());
    const stored = { since: addDays(today, -3), from: today, seen: [] };
    const { topic, partition, key, value } = makeCheckpointRecords(prefixOf(env), 'test').ofMovie(550, stored);
    await topics.publish(topic, [{ partition, key, value }]);
    expect(await json('replay', keys[1] ?? '', '--execute')).toMatchObject([{ fate: 'remove', done: true }]);
    expect(await titles(550)).toEqual(before);
  }, 60_000);

  it('while an instance runs, which goes on; many at once', async () => {
    const at = Date.now() - 86_400_000;
    const items = Array.from({ length: 40 }, (_, nth) => itemAt(at - nth * 1000, { value: String(nth) }));
    const running = startCli(['run'], { ...env, POLL_INTERVAL_SECONDS: '1' });
    try {
      await eventually(() => expect(running.err()).toContain('session open'), 30_000);
      for (const item of items) await plant(603, item);
      const done = await json('replay', '--all', '--execute');
      expect(done.filter(({ fate }) => fate === 'publish')).toHaveLength(items.length);
      const late = itemAt(Date.now(), { value: 'late' });
      await tmdb.add(603, 'title', late);
      await eventually(async () => expect(await titles(603)).toContain(`603:${late.id}`), 30_000);
    } finally {
      running.child.kill('SIGTERM');
    }
    expect((await running.ended).code).toBe(0);
    const published = (await titles(603)).filter((key) => items.some(({ id }) => key === `603:${id}`));
    expect(published.toSorted()).toEqual(items.map(({ id }) => `603:${id}`).toSorted());
    expect(await json('list')).toHaveLength(1);
  }, 120_000);

  it('a record of somebody else is counted, and left alone', async () => {
    await topics.publish(`${prefixOf(env)}dead_letters`, [{ key: 'x', value: 'y', partition: 0 }]);
    const { code, stdout, stderr } = await command('list');
    expect({ code, lines: stdout.split('\n').length, stderr }).toEqual({
      ...{ code: 0, lines: 2, stderr: 'tmdb-cdc: 1 of the records there are not ours\n' },
    });
  }, 30_000);

  it.each([
    [['list', '--key', '550:gone'], 1, /LETTER_MISSING: there is no letter "550:gone": tmdb-cdc dead-letters list/],
    [['replay', '550:gone', '550:g2'], 1, /LETTER_MISSING: there is no letter "550:gone", "550:g2": /],
    [['replay'], 2, /which letters\?/],
    [['replay', '--all', '550:x'], 2, /--all and keys: give one of them/],
    [['replay', 'x', '5'], 2, /"x" is no key of a letter[^]*"5" is no key/],
    [['list', '--movie', 'x,550,0'], 2, /--movie "x" is not a movie id[^]*--movie "0"/],
    [['list', '--format', 'xml'], 2, /Allowed choices are text, json/],
  ])('%j is answered with a sentence', async (args, code, sentence) => {
    const ended = await command(...args);
    expect(ended).toMatchObject({ code, stderr: expect.stringMatching(sentence) });
    expect(ended.stderr).not.toMatch(/\n {4}at /);
  });
});
