import { afterEach, expect, it, jest } from '@jest/globals';
import { makeLimit, type LimitOptions } from '../../../src/io/limit.ts';
import { onClockSet, rest, unlessAborted } from '../../../src/io/rest.ts';

const never = new AbortController().signal;
const start = (requestsPerSecond: number, onClockSet: LimitOptions['onClockSet'] = () => undefined) => {
  const throttled: number[] = [];
  const onThrottled = (ms: number): void => void throttled.push(ms);
  const limit = makeLimit({ requestsPerSecond, connections: 4, rest, unlessAborted, onClockSet, onThrottled });
  const starts: number[] = [];
  const call = async () => {
    starts.push(performance.now());
    return Promise.resolve(1);
  };
  return { limit, starts, call, throttled };
};

it('keeps an even pace, also for what failed and comes again', async () => {
  const { limit, starts } = start(50);
  const calls = Array.from({ length: 10 }, async () => {
    let failed = false;
    const call = async () => {
      starts.push(performance.now());
      if (!failed) {
        failed = true;
        throw new Error('once');
      }
      return Promise.resolve(1);
    };
    return limit.schedule(call, never).catch(async () => limit.schedule(call, never));
  });
  await Promise.all(calls);
  expect(starts).toHaveLength(20);
  // Nineteen gaps of 20 ms: a burst would be over long before.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(19 * 20 * 0.9);
});

it('a pause holds every request back, and no burst follows it', async () => {
  const { limit, starts, call } = start(100);
  await limit.schedule(call, never);
  const pausedAt = performance.now();
  limit.pause(300);
  limit.pause(10); // a shorter one does not shorten it
  await Promise.all(Array.from({ length: 10 }, async () => limit.schedule(call, never)));
  expect((starts[1] ?? 0) - pausedAt).toBeGreaterThan(290);
  expect((starts.at(-1) ?? 0) - (starts[1] ?? 0)).toBeGreaterThan(9 * 10 * 0.9);
});

it('waiting ends with the signal, in a pause and in the queue', async () => {
  const { limit, starts, call } = start(1);
  await limit.schedule(call, never);
  const stop = new AbortController();
  const queued = limit.schedule(call, stop.signal);
  limit.pause(60_000);
  const paused = limit.schedule(call, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(queued).rejects.toThrow('stopped');
  await expect(paused).rejects.toThrow();
  expect(starts).toHaveLength(1);
});

it('what was aborted holds up nobody who comes after', async () => {
  const { limit, starts, call } = start(5);
  const stop = new AbortController();
  const dead = Array.from({ length: 40 }, async () => limit.schedule(call, stop.signal));
  stop.abort(new Error('stopped'));
  expect((await Promise.allSettled(dead)).every(({ status }) => status === 'rejected')).toBe(true);
  const at = performance.now();
  await limit.schedule(call, never);
  expect((starts.at(-1) ?? 0) - at).toBeLessThan(2000); // the four of the connections, at most
  await limit.close();
});

afterEach(() => void jest.restoreAllMocks());

it.each([-3_600_000, 3_600_000])('goes on at its pace when the clock is set by %i ms', async (ms) => {
  const offset = { ms: 0 };
  const real = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => real() + offset.ms); // bottleneck reads it itself
  const { limit, starts, call } = start(20, (signal, act) => onClockSet(() => Date.now(), signal, act));
  await limit.schedule(call, never);
  offset.ms = ms;
  const at = performance.now();
  await Promise.all(Array.from({ length: 9 }, async () => limit.schedule(call, never)));
  expect(starts).toHaveLength(10);
  expect(performance.now() - at).toBeLessThan(5000);
  expect((starts.at(-1) ?? 0) - (starts[1] ?? 0)).toBeGreaterThan(7 * 50 * 0.9);
  await limit.close();
});

it('tells by how much longer nothing may be asked', async () => {
  const { limit, throttled } = start(100);
  for (const ms of [1000, 500, 3000, 0]) limit.pause(ms);
  expect(throttled).toHaveLength(2);
  expect(throttled.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(2900);
  expect(throttled.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(3000 + 1000);
  await limit.close();
});
