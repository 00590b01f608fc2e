import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { statusLabel } from '../../../src/core/counts.ts';
import { faults, ServiceError } from '../../../src/core/errors.ts';
import { metricTable, type MetricRow } from '../../../src/core/metric-table.ts';
import { reasonOf } from '../../../src/core/told.ts';
import { combinations, makeMetrics, type Gauges } from '../../../src/operate/metrics.ts';
import { readScrape, valueOf } from '../../support/metrics.ts';

const rows: readonly MetricRow[] = Object.values(metricTable);

/** Of an instance that stands by. */
const standby: Gauges = {
  ...{ word: 'standby', waiting: { live: 0, discovery: 0, backfill: 0 }, movies: null, pageClients: 0 },
  ...{ observedThrough: null, completeThrough: null, deadLetters: null, backfillSince: null },
  ...{ backfillRemaining: null, clockOffsetMs: null },
};
/** Of the one that polls. */
const owner: Gauges = {
  ...{ word: 'degraded', waiting: { live: 3, discovery: 1, backfill: 0 }, pageClients: 2 },
  ...{ movies: { watched: 12, due: 4, failing: 1 }, observedThrough: 1_787_054_400_000 },
  ...{ completeThrough: 1_786_924_800_000, deadLetters: 2, backfillSince: 1_780_272_000_000 },
  ...{ backfillRemaining: 40, clockOffsetMs: -400 },
};

const start = (gauges: Gauges = owner) => {
  const told = { gauges };
  const metrics = makeMetrics({ version: '1.2.3', requestsPerSecond: 20 }, () => told.gauges);
  return { metrics, told };
};

describe('names', () => {
  it.each(rows)('$name holds to the rules of promtool', ({ name, type, help, labels, buckets, asks }) => {
    expect(name).toMatch(/^tmdb_cdc(_[a-z]+)+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(
      /_(milliseconds|ms|minutes|hours|kilobytes|percent|counter|gauge|histogram|summary|bucket|count|sum)(_|$)/,
    );
    expect(type === 'histogram').toBe(buckets !== undefined);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    expect([help, asks].every((text) => text.length > 5)).toBe(true);
    for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z_]+$/);
    expect(Object.keys(labels)).not.toContain('le');
    expect(buckets ?? []).toEqual((buckets ?? []).toSorted((a, b) => a - b));
  });

  it('are each one metric', () => expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length));

  it('of docs/metrics.md are exactly those that there are', () => {
    const page = readFileSync('docs/metrics.md', 'utf8');
    const named = [...page.matchAll(/^\| `(tmdb_cdc_\w+)`/gm)].map(([, name]) => name);
    expect(named).toEqual(rows.map(({ name }) => name));
    expect([...page.matchAll(/tmdb_cdc_\w+/g)].map(([name]) => name).filter((name) => !named.includes(name))).toEqual(
      [],
    );
  });
});

describe('a scrape', () => {
  it('has every metric with its help and its type, and nothing else of ours', async () => {
    const { types, helps } = readScrape(await start().metrics.text());
    const ours = [...types].filter(([name]) => name.startsWith('tmdb_cdc_'));
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(rows.map(({ name, type }) => [name, type])));
    for (const { name, help } of rows) expect(helps.get(name)).toBe(help.replaceAll('\n', ' '));
  });

  it('has what the process needs, without names that promtool refuses', async () => {
    const { types } = readScrape(await start().metrics.text());
    for (const name of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'nodejs_eventloop_lag_seconds'])
      expect(types.has(name)).toBe(true);
    const odd = [...types].filter(([name, type]) => name.endsWith('_total') !== (type === 'counter'));
    expect(odd).toEqual([]);
  });

  it('has every label value that is known beforehand at 0, the first time', async () => {
    const { series } = readScrape(await start(standby).metrics.text());
    const counters = rows.filter(({ type }) => type === 'counter');
    for (const { name, labels } of counters) {
      const own = series.filter((each) => each.name === name);
      expect(own.map(({ value }) => value)).toEqual(combinations(labels).map(() => 0));
    }
    expect(series.filter(({ name }) => name === 'tmdb_cdc_faults_total')).toHaveLength(Object.keys(faults).length + 1);
    expect(series.filter(({ name }) => name === 'tmdb_cdc_events_total').length).toBeGreaterThan(100);
    expect(valueOf(await start().metrics.text(), 'tmdb_cdc_freshness_seconds_count')).toBe(0);
  });

  it('of a standby has nothing that only the owner knows', async () => {
    const { metrics, told } = start(owner);
    const ofOwner = readScrape(await metrics.text()).series.map(({ name }) => name);
    told.gauges = standby; // it has lost the partition
    const after = readScrape(await metrics.text()).series.map(({ name }) => name);
    const owners = rows.filter(({ isOwners }) => isOwners === true).map(({ name }) => name);
    expect(owners.filter((name) => !ofOwner.includes(name))).toEqual([]);
    expect(owners.filter((name) => after.includes(name))).toEqual([]);
    expect(rows.filter(({ isOwners }) => isOwners === true).length).toBe(6);
  });

  it('has the gauges in base units', async () => {
    const text = await start().metrics.text();
    expect(valueOf(text, 'tmdb_cdc_observed_through_timestamp_seconds')).toBe(1_787_054_400);
    expect(valueOf(text, 'tmdb_cdc_complete_through_timestamp_seconds')).toBe(1_786_924_800);
    expect(valueOf(text, 'tmdb_cdc_clock_offset_seconds')).toBe(-0.4);
    expect(valueOf(text, 'tmdb_cdc_movies', 'set="due"')).toBe(4);
    expect(valueOf(text, 'tmdb_cdc_requests_waiting', 'lane="live"')).toBe(3);
    expect(valueOf(text, 'tmdb_cdc_build_info', `version="1.2.3",node="${process.versions.node}"`)).toBe(1);
  });

  it.each([
    ['live', 'active'],
    ['degraded', 'active'],
    ['stuck', 'active'],
    ['standby', 'standby'],
    ['paused', 'paused'],
    ['waiting', 'waiting'],
    ['starting', 'starting'],
    ['stopping', null],
  ] as const)('%s is the state %s alone', async (word, state) => {
    const { series } = readScrape(await start({ ...owner, word }).metrics.text());
    const ones = series
      .filter(({ name, value }) => name === 'tmdb_cdc_state' && value === 1)
      .map(({ labels }) => labels);
    expect(ones).toEqual(state === null ? [] : [`state="${state}"`]);
  });
});

