import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { Check } from '../../src/core/doctor.ts';
import { eventually, runCli, startCli, token, type Env, type Running } from '../support/cli.ts';
import { expectOk, provisioned, settingsFor, startTmdb } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

const topics = makeTopics();
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

const named = (name: string): string => `${env['TOPIC_PREFIX'] ?? ''}${name}`;

interface Diagnosis {
  readonly code: number | null;
  readonly ok: boolean;
  readonly checks: readonly Check[];
  /** Those of a name. */
  readonly of: (name: string) => readonly Check[];
}

const diagnosis = async (more: Env = {}): Promise<Diagnosis> => {
  const startedAt = performance.now();
  const { code, stdout, stderr } = await runCli(['doctor', '--format', 'json'], {
    ...env,
    LOG_LEVEL: 'error',
    ...more,
  });
  expect(stderr).toBe('');
  expect(stdout).not.toContain(token);
  expect(performance.now() - startedAt).toBeLessThan(45_000); // its own limit is 30 s, a start on a busy machine is not
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  return { code, ok, checks, of: (name) => checks.filter((each) => each.name === name) };
};

const registry = async (method: string, path: string, body?: object): Promise<void> => {
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const url = `${process.env['SCHEMA_REGISTRY_URL'] ?? ''}${path}`;
  const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect([path, answer.ok]).toEqual([path, true]);
};

const setConfig = async (topic: string, name: string, value: string): Promise<void> => {
  const resources = [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }];
  await topics.asAdmin(async (admin) => {
    await admin.alterConfigs({ validateOnly: false, resources });
  });
};

beforeAll(async () => {
  tmdb = await startTmdb([550]);
  env = await provisioned(settingsFor('doctor', { TMDB_URL: tmdb.url, WATCH: '550' }));
}, 60_000);
afterAll(() => tmdb.close());

