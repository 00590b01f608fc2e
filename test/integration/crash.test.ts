import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { eventually, startCli, type Env } from '../support/cli.ts';
import { provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';

const movies = [11, 12, 13, 14, 15];
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

beforeAll(async () => {
  tmdb = await startTmdb(movies);
  env = await provisioned(
    settingsFor('crash', {
      TMDB_URL: tmdb.url,
      WATCH: movies.join(','),
      POLL_INTERVAL_SECONDS: '1',
      TMDB_REQUESTS_PER_SECOND: '35',
    }),
  );
}, 60_000);
afterAll(() => tmdb.close());

const keysOf = async (): Promise<string[]> => (await readAll(env)).map(({ key }) => key);
const dueKeys = async (): Promise<string[]> =>
  (await tmdb.oracle()).map(({ movieId, item }) => `${movieId}:${(item as { id: string }).id}`).sort();

it('SIGKILL between, before and after polls loses nothing and doubles nothing', async () => {
  let edits = 0;
  const editor = setInterval(() => tmdb.edit(movies[(edits += 1) % movies.length] ?? 11), 20);
  try {
    for (let kill = 0; kill < 4; kill += 1) {
      const service = startCli(['run'], env);
      await eventually(() => expect(service.err()).toMatch(/"published":/));
      await new Promise((resolve) => setTimeout(resolve, 150 * kill)); // a random point, not a wait for something
      service.child.kill('SIGKILL');
      expect(await service.ended).toMatchObject({ signal: 'SIGKILL' });
    }
  } finally {
    clearInterval(editor);
  }
  const due = await dueKeys();
  const service = startCli(['run'], env);
  await eventually(async () => expect((await keysOf()).length).toBeGreaterThanOrEqual(due.length), 30_000);
  service.child.kill('SIGTERM');
  expect(await service.ended).toMatchObject({ code: 0 });
  expect((await keysOf()).sort()).toEqual(due);
}, 120_000);

it('a second SIGINT ends at once, a first one with 0, whatever is going on', async () => {
  await tmdb.fault({ times: 50, stall: 'body' });
  const stalled = startCli(['run'], { ...env, WATCH: '11' });
  await eventually(() => expect(stalled.err()).toMatch(/"msg":"session open"/));
  stalled.child.kill('SIGTERM');
  expect(await stalled.ended).toMatchObject({ code: 0 });
  await tmdb.fault({ times: 50, status: 429, headers: { 'retry-after': '120' } });
  const paused = startCli(['run'], { ...env, WATCH: '11' });
  await eventually(() => expect(paused.err()).toMatch(/"msg":"session open"/));
  const at = performance.now();
  paused.child.kill('SIGINT');
  expect(await paused.ended).toMatchObject({ code: 0 });
  expect(performance.now() - at).toBeLessThan(10_000);
}, 60_000);

it('SIGTERM while waiting for the broker ends with 0', async () => {
  const waiting = startCli(['run'], { ...env, KAFKA_BROKERS: '127.0.0.1:1' });
  await eventually(() => expect(waiting.err()).toMatch(/KAFKA_UNREACHABLE.*127\.0\.0\.1:1 refused the connection/));
  waiting.child.kill('SIGTERM');
  expect(await waiting.ended).toMatchObject({ code: 0 });
}, 30_000);

it.concurrent.each([
  ['audit 11', 'it has no result, run it again'],
  ['pause', 'tmdb-cdc status says whether it is in force'],
  ['checkpoint set 11 --from 2026-01-01', 'nothing is changed, run it again to see the plan'],
  ['checkpoint reset --all --execute', 'tmdb-cdc checkpoint get and list say what is changed by now'],
  ['dead-letters list', 'it has no result, run it again'],
])(
  'SIGTERM while %s waits for the broker is no success, and says what to do',
  async (command, what) => {
    const waiting = startCli(command.split(' '), { ...env, KAFKA_BROKERS: '127.0.0.1:1' });
    await eventually(() => expect(waiting.err()).toMatch(/KAFKA_UNREACHABLE/));
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 1 });
    expect(waiting.err().trimEnd().split('\n').at(-1)).toBe(`tmdb-cdc: stopped by a signal: ${what}`);
    expect(waiting.out()).toBe('');
  },
  30_000,
);

it.concurrent.each([['run'], ['provision'], ['tail all']])(
  '%s ends with SIGTERM and 0 while a broker takes connections and says nothing',
  async (command) => {
    const mute = createServer(() => undefined);
    mute.listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const { port } = mute.address() as AddressInfo;
    const address = `127.0.0.1:${port}`;
    const connected = once(mute, 'connection');
    const waiting = startCli(command.split(' '), {
      ...env,
      KAFKA_BROKERS: address,
      SCHEMA_REGISTRY_URL: `http://${address}`,
    });
    await connected;
    const at = performance.now();
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({ code: 0 });
    expect(performance.now() - at).toBeLessThan(10_000);
    mute.close();
  },
  30_000,
);