describe('counters', () => {
  it('count what was told, over several scrapes', async () => {
    const { metrics } = start();
    const told = { topic: 'images', op: 'c', changedAt: 0, hasRaw: true };
    metrics.committed(told, 12);
    await metrics.text();
    metrics.committed(told, 200);
    metrics.committed({ ...told, hasRaw: false, op: 'd' }, null);
    metrics.committed({ reason: 'id', key: '1:rejected-0' }, null);
    metrics.polled('gone');
    metrics.throttled(1500);
    metrics.failed('TMDB_UNAVAILABLE');
    metrics.failed('UNEXPECTED');
    metrics.transacted({ result: 'committed', seconds: 0.02 });
    metrics.transacted({ result: 'fenced', seconds: 3 });
    const fault = new ServiceError('TMDB_UNAVAILABLE', 'away');
    metrics.requested({ lane: 'live', status: 0, seconds: 30, fault, offsetMs: null });
    const text = await metrics.text();
    expect(
      [
        ['events_total', 'change_key="images",op="c"'],
        ['events_total', 'change_key="images",op="d"'],
        ['drift_total', 'change_key="images"'],
        ['dead_letters_total', 'reason="id"'],
        ['freshness_seconds_count'],
        ['freshness_seconds_sum'],
        ['freshness_seconds_bucket', 'le="15"'],
        ['polls_total', 'result="gone"'],
        ['throttled_seconds_total'],
        ['faults_total', 'code="TMDB_UNAVAILABLE"'],
        ['faults_total', 'code="UNEXPECTED"'],
        ['transactions_total', 'result="fenced"'],
        ['transaction_duration_seconds_count'],
        ['requests_total', 'lane="live",status="timeout"'],
        ['request_duration_seconds_count'],
      ].map(([name, labels]) => valueOf(text, `tmdb_cdc_${name ?? ''}`, labels)),
    ).toEqual([2, 1, 2, 1, 2, 212, 1, 1, 1.5, 1, 1, 1, 1, 1, 1]);
  });

  it.each([
    [200, null, '200'],
    [200, 'TMDB_UNREADABLE', 'unreadable'],
    [200, 'TMDB_UNAVAILABLE', 'timeout'],
    [0, 'TMDB_UNAVAILABLE', 'timeout'],
    [404, 'TMDB_NOT_FOUND', '404'],
    [401, 'TMDB_UNAUTHORIZED', '401'],
    [429, 'TMDB_UNAVAILABLE', '429'],
    [418, 'TMDB_REFUSED', '4xx'],
    [503, 'TMDB_UNAVAILABLE', '5xx'],
    [301, 'TMDB_REFUSED', '3xx'],
    [700, 'TMDB_REFUSED', 'timeout'],
  ] as const)('a %d with %s counts as %s', (status, code, label) =>
    expect(statusLabel(status, code === null ? null : new ServiceError(code, 'x'))).toBe(label),
  );

  it.each([
    ['id: not 1 to 64 printable characters; time: not an instant that exists', 'id'],
    ['change key: half a character', 'change_key'],
    ['item: Invalid input', 'item'],
    ['action: Invalid input', 'action'],
    ['time: more than a day outside the window asked for', 'time'],
    ['600000 bytes are too many for one record: raw is cut', 'too_large'],
    ['whatever', 'other'],
  ])('the reason of %j is %s', (sentence, reason) => expect(reasonOf(sentence)).toBe(reason));
});