describe('doctor', () => {
  it('finds nothing wrong with an installation that works, and says how it stands', async () => {
    const running: Running = startCli(['run'], env);
    try {
      await eventually(() => expect(running.err()).toContain('"msg":"polled"'), 30_000);
      // The first watermark is said a second or so after that.
      const said = async (): Promise<string> => (await runCli(['status', '--format', 'json'], env)).stdout;
      await eventually(async () => expect(await said()).toContain('"observedThrough":"'), 30_000);
      const { code, stdout } = await runCli(['doctor'], env);
      expect({ code, lines: stdout.split('\n') }).toEqual({
        code: 0,
        lines: [
          '✓ settings            1 movie watched, 20 requests/s',
          expect.stringMatching(/^✓ tmdb {16}token good, \d+ ms, clock [+-]\d\.\d s$/),
          '✓ kafka               1 broker, transactions',
          '✓ kafka topics        35 topics, partitions and settings as declared',
          '✓ schemas             34 subjects, ids known, FULL_TRANSITIVE',
          expect.stringMatching(/^✓ shard 0 {13}active on \S+, 0 standby$/),
          expect.stringMatching(/^✓ checkpoints {9}1 movie, .* last written \d+ s ago$/),
          '✓ read-back           everything that was written can be read as committed',
          '✓ dead letters        none',
          expect.stringMatching(/^✓ watermark {11}seen up to \S+Z, final to \S+, said \d+ s ago$/),
          '',
        ],
      });
    } finally {
      running.child.kill('SIGTERM');
    }
    expectOk(await running.ended);
  }, 90_000);

  it('that nobody runs is told, and fails nothing', async () => {
    const { code, ok, of } = await diagnosis();
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(of('shard 0')).toEqual([{ name: 'shard 0', ok: 'warn', detail: 'nobody runs', fix: 'tmdb-cdc run' }]);
  }, 60_000);

  it('that it is paused is told, with what ends it, and fails nothing', async () => {
    expectOk(await runCli(['pause', '--reason', 'a test'], env));
    const { code, of } = await diagnosis();
    expectOk(await runCli(['resume'], env));
    expect(code).toBe(0);
    expect(of('checkpoints')).toMatchObject([
      { ok: 'warn', detail: expect.stringContaining('(a test)'), fix: 'tmdb-cdc resume' },
    ]);
    expect((await diagnosis()).of('checkpoints')).toMatchObject([{ ok: true }]);
  }, 60_000);

  it('no broker and no registry: the others are not looked at, and TMDB is', async () => {
    const { code, of } = await diagnosis({ KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(of('kafka')).toMatchObject([
      { ok: false, detail: expect.stringMatching(/cannot be reached: .* nothing listens/) },
    ]);
    expect(of('kafka')[0]?.fix).toContain('KAFKA_BROKERS');
    expect(of('schemas')[0]).toMatchObject({ ok: false, fix: expect.stringContaining('SCHEMA_REGISTRY_URL') });
    expect(of('kafka topics')[0]).toMatchObject({ ok: 'warn', detail: 'not checked: Kafka cannot be asked' });
    expect(of('tmdb')[0]?.ok).toBe(true);
  }, 60_000);

  it('a token that TMDB does not accept; a TMDB out of reach; a clock that is wrong', async () => {
    await tmdb.fault({ status: 401, body: '{"status_code":7}', list: true });
    const [refused, away, skewed] = [
      await diagnosis(),
      await diagnosis({ TMDB_URL: 'http://127.0.0.1:1/3' }),
      await tmdb
        .fault({ list: true, date: new Date(Date.now() - 3_600_000).toUTCString() })
        .then(async () => diagnosis()),
    ];
    expect([refused, away, skewed].map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(refused.of('tmdb')).toMatchObject([{ ok: false, fix: expect.stringContaining('TMDB_TOKEN: set it') }]);
    expect(away.of('tmdb')).toMatchObject([{ ok: false, detail: expect.stringContaining('cannot be reached') }]);
    expect(skewed.of('tmdb')).toMatchObject([{ ok: false, fix: expect.stringContaining('timedatectl') }]);
    expect(skewed.of('tmdb')[0]?.detail).toMatch(/clock \+3\d{3}\.\d s off TMDB's/);
    expect(refused.of('checkpoints')[0]?.ok).toBe(true);
  }, 120_000);

  it('settings that are wrong: all are named, and what can be looked at is', async () => {
    const wrong = await diagnosis({ WATCH: 'x', KAFKA_BROKER: 'a:1' });
    expect(wrong.code).toBe(1);
    expect(wrong.of('settings').map(({ detail }) => detail)).toEqual([
      expect.stringContaining('KAFKA_BROKER: there is no such setting'),
      expect.stringContaining('WATCH: "x" is not a movie id'),
    ]);
    expect(wrong.of('the rest')[0]?.detail).toMatch(/^not checked/);
    const unset = await diagnosis({ WATCH: '', TMDB_TOKEN: '' });
    expect(unset.of('settings').map(({ detail }) => detail.slice(0, 20))).toEqual([
      'TMDB_TOKEN: is neede',
      'WATCH: is needed, al',
    ]);
    expect(unset.of('tmdb')[0]?.detail).toBe('not checked: TMDB_TOKEN is not set');
    expect(unset.of('kafka topics')[0]?.ok).toBe(true);
  }, 60_000);

  it('partitions that differ', async () => {
    const { code, of } = await diagnosis({ PARTITIONS: '3' });
    expect(code).toBe(1);
    expect(of('kafka topics')).toContainEqual({
      ...{ name: 'kafka topics', ok: false, fix: 'PARTITIONS=6, or another TOPIC_PREFIX' },
      detail: `${named('videos')}: has 6 partitions, declared 3`,
    });
  }, 60_000);

  it('many things at once: each is named with what mends it, and provision mends what it can', async () => {
    const producer = topics.kafka.producer({ transactionalId: named('hanging'), maxInFlightRequests: 1 });
    await producer.connect();
    const hanging = await producer.transaction();
    await hanging.send({ topic: named('title'), messages: [{ key: 'a', value: 'b', partition: 2 }] });
    await topics.asAdmin(async (admin) => admin.deleteTopics({ topics: [named('images')] }));
    await setConfig(named('videos'), 'retention.ms', '604800000');
    await registry('DELETE', `/subjects/${named('budget')}-value`);
    await registry('PUT', `/config/${named('cast')}-value`, { compatibility: 'NONE' });
    await topics.publish(named('dead_letters'), [{ key: '550:x', value: 'y', partition: 0 }]);
    await topics.publish(named('checkpoints'), [{ key: '7', value: '{"version":9}', partition: 0 }]);
    const { code, of } = await diagnosis();
    expect(code).toBe(1);
    expect(of('kafka topics')).toEqual([
      {
        ...{ name: 'kafka topics', ok: false, fix: 'tmdb-cdc provision' },
        detail: `1 of 35 are not there: ${named('images')}`,
      },
      {
        ...{ name: 'kafka topics', ok: false, detail: `${named('videos')}: retention.ms is 604800000, declared -1` },
        fix: expect.stringMatching(
          new RegExp(`^kafka-configs\\.sh .*--entity-name ${named('videos')} --add-config retention`),
        ),
      },
    ]);
    expect(of('schemas')).toMatchObject([
      { ok: false, detail: `1 of 34 subjects lack our schema: ${named('budget')}-value`, fix: 'tmdb-cdc provision' },
      { ok: false, detail: expect.stringContaining(`NONE, declared FULL_TRANSITIVE: ${named('cast')}-value`) },
    ]);
    expect(of('checkpoints')).toMatchObject([{ ok: false, fix: expect.stringContaining('upgrade tmdb-cdc') }]);
    expect(of('read-back')).toMatchObject([
      {
        detail: expect.stringMatching(new RegExp(`open in ${named('title')} partition 2 since offset \\d+, for more`)),
        fix: expect.stringMatching(/^kafka-transactions\.sh .* abort --topic \S+ --partition 2 --start-offset \d+$/),
      },
    ]);
    expect(of('dead letters')).toMatchObject([{ ok: 'warn', detail: '1 waiting', fix: 'tmdb-cdc dead-letters list' }]);
    await hanging.abort();
    await producer.disconnect();
    await setConfig(named('videos'), 'retention.ms', '-1');
    expectOk(await runCli(['provision'], env));
    const mended = await diagnosis();
    expect(mended.checks.filter(({ ok }) => ok === false).map(({ name }) => name)).toEqual(['checkpoints']);
  }, 120_000);
});
