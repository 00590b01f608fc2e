import { describe, expect, it } from '@jest/globals';
import { behind, closeDay, entering, enteringAll, owing, trimming } from '../../../src/core/closing.ts';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';
import { startOf } from '../../../src/core/time.ts';

const frontier = { since: '2026-03-01', through: '2026-03-10' };
const of = (movies: Readonly<Record<number, Partial<Stored>>>, its: typeof frontier | null = frontier) =>
  makeCoverage(
    new Map(
      Object.entries(movies).map(([id, stored]) => [Number(id), { since: null, from: null, seen: [], ...stored }]),
    ),
    its,
  );
const stampOn = (day: string): string => (startOf(day) / 1000).toString(16).padStart(8, '0') + '0'.repeat(16);
const now = startOf('2026-03-13');

describe('whoever enters', () => {
  it('has a record from its first day, unless it has one already or the frontier speaks for it', () => {
    const days = { startOf: () => '2026-03-08', today: '2026-03-13' };
    expect([...entering(of({ 1: { since: '2026-03-05', from: '2026-03-09' } }, null), [1, 2], days)]).toEqual([
      { movies: [[2, { since: '2026-03-08', from: '2026-03-08', seen: [] }]] },
    ]);
    expect([...entering(of({}), [1, 2], days)]).toEqual([]);
  });

  it('a watch on everything begins with a frontier that speaks of no day', () => {
    const start = '2026-03-08';
    expect(enteringAll(of({}, null), { start, now })).toEqual({
      frontier: { since: start, through: start },
      movies: [],
    });
    expect(enteringAll(of({}), { start, now })).toBeNull();
  });

  it('a frontier that a clock ahead of time has written begins today, but not once there is a record', () => {
    const ahead = { since: '2026-04-01', through: '2026-04-01' };
    const today = '2026-03-13';
    expect(enteringAll(of({}, ahead), { start: '2026-03-08', now })?.frontier).toEqual({
      since: today,
      through: today,
    });
    expect(enteringAll(of({ 1: {} }, ahead), { start: '2026-03-08', now })).toBeNull();
  });
});

it('behind is whose own end lies before the frontier’s', () => {
  const movies = { 1: { from: '2026-03-09' }, 2: { from: '2026-03-10' }, 3: {}, 4: { from: '2026-03-12' } };
  expect(behind(of(movies))).toEqual([1]);
  expect(behind(of({ 1: { since: '2026-03-01', from: '2026-03-09' } }, null))).toEqual([]);
});

it('a listed movie owes an answer from after the day, with a record and without', () => {
  const coverage = of({ 1: { from: '2026-03-10' }, 2: { from: '2026-03-11' }, 3: { seen: [stampOn('2026-03-10')] } });
  expect(owing(coverage, '2026-03-10', [1, 2, 3, 4])).toEqual([1, 3, 4]);
});

it('a day is closed with a record of who is left behind, unless it has one that says from when on', () => {
  const seen = [stampOn('2026-03-10')];
  expect(closeDay(of({ 1: { from: '2026-03-04' }, 2: { seen } }), frontier, [1, 2, 3])).toEqual({
    frontier: { since: '2026-03-01', through: '2026-03-11' },
    movies: [
      [2, { since: null, from: '2026-03-10', seen }],
      [3, { since: null, from: '2026-03-10', seen: [] }],
    ],
  });
});

describe('after a day was closed', () => {
  const trimmed = (stored: Partial<Stored>, isKept = false) =>
    [...trimming(of({ 1: stored }), () => isKept)].flatMap(({ movies }) => movies.map(([, kept]) => kept));

  it.each<[Partial<Stored>, Stored | null]>([
    [{}, null],
    [{ from: '2026-03-10' }, null],
    [{ from: '2026-03-09' }, null],
    [{ since: '2026-03-01', from: '2026-03-10', seen: [stampOn('2026-03-09')] }, null],
    [
      { since: '2026-03-05', from: '2026-03-09' },
      { since: '2026-03-05', from: null, seen: [] },
    ],
    [
      { seen: [stampOn('2026-03-09'), stampOn('2026-03-10')] },
      { since: null, from: null, seen: [stampOn('2026-03-10')] },
    ],
    [
      { from: '2026-03-09', seen: ['rejected-0'] },
      { since: null, from: null, seen: ['rejected-0'] },
    ],
  ])('of %j only what the frontier does not say is kept', (stored, kept) => {
    expect(trimmed(stored)).toEqual([kept]);
    expect(trimmed(stored, true)).toEqual([]);
  });

  it.each<Partial<Stored>>([
    { from: '2026-03-08' }, // behind
    { from: '2026-03-11' }, // further
    { since: '2026-03-05' },
    { seen: [stampOn('2026-03-10')] },
  ])('%j stays as it is', (stored) => {
    expect(trimmed(stored)).toEqual([]);
  });

  it('without a frontier nothing is trimmed', () => {
    expect([...trimming(of({ 1: { since: '2026-03-01', from: '2026-03-09' } }, null), () => false)]).toEqual([]);
  });
});
