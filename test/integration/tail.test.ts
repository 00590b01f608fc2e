import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, runCli, startCli, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb, type Line } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

const [movie, neighbour] = [603, 13];
const { kafka, publish } = makeTopics();
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;
let all: Line[];

const topicOf = (key: string): string => `${env['TOPIC_PREFIX'] ?? ''}${key}`;
const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

beforeAll(async () => {
  tmdb = await startTmdb([movie, neighbour]);
  env = await provisioned(settingsFor('tail', { TMDB_URL: tmdb.url, WATCH: `${movie},${neighbour}` }));
  for (let at = 0; at < 3; at += 1)
    await tmdb.add(neighbour, 'images', itemNow({ value: { poster: { file_path: `/${at}.jpg` } } }));
  expectOk(await runCli(['run', '--once'], env));
  all = await readAll(env, 'images');
}, 60_000);
afterAll(() => tmdb.close());

const tail = async (...args: string[]) => {
  const ended = await runCli(['tail', ...args, '--until', 'now', '--format', 'json'], env);
  return { ...ended, lines: linesOf(ended.stdout) };
};

/** A schema of somebody else's under our topic's subject, by its id. */
const register = async (subject: string, schema: object): Promise<number> => {
  const answer = await fetch(`${process.env['SCHEMA_REGISTRY_URL'] ?? ''}/subjects/${topicOf(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(schema),
  });
  return ((await answer.json()) as { id: number }).id;
};

/** Kafka's own order within a partition; between partitions there is none. */
const byPlace = (a: Line, b: Line): number => a.partition - b.partition || a.offset - b.offset;
const ofMovie = (lines: readonly Line[], id: number): Line[] => lines.filter(({ key }) => key.startsWith(`${id}:`));

describe('tail', () => {
  it('begins and ends at offsets of one partition or of every one', async () => {
    const { partition, offset } = ofMovie(all, movie)[4] ?? ({} as Line);
    const { lines, stderr } = await tail('images', '--from', `${partition}:${offset}`);
    expect({ stderr, lines }).toEqual({
      stderr: '',
      lines: all.filter((line) => line.partition === partition && line.offset >= offset),
    });
    const cut = await runCli(
      ['tail', 'images', '--from', '0', '--until', `${partition}:${offset}`, '--format', 'json'],
      env,
    );
    expect({ ...cut, stdout: linesOf(cut.stdout) }).toMatchObject({
      code: 0,
      stderr: '',
      stdout: all.filter((line) => line.partition === partition && line.offset < offset),
    });
    const whole = await tail('images', '--from', '0');
    expect(whole.lines.toSorted(byPlace)).toEqual(all.toSorted(byPlace));
  }, 60_000);

  it('begins at a time, and ends at one', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const time = new Date().toISOString();
    await tmdb.add(movie, 'images', itemNow({ value: { poster: { file_path: '/later.jpg' } } }));
    expectOk(await runCli(['run', '--once'], env));
    const { lines } = await tail('images', '--from', time);
    expect(lines.map(({ value }) => value['after'])).toEqual([expect.objectContaining({ file_path: '/later.jpg' })]);
    expect((await tail('images', '--from', 'end')).lines).toEqual([]);
    const before = await runCli(['tail', 'images', '--from', 'beginning', '--until', time, '--format', 'json'], env);
    expect(linesOf(before.stdout).toSorted(byPlace)).toEqual(all.toSorted(byPlace));
    all.push(...lines);
  }, 60_000);

  it('ends by itself with what is committed, whatever else is in the partitions; of one movie, too', async () => {
    const strangers = Array.from({ length: 6 }, (_, partition) => ({ key: `${movie}:x`, value: 'aborted', partition }));
    await publish(topicOf('images'), strangers, false);
    const { partition } = all.find(({ key }) => key.startsWith(`${movie}:`)) ?? ({} as Line);
    const producer = kafka.producer({ transactionalId: topicOf('open'), maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const open = await producer.transaction();
    await open.send({ topic: topicOf('images'), messages: [{ key: `${movie}:y`, value: 'open', partition }] });
    const { lines, ...ended } = await tail('images', '--from', 'beginning');
    const one = await tail('images', '--from', 'beginning', '--movie', String(movie));
    const both = await tail('images', '--from', '0', '--movie', `${neighbour},7`, '--movie', String(movie));
    await open.abort();
    await producer.disconnect();
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(lines.toSorted(byPlace)).toEqual(all.toSorted(byPlace));
    expect(one).toMatchObject({ code: 0, stderr: '', lines: ofMovie(all, movie) });
    expect(both.lines.toSorted(byPlace)).toEqual(all.toSorted(byPlace));
    expect(await tail('--from', 'beginning', '--movie', '550')).toMatchObject({ code: 0, stderr: '', stdout: '' });
  }, 60_000);

  it('follows what is committed after it began, of one movie, and ends with SIGINT and 0', async () => {
    const following = startCli(['tail', 'title', '--from', 'beginning', '--movie', String(movie)], env);
    const other = startCli(['tail', 'other', '--from', 'beginning'], env);
    await tmdb.add(movie, 'a_key_of_tomorrow', itemNow({ value: 'A line for people' }));
    for (const id of [neighbour, movie])
      await tmdb.add(id, 'title', itemNow({ action: 'updated', original_value: 'Draft', value: `Movie ${id}` }));
    expectOk(await runCli(['run', '--once'], env));
    const time = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`;
    await eventually(() => {
      expect(other.out()).toMatch(
        new RegExp(`^${time} {2}added {8}603 {2}a_key_of_tomorrow {4}\\+ "A line for people"\n$`),
      );
      expect(following.out()).toMatch(new RegExp(`^${time} {2}updated {6}603 {2}title {16}"Draft" → "Movie 603"\n$`));
    });
    for (const running of [following, other]) {
      running.child.kill('SIGINT');
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
    }
  }, 60_000);

  it('has colours where FORCE_COLOR asks for them, and none in a pipe', async () => {
    const args = ['tail', 'images', '--from', 'beginning', '--until', 'now'];
    const piped = await runCli(args, env);
    const coloured = await runCli(args, { ...env, FORCE_COLOR: '1' });
    expect(piped.stdout).not.toContain('\u001b');
    expect(coloured.stdout.split('\n')[0]).toContain('\u001b[3');
    expect(coloured.stdout.split('\n')).toHaveLength(piped.stdout.split('\n').length);
  }, 30_000);

  it('shows a record that is none of ours for what it is, counts it, and goes on', async () => {
    const foreign = await provisioned(settingsFor('foreign', { TMDB_URL: tmdb.url, WATCH: '603' }));
    const other = `${foreign['TOPIC_PREFIX'] ?? ''}images`;
    const ids = await Promise.all([
      register('thing', { schema: '"long"' }),
      register('proto', { schema: 'syntax = "proto3"; message A { string a = 1; }', schemaType: 'PROTOBUF' }),
    ]);
    const [noLong = Buffer.of(), noAvro = Buffer.of()] = ids.map((id) => {
      const bytes = Buffer.from([0, 0, 0, 0, 0, 255, 255]);
      bytes.writeInt32BE(id, 1);
      return bytes;
    });
    const values = ['text', noLong, noAvro, Buffer.from([0, 9, 9, 9, 9, 0]), null];
    await publish(
      other,
      values.map((value) => ({ key: '603:k', value, partition: 0 })),
    );
    expectOk(await runCli(['run', '--once'], foreign));
    const args = ['tail', 'images', '--from', 'beginning', '--until', 'now'];
    const json = await runCli([...args, '--format', 'json'], foreign);
    const text = await runCli(args, foreign);
    const lines = linesOf(json.stdout) as (Line & { problem?: string })[];
    const summary = 'tmdb-cdc: 4 of the records shown are not ours\n';
    expect([json, text].map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: summary },
      { code: 0, stderr: summary },
    ]);
    expect(lines.filter(({ key }) => key === '603:k').map(({ problem, value }) => problem ?? value)).toEqual([
      'not ours: no schema id is in front of it',
      `not ours: it is not what schema ${ids[0]} says`,
      `not ours: schema ${ids[1]} is not Avro`,
      'not ours: the registry has no schema 151587081',
      null,
    ]);
    expect(lines.filter(({ key }) => key !== '603:k').length).toBe(ofMovie(all, movie).length);
    expect(text.stdout.match(/ {2}not ours {2,}foreign-\w+\.images\/0@\d 603:k: /g)).toHaveLength(4);
    expect(text.stdout).toMatch(/ {2}removed {2,}foreign-\w+\.images\/0@4 603:k\n/);
  }, 60_000);

  it('waits for a registry that is away for a while', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      requests += 1;
      const forward = async (): Promise<void> => {
        const answer = await fetch((process.env['SCHEMA_REGISTRY_URL'] ?? '') + (request.url ?? ''));
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
      };
      if (requests > 2) void forward();
      else response.writeHead(503).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const SCHEMA_REGISTRY_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const args = ['tail', 'images', '--from', 'beginning', '--until', 'now', '--format', 'json'];
    const { code, stdout, stderr } = await runCli(args, { ...env, SCHEMA_REGISTRY_URL });
    server.close();
    expect(linesOf(stdout).toSorted(byPlace)).toEqual(all.toSorted(byPlace));
    expect({ code, lines: stderr.match(/\n/g)?.length }).toEqual({ code: 0, lines: 1 });
    expect(stderr).toContain('REGISTRY_UNREACHABLE');
  }, 60_000);

  it.each([
    [['images', '--from', '7:0'], 1, /OFFSET_OUT_OF_RANGE: there is no partition 7/],
    [['images', '--from', '9999'], 1, /OFFSET_OUT_OF_RANGE: .*images partition \d has offsets \d+ to \d+, not 9999/],
    [['images', '--until', '0:9999'], 1, /OFFSET_OUT_OF_RANGE: .*images partition 0 has offsets \d+ to \d+, not 9999/],
    [['images', '--from', '2150-01-01T00:00:00Z'], 1, /: 2150-01-01T00:00:00.000Z is in the future/],
    [['images', '--until', '2150-01-01T00:00:00Z'], 1, /: 2150-01-01T00:00:00.000Z is in the future/],
    [['all', '--from', '0'], 2, /--from with an offset goes with one topic/],
    [['images', '--from', 'yesterday'], 2, /--from "yesterday" is not/],
    [['images', '--from', '2026-01-01T00:00:00'], 2, /is not beginning, end/],
    [['imgaes'], 2, /there is no topic "imgaes": nearest are images, /],
    [['images', '--movie', '603', '--movie', '1,x'], 2, /--movie "x" is not a movie id/],
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
    const pipe = join(tmpdir(), topicOf('pipe'));
    const tailAll = `${process.execPath} src/bin/main.ts tail images --from beginning`;
    let isOver = false;
    const head = shell(`${tailAll} | head -1`).finally(() => (isOver = true));
    await eventually(async () => {
      // Nothing but a write tells that nobody reads any more.
      await tmdb.add(movie, 'images', itemNow({ value: { poster: { file_path: '/more.jpg' } } }));
      expectOk(await runCli(['run', '--once'], env));
      expect(isOver).toBe(true);
    }, 40_000);
    expect(await head).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^[^\n]+\n$/) });
    await shell(`mkfifo ${pipe} && (read -r line <${pipe} & ${tailAll} >${pipe}) && rm ${pipe}`);
    await expect(shell(`${tailAll} --until now > /dev/full`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tmdb-cdc: OUTPUT_FAILED: .*ENOSPC\n$/),
    });
    expect(await shell(`${tailAll} --until now >&-`).catch((error: unknown) => error)).not.toMatchObject({
      stderr: expect.stringContaining('    at '),
    });
    const slow = await shell(`${tailAll} --until now --format json | (sleep 1; wc -l)`);
    expect(Number(slow.stdout)).toBe((await readAll(env, 'images')).length);
  }, 120_000);
});
