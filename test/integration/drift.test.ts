import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runCli, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

const movie = 604;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('drift', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
  expectOk(await runCli(['run', '--once'], env));
}, 120_000);
afterAll(() => tmdb.close());

const drift = async (...args: string[]) => runCli(['drift', ...args], env);

it('what is typed is no drift: one sentence', async () => {
  expect(await drift()).toMatchObject({
    ...{ code: 0, stderr: '' },
    stdout: 'no drift: 14 events were read, and the typed shapes hold all of them\n',
  });
}, 120_000);

it('keys, members, actions and types that are not typed are told with a count, an example and a change', async () => {
  const video = { id: 'a', key: 'b', name: 'c', site: 'd', size: 1080, type: 'e', official: true };
  await tmdb.add(movie, 'videos', itemNow({ value: video }));
  await tmdb.add(movie, 'videos', itemNow({ value: { ...video, size: '1080\u001b[2J' } }));
  await tmdb.add(movie, 'title', itemNow({ action: 'merged' }));
  await tmdb.add(movie, 'belongs_to_collection', itemNow({ value: { id: 10, name: 'Star Wars' } }));
  const since = new Date().toISOString();
  expectOk(await runCli(['run', '--once'], env));
  const { publish } = makeTopics();
  await publish(`${env['TOPIC_PREFIX'] ?? ''}title`, [{ value: 'none of ours' }]);

  const told = await drift('--from', since);
  expect(told).toMatchObject({ code: 0, stderr: '' });
  expect(
    told.stdout
      .trimEnd()
      .split('\n\n')
      .map((part) => part.replace(/item [0-9a-f]{24}/, 'item X')),
  ).toEqual([
    '4 events were read (1 more that are none of ours were not); what the typed shapes do not know:',
    expect.stringMatching(
      /^member {4}videos {2}value.official {2}2 events\n.*movie 604, item X: true\n.*"name":"official","type":\["null","boolean"\]/,
    ),
    expect.stringMatching(/^action {4}title {2}action {2}once\n.*"merged"/),
    expect.stringMatching(
      /^key {7}belongs_to_collection {2}once\n.*"Star Wars"\}\n.*"belongs_to_collection": named, and a fixture$/,
    ),
    expect.stringMatching(/^type {6}videos {2}value.size {2}once\n.*"1080\\u001b\[2J"\n.*"name":"size_text"/),
  ]);
  const json = JSON.parse((await drift('--format', 'json')).stdout) as {
    events: number;
    foreign: number;
    findings: unknown[];
  };
  expect(json).toMatchObject({ events: 18, foreign: 1, unlisted: 0 });
  expect(json.findings).toHaveLength(4);
  expect((await drift('--from', new Date().toISOString())).stdout).toMatch(/^no drift: 0 events were read/);
}, 180_000);

it.each([
  [['--from', 'yesterday'], /^tmdb-cdc: --from "yesterday" is not beginning or a time like [^\n]+\n$/],
  [['--format', 'xml'], /^tmdb-cdc: --format "xml" is not json or text\n$/],
])(
  '%j is answered with one sentence',
  async (args, sentence) => {
    expect(await drift(...args)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(sentence) });
  },
  60_000,
);
