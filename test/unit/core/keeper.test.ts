import { describe, expect, it } from '@jest/globals';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';
import { makeKeeper, type KeeperOptions } from '../../../src/core/keeper.ts';
import type { Day } from '../../../src/core/time.ts';
import { counted } from '../../support/coverage.ts';

const hour = 3_600_000;
const day = '2026-03-10';
const next = '2026-03-11';
const due = Date.parse('2026-03-13T00:00:00Z');
const frontier = { since: '2026-03-01', through: day };

/** A plan whose lists are these. */
const make = ({
  lists = { [day]: [1] },
  isRead = true,
  later = {},
}: {
  lists?: Readonly<Record<Day, readonly number[]>>;
  isRead?: boolean;
  later?: Readonly<Record<number, Day>>;
}) => {
  const [busy, failed] = [new Set<number>(), new Set<number>()];
  const said = { walks: [] as Day[], asked: [] as number[], closed: [] as Day[] };
  const plan: KeeperOptions['plan'] = {
    walk: (each) => void said.walks.push(each),
    walked: (each) => (lists[each] === undefined ? null : new Set(lists[each])),
    isRead: () => isRead,
    listedFrom: (each) =>
      Object.keys(later)
        .map(Number)
        .filter((id) => (later[id] ?? '') >= each),
    listedLast: (id) => later[id] ?? null,
    ask: (ids) => void said.asked.push(...ids),
    close: (each) => void said.closed.push(each),
  };
  return { keeper: makeKeeper({ plan, overlapMs: 48 * hour, busy, failed }), busy, failed, said };
};

const of = (movies: Readonly<Record<number, Day>>, its = frontier) =>
  makeCoverage(
    new Map(
      Object.entries(movies).map(([id, from]): [number, Stored] => [Number(id), { since: null, from, seen: [] }]),
    ),
    its,
  );
const moved = { since: '2026-03-01', through: next };

describe('the oldest open day', () => {
  it('is not looked at before its end + overlap', () => {
    const { keeper, said } = make({});
    expect(keeper.next(of({ 1: next }), due - 1)).toBeNull();
    expect(said.walks).toEqual([]);
    expect(keeper.until(of({}), due - hour)).toBe(due);
  });

  it('is closed once each movie that it lists has an answer from after it', () => {
    const { keeper, said } = make({});
    expect(keeper.next(of({ 1: next }), due)).toEqual({ frontier: moved, movies: [] });
    expect(said).toEqual({ walks: [day, next], asked: [], closed: [day] });
  });

  it('waits for its walk, and for the list of the next day', () => {
    expect(make({ lists: {} }).keeper.next(of({ 1: next }), due)).toBeNull();
    expect(make({ isRead: false }).keeper.next(of({ 1: next }), due)).toBeNull();
  });

  it('waits for a movie without an answer, and asks for it', () => {
    const { keeper, said } = make({});
    expect(keeper.next(of({}), due)).toBeNull();
    expect(said.asked).toEqual([1]);
  });

  it('waits for a movie that the day named and its last walk does not: rows can be lost', () => {
    const { keeper } = make({ lists: { [day]: [] }, later: { 1: day } });
    expect(keeper.next(of({}), due)).toBeNull();
    expect(keeper.next(of({ 1: next }), due + 1000)).toEqual({ frontier: moved, movies: [] });
  });

  it('waits for a movie that is under way, also for one that could not be read', () => {
    const { keeper, busy, failed, said } = make({});
    busy.add(1);
    failed.add(1);
    expect(keeper.next(of({}), due)).toBeNull();
    expect(said.asked).toEqual([]);
  });

  it('leaves one behind that cannot be read', () => {
    const { keeper, failed } = make({});
    failed.add(1);
    expect(keeper.next(of({}), due)).toEqual({ frontier: moved, movies: [[1, { since: null, from: day, seen: [] }]] });
  });

  it('leaves one behind that a later day lists, whether it stands on its own list or not', () => {
    const { keeper } = make({ later: { 1: next, 2: '2026-03-12' } });
    expect(keeper.next(of({}), due)?.movies.map(([id]) => id)).toEqual([1, 2]);
  });

  it.each([
    ['that is before the frontier', { since: day, through: day }],
    ['that is backfill’s', { since: '2026-03-01', through: day, fresh: true as const }],
  ])('waits for those of the day before, where %s', (_, its) => {
    const lists = { [day]: [], '2026-03-09': [7] };
    const { keeper, said } = make({ lists });
    expect(keeper.next(of({}, its), due)).toBeNull();
    expect(said.asked).toEqual([7]);
    expect(make({ lists: { [day]: [] } }).keeper.next(of({}, its), due)).toBeNull();
    const after = { since: its.since, through: next };
    expect(make({ lists }).keeper.next(of({ 7: next }, its), due)).toEqual({ frontier: after, movies: [] });
  });

  it('is looked at once a second', () => {
    const { keeper, said } = make({ lists: {} });
    for (const ms of [0, 500, 999]) keeper.next(of({}), due + ms);
    expect(said.walks).toEqual([day, next]);
    expect(keeper.until(of({}), due)).toBe(due + 1000);
  });
});

it('one thing is written at a time, and trimming follows, but for who is left behind or under way', () => {
  const { keeper, failed, busy } = make({ lists: { [day]: [1, 2, 3] } });
  failed.add(1);
  const coverage = of({ 2: next, 3: next });
  const close = keeper.next(coverage, due);
  expect(keeper.next(coverage, due + hour)).toBeNull();
  if (close === null) throw new Error('not closed');
  coverage.apply(close);
  keeper.written(close);
  busy.add(3);
  const trim = keeper.next(coverage, due);
  expect(trim).toEqual({ movies: [[2, null]] });
});

it('trimming visits each record once, also those that are changed meanwhile', () => {
  const { keeper } = make({ lists: { [day]: [] } });
  const every = Array.from({ length: 2000 }, (_, at) => [at + 1, next] as const);
  const { coverage, visits } = counted(of(Object.fromEntries(every)));
  let written = 0;
  for (let change = keeper.next(coverage, due); change !== null; change = keeper.next(coverage, due)) {
    coverage.apply(change);
    keeper.written(change);
    written += change.movies.length;
  }
  expect([written, coverage.size(), visits()]).toEqual([2000, 0, 2000]);
});

it('a new session finds again what was not written, and trims nothing for it: others were left behind before', () => {
  const { keeper } = make({});
  const coverage = of({ 1: next, 7: '2026-03-09' });
  expect(keeper.next(coverage, due)).not.toBeNull();
  keeper.open();
  expect(keeper.next(coverage, due + 1000)).toEqual({ frontier: moved, movies: [] });
});
