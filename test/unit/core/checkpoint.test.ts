import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  advance,
  enter,
  entered,
  isWorthWriting,
  nextWindow,
  reopen,
  unseen,
  type Checkpoint,
} from '../../../src/core/checkpoint.ts';
import { member } from '../../../src/core/json.ts';
import { parse, type Output } from '../../../src/core/parse.ts';
import { addDays, dayOf, startOf } from '../../../src/core/time.ts';
import { answer, edits, epoch, placeOfEdit, span, type Edit, type Filter } from '../../support/tmdb-model.ts';

const hour = 3_600_000;
const target = dayOf(epoch);

type Step =
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'overlap'; readonly hours: number }
  | {
      readonly kind: 'live' | 'backfill';
      readonly staleHours: number | null;
      readonly crash: 'no' | 'before' | 'after';
    };

const poll = (kind: 'live' | 'backfill') =>
  fc.record({
    kind: fc.constant(kind),
    staleHours: fc.constantFrom(0, 0, 0, 0, 1, 6, 12, 20, 24, 24, null),
    crash: fc.constantFrom('no' as const, 'no' as const, 'before' as const, 'after' as const),
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 24 * 25 }) }),
  { arbitrary: poll('live'), weight: 4 },
  { arbitrary: poll('backfill'), weight: 2 },
  fc.record({
    kind: fc.constant('overlap' as const),
    hours: fc.oneof(fc.constant(25), fc.integer({ min: 25, max: 264 })),
  }),
);

interface World {
  readonly edits: readonly Edit[];
  readonly filter: Filter;
}

/** A service whose only durable state is the log: published batches and the last checkpoint that went with one. */
const makeService = ({ edits: all, filter }: World, startDay: string) => {
  const state = { now: epoch + span / 2, overlapMs: 48 * hour, stored: enter(startDay), memory: enter(startDay) };
  const log: Output[][] = [];
  const answerAt = (checkpoint: Checkpoint, since: string | undefined, staleHours: number | null) => {
    const window = nextWindow(checkpoint, { now: state.now, ...(since === undefined ? {} : { since }) });
    const taken = state.now - (staleHours ?? 0) * hour;
    const { outputs } = parse(answer(all, window, { taken, filter }), window);
    return { window, outputs, settled: staleHours === null ? null : taken - state.overlapMs, cached: staleHours !== 0 };
  };
  const run = ({ kind, staleHours, crash }: Extract<Step, { staleHours: number | null }>) => {
    const since = kind === 'backfill' ? target : undefined;
    const base =
      since === undefined ? state.memory : reopen(state.memory, { now: state.now, overlapMs: state.overlapMs, since });
    const polled = answerAt(base, since, staleHours);
    const fresh = unseen(base, polled);
    const next = advance(base, polled);
    if (isWorthWriting(state.stored, next, fresh) && crash !== 'before') {
      log.push(fresh);
      state.stored = next;
    }
    state.memory = crash === 'no' ? next : state.stored;
    return polled.window;
  };
  return { state, log, run };
};

const settle = ({ state, run }: ReturnType<typeof makeService>): void => {
  state.now = epoch + span + 30 * 24 * hour;
  state.overlapMs = 48 * hour;
  for (let rounds = 0; rounds < 40; rounds += 1) {
    run({ kind: 'live', staleHours: 0, crash: 'no' });
    run({ kind: 'backfill', staleHours: 0, crash: 'no' });
  }
};

const nameOf = (output: Output): number => Number(member(output.received, 'value'));

it('publishes every change once, in order within each poll, whatever happens', () => {
  const world = fc.record({
    edits,
    filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
  });
  const startDays = fc.integer({ min: 0, max: 35 });
  fc.assert(
    fc.property(world, startDays, fc.array(step, { maxLength: 40 }), (seen, startAt, steps) => {
      const start = addDays(target, startAt);
      const service = makeService(seen, start);
      for (const each of steps) {
        if (each.kind === 'wait') service.state.now = Math.min(service.state.now + each.hours * hour, epoch + span);
        else if (each.kind === 'overlap') service.state.overlapMs = each.hours * hour;
        else service.run(each);
      }
      settle(service);
      const published = service.log.flat().map(nameOf);
      const due = seen.edits.filter(
        (edit) => (placeOfEdit(edit) ?? edit.at) >= startOf(placeOfEdit(edit) === null ? start : target),
      );
      expect(new Set(published).size).toBe(published.length);
      expect(due.filter(({ name }) => !published.includes(name))).toEqual([]);
      for (const batch of service.log) {
        const places = batch.map(({ place }) => place ?? Infinity);
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }
      expect(service.state.stored.since).toBe(target);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 3000) },
  );
});

