import { describe, expect, it } from '@jest/globals';
import { brokersCheck, schemaChecks, settingsChecks, tmdbCheck, topicChecks } from '../../../src/core/doctor-checks.ts';
import { checkpointsCheck, groupCheck, lettersCheck, readBackCheck } from '../../../src/core/doctor-state.ts';
import { bad, doctorJson, doctorLines, failed, good, isSound, skipped, warn } from '../../../src/core/doctor.ts';
import { faults, ServiceError, usageError, type FaultCode } from '../../../src/core/errors.ts';
import { declaredTopics, differencesOf, type TopicReport } from '../../../src/core/topics.ts';

const screen = { columns: null, paint: (_: unknown, text: string) => text };

describe('what is shown', () => {
  const checks = [
    good('settings', '12 movies watched, 20 requests/s'),
    bad('kafka topics', 't.videos: retention.ms is 604800000, declared -1', 'kafka-configs.sh …'),
    bad('tmdb', 'a\u001b[31m', null),
    warn('dead letters', '2 waiting', 'tmdb-cdc dead-letters list'),
  ];

  it('to people: a sign, a name, what was found, and what mends it', () => {
    expect(doctorLines(checks, screen)).toEqual([
      '✓ settings            12 movies watched, 20 requests/s',
      '✗ kafka topics        t.videos: retention.ms is 604800000, declared -1',
      '                      → kafka-configs.sh …',
      '✗ tmdb                a\\u001b[31m',
      '! dead letters        2 waiting → tmdb-cdc dead-letters list',
    ]);
  });

  it('a command is never cut, whatever the width', () => {
    const [, command] = doctorLines([bad('x', 'y'.repeat(200), `z ${'z'.repeat(200)}`)], { ...screen, columns: 40 });
    expect(command?.trim()).toBe(`→ z ${'z'.repeat(200)}`);
  });

  it('to programs', () => {
    expect(JSON.parse(doctorJson(checks))).toEqual({ ok: false, checks });
    expect(JSON.parse(doctorJson([]))).toEqual({ ok: true, checks: [] });
  });

  it('a warning fails nothing', () => {
    expect(isSound([good('a', ''), warn('b', ''), skipped('c', 'd')])).toBe(true);
    expect(isSound([good('a', ''), bad('b', '', null)])).toBe(false);
  });
});

describe('a check that could not be done', () => {
  it.each([
    ['TMDB_UNAUTHORIZED', /TMDB_TOKEN/],
    ['KAFKA_UNREACHABLE', /KAFKA_BROKERS/],
    ['REGISTRY_UNREACHABLE', /SCHEMA_REGISTRY_URL/],
    ['TOPICS_MISSING', /^tmdb-cdc provision$/],
    ['SCHEMA_MISSING', /^tmdb-cdc provision$/],
    ['CHECKPOINT_TOO_NEW', /^upgrade tmdb-cdc/],
    ['CHECKPOINT_UNREADABLE', /TOPIC_PREFIX/],
  ] as const)('%s says what mends it', (code, fix) => {
    expect(failed('x', new ServiceError(code, 'why'))).toEqual({
      ...{ name: 'x', ok: false, detail: 'why', fix: expect.stringMatching(fix) },
    });
  });

  it('is a sentence, whatever it was', () => {
    for (const code of Object.keys(faults) as FaultCode[])
      expect(failed('x', new ServiceError(code, 'why'))).toMatchObject({ ok: false, detail: 'why' });
    expect(failed('x', usageError(['one', 'two'])).detail).toBe('one');
    const timeout = new DOMException('no end after 10 s', 'TimeoutError');
    const fixOf = (name: string): string => String(failed(name, timeout).fix).split(':')[0] ?? '';
    expect(failed('kafka', timeout).detail).toBe('no answer in time');
    expect(['kafka', 'tmdb', 'schemas'].map(fixOf)).toEqual([
      'KAFKA_BROKERS, KAFKA_SSL',
      'TMDB_URL, HTTPS_PROXY',
      'SCHEMA_REGISTRY_URL',
    ]);
    expect(failed('x', 'text')).toEqual(bad('x', 'text', null));
  });
});

