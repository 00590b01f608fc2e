import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';
import { eventually, runCli, startCli, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb, type Line } from '../support/stage.ts';

const movie = 603;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;
let all: Line[];

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('tail', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
  expectOk(await runCli(['run', '--once'], env));
  all = await readAll(env, 'images');
}, 60_000);
afterAll(() => tmdb.close());

const tail = async (...args: string[]) => {
  const ended = await runCli(['tail', ...args, '--until', 'now', '--format', 'json'], env);
  return {
    ...ended,
    lines: ended.stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line),
  };
};

describe('tail', () => {
  it('begins at an offset of one partition or of every one', async () => {
    const { partition = 0, offset = 0 } = all[4] ?? {};
    const { lines, stderr } = await tail('images', '--from', `${partition}:${offset}`);
    expect({ stderr, lines }).toEqual({ stderr: '', lines: all.slice(4) });
    const whole = await tail('images', '--from', '0');
    expect(whole.lines).toEqual(all);
  }, 60_000);

  it('begins at a time', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const time = new Date().toISOString();
    await tmdb.add(movie, 'images', itemNow({ value: { poster: { file_path: '/later.jpg' } } }));
    expectOk(await runCli(['run', '--once'], env));
    const { lines } = await tail('images', '--from', time);
    expect(lines.map(({ value }) => value['after'])).toEqual([expect.objectContaining({ file_path: '/later.jpg' })]);
    expect((await tail('images', '--from', 'end')).lines).toEqual([]);
  }, 60_000);

  it('follows what is committed after it began, and ends with SIGINT and 0', async () => {
    const following = startCli(['tail', 'a_key_of_tomorrow', 'other', '--format', 'json'], env);
    expect((await following.ended).code).toBe(2); // it has no topic of its own
    const other = startCli(['tail', 'other', '--from', 'beginning'], env);
    await tmdb.add(movie, 'a_key_of_tomorrow', itemNow({ value: 'A line for people' }));
    expectOk(await runCli(['run', '--once'], env));
    await eventually(() =>
      expect(other.out()).toMatch(/other\/\d+@\d+ {2}.* movie 603 {2}a_key_of_tomorrow added {2}"A line for people"/),
    );
    other.child.kill('SIGINT');
    expect(await other.ended).toMatchObject({ code: 0, stderr: '' });
  }, 60_000);

  it('shows a record that is none of ours for what it is, and goes on', async () => {
    const foreign = await provisioned(settingsFor('foreign'));
    const kafka = new kafkajs.Kafka({
      brokers: (process.env['KAFKA_BROKERS'] ?? '').split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = kafka.producer();
    await producer.connect();
    const values = ['text', Buffer.from([0, 0, 0, 0, 1, 255, 255]), null];
    await producer.send({
      topic: `${foreign['TOPIC_PREFIX'] ?? ''}other`,
      messages: values.map((value) => ({ key: 'k', value, partition: 0 })),
    });
    await producer.disconnect();
    const { stdout, code } = await runCli(
      ['tail', 'other', '--from', 'beginning', '--until', 'now', '--format', 'json'],
      foreign,
    );
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { problem?: string; value?: null });
    expect({ code, lines: lines.map(({ problem, value }) => problem ?? value) }).toEqual({
      code: 0,
      lines: ['not a value of ours', 'not a value of ours', null],
    });
  }, 30_000);

  it.each([
    [['images', '--from', '7:0'], 1, /OFFSET_OUT_OF_RANGE: there is no partition 7/],
    [['images', '--from', '9999'], 1, /OFFSET_OUT_OF_RANGE: .*images partition \d has offsets \d+ to \d+, not 9999/],
    [['all', '--from', '0'], 2, /--from with an offset goes with one topic/],
    [['images', '--from', 'yesterday'], 2, /--from "yesterday" is not/],
    [['images', '--from', '2026-01-01T00:00:00'], 2, /is not beginning, end/],
    [['nothing'], 2, /there is no topic "nothing": all, .*images, .*dead_letters/],
    [['images', '--format', 'xml'], 2, /--format "xml" is not json or text/],
  ])(
    '%j is answered with one sentence',
    async (args, code, sentence) => {
      const ended = await runCli(['tail', '--until', 'now', ...args], env);
      expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(sentence) });
      expect(ended.stderr).not.toMatch(/\n {4}at /);
    },
    30_000,
  );

  it('ends quietly when its reader has seen enough, and loses no line to a slow one', async () => {
    const run = promisify(execFile);
    const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, PATH } = process.env;
    const shell = async (command: string) =>
      run('/bin/sh', ['-c', command], { env: { ...env, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, PATH } });
    const tailAll = `${process.execPath} src/bin/main.ts tail images --from beginning`;
    const head = await shell(`${tailAll} | head -1`);
    expect(head).toMatchObject({ stderr: '' });
    expect(head.stdout.split('\n')).toHaveLength(2);
    await expect(shell(`${tailAll} --until now > /dev/full`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tmdb-cdc: OUTPUT_FAILED: .*ENOSPC\n$/),
    });
    expect(await shell(`${tailAll} --until now >&-`).catch((error: unknown) => error)).not.toMatchObject({
      stderr: expect.stringContaining('    at '),
    });
    const slow = await shell(`${tailAll} --until now --format json | (sleep 1; wc -l)`);
    expect(Number(slow.stdout)).toBe((await readAll(env, 'images')).length);
  }, 60_000);
});