describe('windows', () => {
  const now = Date.parse('2026-08-18T12:00:00Z');

  it('live asks from the day before to tomorrow and takes the rest', () => {
    expect(nextWindow(enter('2026-08-17'), { now })).toEqual({
      bound: 'from',
      ask: { start: '2026-08-16', end: '2026-08-19' },
      take: { start: '2026-08-17', end: null },
    });
  });

  it('a long absence is cut to 14 days asked and 12 taken', () => {
    expect(nextWindow(enter('2026-01-01'), { now })).toEqual({
      bound: 'from',
      ask: { start: '2025-12-31', end: '2026-01-14' },
      take: { start: '2026-01-01', end: '2026-01-13' },
    });
  });

  it('never asks for more than 14 days', () => {
    const day = fc.integer({ min: 0, max: 5000 }).map((days) => addDays('2012-10-05', days));
    fc.assert(
      fc.property(day, day, fc.integer({ min: 0, max: 5000 }), (from, since, days) => {
        const { ask } = nextWindow(enter(from), { now: startOf(addDays(from, days)), since });
        expect(startOf(ask.end) - startOf(ask.start)).toBeLessThanOrEqual(14 * 24 * hour);
      }),
    );
  });

  it('covers 28 and 29 February and New Year once each in a backfill', () => {
    const taken: string[] = [];
    for (let at = enter('2026-02-20'); at.since > '2023-12-20';) {
      const window = nextWindow(at, { now, since: '2023-12-20' });
      for (let d = window.take.start; d < (window.take.end ?? ''); d = addDays(d, 1)) taken.push(d);
      at = advance(at, { window, outputs: [], settled: now, cached: false });
    }
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken).toEqual(expect.arrayContaining(['2024-02-29', '2023-12-31', '2024-01-01', '2025-02-28']));
    expect(taken).toHaveLength((startOf('2026-02-20') - startOf('2023-12-20')) / (24 * hour));
  });

  it('stops where a stored day lies in the future, but not for a second at midnight', () => {
    expect(() => nextWindow(enter('2026-08-19'), { now })).toThrow(expect.objectContaining({ code: 'CLOCK_SKEW' }));
    expect(nextWindow(enter('2026-08-19'), { now: startOf('2026-08-19') - 1000 }).take.start).toBe('2026-08-19');
  });
});

describe('backfill', () => {
  const now = Date.parse('2026-08-18T12:00:00Z');
  const at = { since: '2026-08-16', from: '2026-08-18', seen: [] };
  const window = nextWindow(at, { now, since: '2026-08-10' });
  const item = {
    id: `${(startOf('2026-08-12') / 1000).toString(16)}aa00000000000001`,
    action: 'added',
    time: '2026-08-12 00:00:00 UTC',
  };
  const { outputs } = parse([{ key: 'title', items: [item] }], window);

  it('publishes and closes days that an answer shows as settled', () => {
    const poll = { window, outputs, settled: startOf('2026-08-16'), cached: false };
    expect(unseen(at, poll)).toHaveLength(1);
    expect(advance(at, poll)).toEqual({ ...at, since: '2026-08-10' });
  });

  it.each([startOf('2026-08-16') - 1, null])('publishes and moves nothing on an answer that shows %s', (settled) => {
    const poll = { window, outputs, settled, cached: true };
    expect(unseen(at, poll)).toEqual([]);
    expect(advance(at, poll)).toEqual(at);
  });
});

it('the stamp of an item without a place in time outlives an older copy, and not an answer of its own', () => {
  const now = Date.parse('2026-08-18T12:00:00Z');
  const at = enter('2026-08-10');
  const window = nextWindow(at, { now });
  const { outputs } = parse([{ key: 'title', items: [{ value: 'no id, no time' }] }], window);
  const undated = { window, outputs, settled: null, cached: false };
  const published = advance(at, undated);
  const copy = { window, outputs: [], settled: startOf('2026-08-15'), cached: true };
  const moved = advance(published, copy);
  expect(moved.from).toBe('2026-08-15');
  expect(unseen(moved, { ...undated, settled: startOf('2026-08-16') })).toEqual([]);
  expect(advance(published, { ...copy, cached: false }).seen).toEqual([]);
});

describe('entering', () => {
  const days = { start: '2026-08-01', today: '2026-08-18' };

  it('a new movie starts at the start day, a known one where it was', () => {
    expect(entered(undefined, days)).toEqual(enter('2026-08-01'));
    expect(entered(enter('2026-07-01'), days)).toEqual(enter('2026-07-01'));
  });

  it('a movie that was entered by a clock ahead of time, and not published, starts today', () => {
    expect(entered(enter('2027-01-01'), days)).toEqual(enter('2026-08-18'));
    const published = { since: '2027-01-01', from: '2027-01-01', seen: ['x'] };
    expect(entered(published, days)).toBe(published);
  });
});
