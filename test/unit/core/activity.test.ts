import { describe, expect, it } from '@jest/globals';
import { makeActivity } from '../../../src/core/activity.ts';
import { makeDelays, makeRate } from '../../../src/core/recent.ts';
import { statusOf, type StatusInput } from '../../../src/core/status-json.ts';

describe('a rate', () => {
  it('is of the last seconds alone', () => {
    const rate = makeRate(30, 0);
    for (let at = 0; at < 60_000; at += 50) rate.add(1, at);
    expect(rate.perSecond(59_999)).toBeCloseTo(20);
    expect(rate.perSecond(75_000)).toBeCloseTo(9.3, 0);
    expect(rate.perSecond(1_000_000)).toBe(0);
  });

  it('of a service that has just started is of the time since', () => {
    const rate = makeRate(30, 5000);
    for (let at = 5000; at < 8000; at += 100) rate.add(1, at);
    expect(rate.perSecond(8000)).toBeCloseTo(10);
  });
});

describe('delays', () => {
  it('have a p95 within a twentieth, and the last one', () => {
    const delays = makeDelays();
    for (let nth = 1; nth <= 1000; nth += 1) delays.add(nth, nth * 100);
    const read = delays.read(100_000, 0.95);
    expect(read?.last).toBe(1000);
    expect(read?.quantile).toBeGreaterThan(940);
    expect(read?.quantile).toBeLessThan(950 * 1.05 + 1);
  });

  it('of more than a quarter of an hour ago are forgotten', () => {
    const delays = makeDelays();
    delays.add(5000, 0);
    delays.add(10, 10 * 60_000);
    expect(delays.read(14 * 60_000, 0.95)?.quantile).toBeGreaterThan(4900);
    expect(delays.read(16 * 60_000, 0.95)?.quantile).toBeLessThan(11);
    expect(delays.read(60 * 60_000, 0.95)).toBeNull();
  });

  it('of none are none', () => expect(makeDelays().read(0, 0.95)).toBeNull());
});

describe('activity', () => {
  it('counts who waits until its turn, once', () => {
    const activity = makeActivity(0);
    const [first, second] = [activity.waits('live'), activity.waits('live')];
    activity.waits('discovery');
    first();
    first();
    expect(activity.waiting()).toEqual({ live: 1, discovery: 1, backfill: 0 });
    second();
    expect(activity.waiting()).toEqual({ live: 0, discovery: 1, backfill: 0 });
  });
});

const at = Date.parse('2026-08-18T12:00:00Z');
const input: StatusInput = {
  ...{ version: '1.2.3', now: at, monotonic: 500_000, startedAt: at - 500_000, watching: 12, nextPollAt: at + 40_000 },
  reading: { isLive: true, isReady: true, word: 'live', degraded: null, checks: [] },
  activity: {
    ...{ delay: { last: 42.04, quantile: 119.96 }, requestsPerSecond: 14.44, changesPerSecond: 6.02 },
    lastFault: { code: 'TMDB_UNAVAILABLE', count: 3, at: at - 120_000 },
  },
  ...{ requestsPerSecond: 20, deadLetters: 2, paused: null },
  ...{ observedThrough: at - 60_000, completeThrough: Date.parse('2026-08-16T00:00:00Z') },
};

describe('the status', () => {
  it('is everything that the page shows, with times as people write them', () =>
    expect(statusOf(input)).toEqual({
      version: '1.2.3',
      state: 'live',
      startedAt: '2026-08-18T11:51:40.000Z',
      watching: 12,
      nextPollAt: '2026-08-18T12:00:40.000Z',
      observedThrough: '2026-08-18T11:59:00.000Z',
      completeThrough: '2026-08-15',
      delay: { lastSeconds: 42, p95Seconds: 120 },
      budget: { used: 14.4, limit: 20 },
      changesPerSecond: 6,
      deadLetters: 2,
      lastFault: { code: 'TMDB_UNAVAILABLE', count: 3, at: '2026-08-18T11:58:00.000Z' },
      degraded: null,
      paused: null,
    }));

  it('says since when TMDB gives nothing, by the clock on the wall', () => {
    const degraded = { code: 'TMDB_UNAVAILABLE', since: 80_000 } as const;
    const reading = { ...input.reading, word: 'degraded', degraded } as const;
    expect(statusOf({ ...input, reading }).degraded).toEqual({
      code: 'TMDB_UNAVAILABLE',
      since: '2026-08-18T11:53:00.000Z',
    });
  });

  it('of a standby has nulls where it knows nothing', () => {
    const unknown = { delay: null, requestsPerSecond: 0, changesPerSecond: 0, lastFault: null };
    const standby = { ...input, reading: { ...input.reading, word: 'standby' as const }, activity: unknown };
    const of = { observedThrough: null, completeThrough: null, deadLetters: null, nextPollAt: Infinity };
    expect(statusOf({ ...standby, ...of })).toMatchObject({
      ...{ state: 'standby', nextPollAt: null, observedThrough: null, completeThrough: null, delay: null },
      ...{ deadLetters: null, lastFault: null },
    });
  });
});