describe('settings', () => {
  it('every problem has a line', () => {
    expect(settingsChecks(['A: is wrong', 'B: is needed'], null).map(({ ok, detail }) => [ok, detail])).toEqual([
      [false, 'A: is wrong'],
      [false, 'B: is needed'],
    ]);
    expect(settingsChecks([], { movies: 1, requestsPerSecond: 20 })[0]?.detail).toBe('1 movie watched, 20 requests/s');
    expect(settingsChecks([], { movies: 'all', requestsPerSecond: 5 })[0]?.detail).toMatch(/^every movie watched/);
  });
});

describe('TMDB', () => {
  it.each([
    [400, true, /^token good, 212 ms, clock \+0\.4 s$/],
    [-29_000, true, /clock -29\.0 s$/],
    [31_000, 'warn', /clock \+31\.0 s off TMDB's$/],
    [-600_001, false, /clock -600\.0 s off TMDB's: run stops above 10 minutes$/],
    [null, true, /clock not compared$/],
  ] as const)('a clock that is %s ms ahead', (offsetMs, ok, detail) => {
    const check = tmdbCheck({ ms: 212.4, offsetMs });
    expect(check).toMatchObject({ ok, detail: expect.stringMatching(detail) });
    if (ok !== true) expect(check.fix).toMatch(/timedatectl/);
  });
});

describe('Kafka', () => {
  it('without transactions, or without anybody who takes care of them', () => {
    const all = { brokers: 3, knowsTransactions: true, hasCoordinator: true };
    expect(brokersCheck(all)).toEqual(good('kafka', '3 brokers, transactions'));
    expect(brokersCheck({ ...all, knowsTransactions: false, hasCoordinator: false }).detail).toMatch(/knows none/);
    expect(brokersCheck({ ...all, hasCoordinator: false })).toMatchObject({
      ...{ ok: false, fix: expect.stringMatching(/transaction\.state\.log\.replication\.factor/) },
    });
  });

  const specs = declaredTopics('t.', 6);
  const about = { brokers: 'b:1', isOfEvents: (topic: string) => topic === 't.videos' };
  const reportOf = (more: Partial<TopicReport>): TopicReport => ({
    ...{ missing: [], differing: [], refused: [], remarks: [], leaders: new Map() },
    ...more,
  });
  const differing = (topic: string, actual: { partitions?: number; configs?: Record<string, string> }) => {
    const spec = specs.find((each) => each.topic === topic);
    if (spec === undefined) throw new Error(topic);
    return differencesOf(spec, { partitions: spec.partitions, configs: {}, ...actual });
  };

  it('topics as declared', () => {
    expect(topicChecks(reportOf({}), 62, about)).toEqual([
      good('kafka topics', '62 topics, partitions and settings as declared'),
    ]);
  });

  it('topics that are missing', () => {
    const [check] = topicChecks(reportOf({ missing: specs.slice(0, 7) }), 34, about);
    expect(check).toMatchObject({ ok: false, fix: 'tmdb-cdc provision' });
    expect(check?.detail).toMatch(/^7 of 34 are not there: t\.\S+, .* and 2 more$/);
  });

  it.each([
    ['t.videos', { partitions: 3 }, false, 'has 3 partitions, declared 6', 'PARTITIONS=3, or another TOPIC_PREFIX'],
    ['t.checkpoints', { partitions: 3 }, false, 'has 3 partitions, declared 1', 'another TOPIC_PREFIX'],
    [
      't.videos',
      { configs: { 'retention.ms': '604800000' } },
      false,
      'retention.ms is 604800000, declared -1',
      'kafka-configs.sh --bootstrap-server b:1 --alter --entity-type topics --entity-name t.videos --add-config retention.ms=-1',
    ],
    [
      't.videos',
      { configs: { 'cleanup.policy': 'compact' } },
      false,
      'cleanup.policy is compact, declared delete',
      null,
    ],
    ['t.checkpoints', { configs: { 'segment.bytes': '1' } }, 'warn', 'segment.bytes is 1, declared 67108864', null],
  ] as const)('%s that differs: %j', (topic, actual, ok, detail, fix) => {
    const [check] = topicChecks(reportOf({ differing: differing(topic, actual) }), 34, about);
    expect(check).toMatchObject({ ok, detail: `${topic}: ${detail}` });
    expect(check?.fix).toEqual(fix ?? expect.stringMatching(/^kafka-configs\.sh .*--add-config /));
  });
});

describe('schemas', () => {
  const subject = (name: string, more = {}) => ({
    ...{ subject: `${name}-value`, file: 'x.avsc', isThere: true, level: 'FULL_TRANSITIVE' },
    ...more,
  });

  it.each([
    [[subject('a'), subject('b')], [[true, /^2 subjects, ids known, FULL_TRANSITIVE$/]]],
    [[subject('a', { isThere: false, level: null })], [[false, /^1 of 1 subjects lack our schema: a-value$/]]],
    [
      [subject('a', { level: 'NONE' }), subject('b', { level: null }), subject('c', { isThere: false })],
      [
        [false, /^1 of 3 subjects lack our schema: c-value$/],
        [false, /^compatibility is NONE, not set, declared FULL_TRANSITIVE: a-value, b-value$/],
      ],
    ],
  ] as const)('%#', (subjects, expected) => {
    const checks = schemaChecks(subjects);
    expect(checks.map(({ ok, detail }) => [ok, detail])).toEqual(
      expected.map(([ok, detail]) => [ok, expect.stringMatching(detail)]),
    );
    for (const { ok, fix } of checks) expect(fix).toBe(ok === true ? null : 'tmdb-cdc provision');
  });
});

describe('how it stands', () => {
  it('instances', () => {
    const member = (host: string, isOwner = false) => ({ host, isOwner });
    expect(groupCheck({ state: 'Stable', members: [member('a'), member('b', true)] })).toEqual(
      good('shard 0', 'active on b, 1 standby'),
    );
    expect(groupCheck({ state: 'Dead', members: [] })).toEqual(warn('shard 0', 'nobody runs', 'tmdb-cdc run'));
    expect(groupCheck({ state: 'PreparingRebalance', members: [member('a')] }).detail).toMatch(/PreparingRebalance/);
  });

  it('checkpoints', () => {
    const found = { movies: 1, hasFrontier: false, bytes: 0, lastAt: null, paused: null };
    expect(checkpointsCheck(found, 0).detail).toBe('none yet');
    const detailOf = (lastAt: number, more = {}) => checkpointsCheck({ ...found, lastAt, ...more }, 1e9).detail;
    expect(detailOf(1e9 - 12_400, { bytes: 999 })).toBe('1 movie, 999 bytes, last written 12 s ago');
    expect(detailOf(1e9 - 3e5, { movies: 2, bytes: 1500 })).toBe('2 movies, 1.5 kB, last written 5 min ago');
    expect(detailOf(1e9 - 8e6, { hasFrontier: true, bytes: 2e6 })).toBe(
      '1 movie and the frontier, 2.0 MB, last written 2 h ago',
    );
    expect(detailOf(1e9 - 2e8)).toMatch(/2 days ago$/);
    expect(detailOf(1e9 + 5000)).toMatch(/0 s ago$/);
    const paused = { at: 0, by: 'ann@host', reason: 'a test' };
    expect(checkpointsCheck({ ...found, lastAt: 1e9, paused }, 1e9)).toMatchObject({
      ...{ ok: 'warn', fix: 'tmdb-cdc resume' },
      detail: expect.stringMatching(/ago; paused by ann@host since 1970-01-01T00:00:00.000Z \(a test\)$/),
    });
  });

  it('a transaction that hangs is named, with what ends it', () => {
    const about = { seconds: 4.5, brokers: 'b:1' };
    expect(readBackCheck([], about).ok).toBe(true);
    const held = { topic: 't.videos', partition: 3, offset: 17n };
    const check = readBackCheck([held, held], about);
    expect(check.detail).toMatch(/open in t\.videos partition 3 since offset 17, and in 1 other/);
    expect(check).toMatchObject({
      ok: false,
      fix: 'kafka-transactions.sh --bootstrap-server b:1 abort --topic t.videos --partition 3 --start-offset 17',
    });
  });

  it('dead letters', () => {
    expect(lettersCheck(0).ok).toBe(true);
    expect(lettersCheck(2)).toEqual(warn('dead letters', '2 waiting', 'tmdb-cdc dead-letters list'));
  });
});
