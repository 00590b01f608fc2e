import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, dayMs, dayOf, laterOf } from '../../../../src/core/time.ts';
import { makeBackfill } from '../../../../src/core/backfill/backfill.ts';
import type { BackfillNote } from '../../../../src/core/backfill/notes.ts';
import { nextWindow } from '../../../../src/core/checkpoint.ts';
import { pollInTurn, type Place, type Polled } from '../../../../src/pipeline.ts';
import { makeCoverage, type Change, type Coverage, type Stored } from '../../../../src/core/coverage.ts';
import { extentOf, isBackfilled, wish } from '../../../../src/core/backfill/extent.ts';
import { opening } from '../../../../src/core/backfill/opening.ts';
import type { RangePage } from '../../../../src/core/backfill/range-walk.ts';
import { counted } from '../../../support/coverage.ts';
import { makeWorld, type World } from '../../../support/backfill-model.ts';
import { edits, epoch, span } from '../../../support/tmdb-model.ts';

const hour = 3_600_000;
const startAt = epoch + 50 * dayMs;

interface Trouble {
  readonly kind: 'none' | 'failed' | 'session' | 'process' | 'wait';
  readonly choice: number;
  readonly staleHours: number | null;
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constantFrom(...(['none', 'none', 'none', 'none', 'failed', 'session', 'process', 'wait'] as const)),
  choice: fc.nat({ max: 50 }),
  staleHours: fc.constantFrom(0, 0, 0, 0, 6, 20, null),
});

const anyTroubles = fc.array(trouble, { maxLength: 120, size: 'max' });

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    movies: fc.array(edits, { minLength: 1, maxLength: 6 }),
    filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
    isAll: fc.boolean(),
    isLive: fc.boolean(),
    overlapHours: fc.constantFrom(25, 48, 264),
    start: fc.integer({ min: 30, max: 50 }).map((days) => addDays(dayOf(epoch), days)),
    wanted: fc.integer({ min: -5, max: 49 }).map((days) => addDays(dayOf(epoch), days)),
    gone: fc.constantFrom(null, null, 1),
    rows: fc.integer({ min: 1, max: 3 }),
  })
  .map((world) => {
    // How the lists close live polling's days, after an absence and on the first day, is not looked at here.
    if (!world.isAll || !world.isLive) return world;
    const open = dayOf(startAt - world.overlapHours * hour);
    return { ...world, start: laterOf(open, world.start), filter: { ...world.filter, by: 'time' as const } };
  });

/** `after`: how many turns go by before backfill is asked for. */
const live = (given: World, troubles: readonly Trouble[], after: number) => {
  const world = makeWorld(given, startAt);
  if (!given.isLive) world.want(0);
  const left = [...troubles];
  let seed = 1;
  const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let turn = 0; turn < 20_000; turn += 1) {
    if (turn === after && given.isLive) world.want(turn);
    const rest = world.fill(6);
    if (world.isIdle()) {
      if ('done' in rest || (given.isLive && turn > after && world.logged.wanted() === null)) break;
      if (world.now() > epoch + span + 40 * dayMs) break;
      world.wait(Math.min(Math.max('until' in rest ? rest.until - world.now() : 0, 1000), 3 * hour));
    }
    const met = left.shift() ?? { kind: 'none', choice: chance(), staleHours: 0 };
    if (met.kind === 'wait') world.wait((met.choice % 5) * hour);
    if (met.kind === 'session' || met.kind === 'process') world.end(met.choice, met.kind === 'process');
    else world.step(met.choice, met.staleHours, met.kind === 'failed');
  }
  return world;
};

describe('backfill', () => {
  it('publishes everything from the wanted day on once, whatever ends a session in between', () => {
    fc.assert(
      fc.property(anyWorld, anyTroubles, fc.nat({ max: 60 }), (given, troubles, after) => {
        const world = live(given, troubles, after);
        const late = given.movies
          .map((_, at) => at + 1)
          .filter((movieId) => movieId !== given.gone)
          .filter((movieId) => (world.logged.at(movieId)?.since ?? '9') > given.wanted);
        const { since } = world.logged.frontier() ?? { since: '' };
        const untrimmed = [...world.logged.records()].filter(([, own]) => own.since === since);
        expect({ problems: world.problems, wanted: world.logged.wanted(), late, untrimmed }).toEqual({
          ...{ problems: [], wanted: null, late: [], untrimmed: [] },
        });
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) },
    );
  }, 120_000);
});

const now = Date.parse('2026-11-27T12:00:00Z');
const overlapMs = 48 * hour;
const frontier = { since: '2026-11-01', through: '2026-11-25' };

const makeOne = (stored: readonly (readonly [number, Stored])[] = [], wanted = '2026-10-20') => {
  const notes: BackfillNote[] = [];
  const coverage = makeCoverage(new Map(stored), frontier, { wanted });
  const asked: number[] = [];
  const backfill = makeBackfill({
    ...{ watched: () => 'all' as const, overlapMs, atMost: 3, isBusy: () => false },
    ask: (movies) => void asked.push(...movies),
    onNote: (note) => void notes.push(note),
  });
  backfill.open(coverage, now);
  /** The next list page. */
  const page = (): RangePage => {
    const task = backfill.next(now);
    if (!('list' in task)) throw new Error(`no list: ${JSON.stringify(task)}`);
    return task.list;
  };
  const list = (ids: readonly number[], pages = 1, taken: number | null = now): void =>
    backfill.listed({ ids, pages, results: pages * 100, taken }, now);
  return { backfill, coverage, notes, asked, page, list };
};

describe('a window of everything', () => {
  it('is halved while its list has more than 500 pages, down to one day, whose list is read and reported', () => {
    const { page, list, notes } = makeOne();
    expect(page()).toEqual({ start: '2026-10-19', end: '2026-11-02', page: 1 });
    for (const start of ['2026-10-25', '2026-10-28', '2026-10-29']) {
      list([1], 501);
      expect(page()).toEqual({ start, end: '2026-11-02', page: 1 });
    }
    list([1], 501);
    expect(page()).toEqual({ start: '2026-10-30', end: '2026-11-02', page: 1 });
    expect(notes).toEqual([]);
    list([1], 501);
    expect(notes).toEqual([{ kind: 'CUT', start: '2026-10-31', end: '2026-11-01' }]);
    expect(page()).toEqual({ start: '2026-10-30', end: '2026-11-02', page: 2 });
  });

  it('is halved where TMDB refuses a page that it has spoken of', () => {
    const { backfill, page, list } = makeOne();
    page();
    list([1], 400);
    page();
    backfill.listFailed({ isOver: false, isFinal: true, now });
    expect(page()).toEqual({ start: '2026-10-25', end: '2026-11-02', page: 1 });
  });

  it('takes no page that is a copy from before the days were settled', () => {
    const { backfill, page, list } = makeOne();
    page();
    list([1], 1, Date.parse('2026-11-02T12:00:00Z'));
    expect(backfill.next(now)).toEqual({ until: now + 600_000 });
    list([1], 1, null);
    expect(backfill.next(now)).toEqual({ until: now + 600_000 });
  });

  it('goes round a movie that TMDB does not know: it keeps its days, and the frontier moves', () => {
    const { backfill, coverage, page, list, notes } = makeOne();
    page();
    list([7]);
    expect(backfill.next(now)).toEqual({ movieId: 7, since: '2026-10-20' });
    backfill.failed(7, { isOver: false, isFinal: true, now });
    const task = backfill.next(now);
    expect(task).toEqual({
      change: {
        frontier: { since: '2026-10-20', through: '2026-11-25' },
        movies: [[7, { since: '2026-11-01', from: '2026-11-25', seen: [] }]],
      },
    });
    if ('change' in task) coverage.apply(task.change);
    expect(backfill.next(now)).toEqual({ movieId: 7, since: '2026-10-20' });
    backfill.failed(7, { isOver: false, isFinal: true, now });
    expect(backfill.next(now)).toEqual({ change: { movies: [], wanted: null } });
    expect(notes.at(-1)).toEqual({ kind: 'DONE', since: '2026-10-20', gone: 1 });
  });

  it('leaves it to be seen that live polling has closed no day yet', () => {
    const coverage = makeCoverage(new Map(), { since: '2026-11-20', through: '2026-11-20' }, { wanted: '2026-11-18' });
    const backfill = makeBackfill({
      ...{ watched: () => 'all' as const, overlapMs, atMost: 3, isBusy: () => false },
      ...{ ask: () => undefined, onNote: () => undefined },
    });
    for (const since of ['2026-11-18', '2026-11-16']) {
      coverage.apply({ movies: [], wanted: since });
      backfill.open(coverage, now);
      expect(backfill.next(now)).toHaveProperty('list');
      backfill.listed({ ids: [], pages: 1, results: 0, taken: now }, now);
      const task = backfill.next(now);
      expect(task).toEqual({ change: { frontier: { since, through: '2026-11-20', fresh: true }, movies: [] } });
      if ('change' in task) coverage.apply(task.change);
      backfill.next(now);
    }
  });

  it('is not closed while a movie that keeps its days is in the pipeline', () => {
    const busy = new Set<number>();
    const coverage = makeCoverage(new Map(), frontier, { wanted: '2026-10-20' });
    const backfill = makeBackfill({
      ...{ watched: () => 'all' as const, overlapMs, atMost: 3, isBusy: (movieId) => busy.has(movieId) },
      ...{ ask: () => undefined, onNote: () => undefined },
    });
    backfill.open(coverage, now);
    backfill.next(now);
    backfill.listed({ ids: [7], pages: 1, results: 1, taken: now }, now);
    backfill.next(now);
    backfill.failed(7, { isOver: false, isFinal: true, now });
    busy.add(7);
    expect(backfill.next(now)).toEqual({ until: now + 500 });
    busy.clear();
    expect(backfill.next(now)).toMatchObject({ change: { frontier: { since: '2026-10-20' } } });
  });

  it('has no more under way than it may', () => {
    const { backfill, page, list } = makeOne();
    page();
    list([1, 2, 3, 4, 5]);
    expect([1, 2, 3].map(() => 'movieId' in backfill.next(now))).toEqual([true, true, true]);
    expect(backfill.next(now)).toEqual({ until: Infinity });
    backfill.failed(5, { isOver: true, now });
    expect('movieId' in backfill.next(now)).toBe(true);
  });
});

describe('a watch list', () => {
  const own = (movieId: number): [number, Stored] => [movieId, { since: '2026-10-25', from: '2026-11-25', seen: [] }];
  const makeList = () => {
    const notes: BackfillNote[] = [];
    const coverage = makeCoverage(new Map([own(1), own(2)]), null, { wanted: '2026-10-20' });
    const state = { watched: [1], busy: new Set<number>() };
    const backfill = makeBackfill({
      ...{ watched: () => state.watched, overlapMs, atMost: 3, isBusy: (movieId) => state.busy.has(movieId) },
      ...{ ask: () => undefined, onNote: (note) => void notes.push(note) },
    });
    backfill.open(coverage, now);
    const poll = (movieId: number): void => {
      expect(backfill.next(now)).toEqual({ movieId, since: '2026-10-20' });
      coverage.put(movieId, { since: '2026-10-20', from: '2026-11-25', seen: [] });
      backfill.polled(movieId, now);
    };
    return { backfill, coverage, notes, state, poll };
  };

  it('that gets a movie while backfill goes on is gone over again', () => {
    const { backfill, state, poll } = makeList();
    poll(1);
    state.watched = [1, 2];
    expect(backfill.next(now)).toEqual({ until: now + 1000 });
    expect(backfill.next(now + 1000)).toEqual({ movieId: 2, since: '2026-10-20' });
  });

  it('is waited for while one of its movies is in the pipeline, whoever asked', () => {
    const { backfill, state } = makeList();
    state.busy.add(1);
    expect(backfill.next(now)).toEqual({ until: now + 1000 });
    expect(backfill.next(now + 999)).toEqual({ until: now + 1000 });
    state.busy.clear();
    expect(backfill.next(now + 1000)).toEqual({ movieId: 1, since: '2026-10-20' });
  });

  it('of which TMDB did not know a movie asks for it again with the next command', () => {
    const { backfill, coverage, notes } = makeList();
    backfill.next(now);
    backfill.failed(1, { isOver: false, isFinal: true, now });
    expect(backfill.next(now)).toMatchObject({ change: { wanted: null } });
    expect(notes).toEqual([{ kind: 'DONE', since: '2026-10-20', gone: 1 }]);
    coverage.apply({ movies: [], wanted: '2026-10-18' });
    backfill.open(coverage, now);
    expect(backfill.next(now)).toEqual({ movieId: 1, since: '2026-10-18' });
  });
});

it('says so when live polling leaves no turn for a minute, and not again at once', () => {
  const { backfill, notes } = makeOne();
  for (let ms = 0; ms < 300_000; ms += 1000) backfill.passed(now + ms);
  expect(notes).toEqual([{ kind: 'STARVED' }]);
});

it('waits for days that are not settled, and says so', () => {
  const notes: BackfillNote[] = [];
  const backfill = makeBackfill({
    ...{ watched: () => [1], overlapMs: 264 * hour, atMost: 3, isBusy: () => false, ask: () => undefined },
    onNote: (note) => void notes.push(note),
  });
  const stored: Stored = { since: '2026-11-20', from: '2026-11-25', seen: [] };
  backfill.open(makeCoverage(new Map([[1, stored]]), null, { wanted: '2026-10-01' }), now);
  const until = Date.parse('2026-11-20T00:00:00Z') + 264 * hour;
  backfill.next(now);
  expect(backfill.next(now)).toEqual({ until });
  expect(notes).toEqual([{ kind: 'WAITING', until }]);
});

it('one movie whose days are not settled holds up no other', () => {
  const backfill = makeBackfill({
    ...{ watched: () => [1, 2, 3], overlapMs: 264 * hour, atMost: 3, isBusy: () => false },
    ...{ ask: () => undefined, onNote: () => undefined },
  });
  const stored = (since: string): Stored => ({ since, from: '2026-11-25', seen: [] });
  const records = new Map([
    [1, stored('2026-11-20')],
    [2, stored('2026-11-10')],
    [3, stored('2026-11-11')],
  ]);
  const since = '2026-10-01';
  backfill.open(makeCoverage(records, null, { wanted: since }), now);
  expect([backfill.next(now), backfill.next(now)]).toEqual([
    { movieId: 2, since },
    { movieId: 3, since },
  ]);
  expect(backfill.next(now)).toEqual({ until: Date.parse('2026-11-20T00:00:00Z') + 264 * hour });
});

it('counts what is left', () => {
  const options = { to: '2026-10-01', start: '2026-11-26', overlapMs, now };
  const own: Stored = { since: '2026-11-20', from: '2026-11-25', seen: [] };
  const coverage = makeCoverage(new Map([[1, own]]), frontier);
  expect(extentOf(coverage, { ...options, watched: 'all' })).toEqual({
    ...{ since: '2026-11-01', windows: 3, movieWindows: 5, movies: 1, reopened: 0 },
  });
  const none = makeCoverage(new Map(), null);
  expect(extentOf(none, { ...options, watched: [1, 2] })).toEqual({
    ...{ since: null, windows: 0, movieWindows: 10, movies: 2, reopened: 2 },
  });
});

it('counts the movies that go back with a frontier of which nothing is closed', () => {
  const options = { to: '2026-10-01', start: '2026-11-26', overlapMs, now };
  const fresh = { since: dayOf(now), through: dayOf(now) };
  const seen: Stored = { since: null, from: null, seen: ['a'] };
  const coverage = makeCoverage(new Map([[1, seen], [2, seen]]), fresh); // prettier-ignore
  const extent = extentOf(coverage, { ...options, watched: 'all' });
  expect(extent).toMatchObject({ reopened: 2, movieWindows: 0, movies: 0 });
  const [first] = [...opening(coverage, { overlapMs, now, wanted: options.to })].filter((change) => change !== null);
  expect(first?.movies.map(([movieId]) => movieId)).toEqual([1, 2]);
});

it('asking only ever asks for more: a later day, or one that is published, changes nothing', () => {
  const of = (wanted: string | null) => makeCoverage(new Map(), frontier, { wanted });
  const options = { watched: 'all' as const, start: '2026-11-26', overlapMs, now };
  const [there, between, early] = ['2026-11-10', '2026-10-20', '2026-10-01'];
  expect(wish(of(early), { ...options, to: there })).toBeNull();
  expect(wish(of(null), { ...options, to: there })).toBeNull();
  expect(wish(of(early), { ...options, to: between })).toBeNull();
  expect(wish(of(between), { ...options, to: early })).toEqual({ movies: [], wanted: early });
  expect(wish(of(null), { ...options, to: early })).toEqual({ movies: [], wanted: early });
});

it('a record of a poll of backfill is another one than that of a movie that enters', () => {
  const own: Stored = { since: '2026-11-20', from: '2026-11-25', seen: [] };
  expect(isBackfilled(undefined, own)).toBe(true);
  expect(isBackfilled(own, { ...own, since: '2026-11-08' })).toBe(true);
  expect(isBackfilled(own, { ...own, from: '2026-11-26' })).toBe(false);
  expect(isBackfilled(own, null)).toBe(false);
  expect(isBackfilled(undefined, { ...own, since: own.from })).toBe(false);
});

describe('a poll that the frontier overtakes', () => {
  const polled = { since: '2026-11-01', from: '2026-11-25', seen: ['x'] };
  it('is kept as what the frontier says by then, where their days meet', () => {
    const coverage = makeCoverage(new Map(), frontier);
    coverage.apply({ frontier: { since: '2026-10-20', through: '2026-11-25' }, movies: [] });
    expect(coverage.writing(1, polled)).toEqual({ ...polled, since: null });
  });

  it('is kept as what the frontier says where that closes a day', () => {
    const coverage = makeCoverage(new Map(), frontier);
    coverage.apply({ frontier: { ...frontier, through: '2026-11-27' }, movies: [] });
    const seen = ['2026-11-25', '2026-11-27'].map((each) => `${Date.parse(each) / 1000}-x`);
    expect(coverage.writing(1, { since: '2026-10-20', from: '2026-11-26', seen })).toEqual({
      ...{ since: '2026-10-20', from: '2026-11-27', seen: seen.slice(1) },
    });
  });

  it('keeps its own days where they do not', () => {
    const coverage = makeCoverage(new Map(), frontier);
    coverage.apply({ frontier: { since: '2026-10-20', through: '2026-10-20' }, movies: [] });
    expect(coverage.writing(1, polled)).toEqual(polled);
  });

  it('is remembered as it was written', () => {
    const coverage = makeCoverage(new Map(), frontier);
    const before = coverage.writing(1, { ...polled, since: '2026-10-20' });
    coverage.apply({ frontier: { since: '2026-10-20', through: '2026-11-25' }, movies: [] });
    coverage.put(1, { ...polled, since: '2026-10-20' });
    expect(coverage.record(1)).toEqual(before);
  });
});

it('what was not written of a poll is no record', async () => {
  const coverage = makeCoverage(new Map(), frontier);
  const step = async ({ checkpoint }: Place): Promise<Polled> =>
    Promise.resolve({
      ...{ checkpoint, window: nextWindow(checkpoint, { now }), isWritten: false, published: 0, rejected: 0, told: [] },
      ...{ outside: 0, late: 0, taken: now, newestAt: null, expiresAt: null },
    });
  await pollInTurn(coverage, { movieId: 1, to: undefined }, step);
  expect(coverage.record(1)).toBeUndefined();
});

it('before anything is polled, all that nothing is closed of goes back to the oldest open day', () => {
  const records: [number, Stored][] = [
    [1, { since: null, from: '2026-11-27', seen: ['a'] }],
    [2, { since: '2026-11-26', from: '2026-11-27', seen: [] }],
  ];
  const start = { since: '2026-11-27', through: '2026-11-27' };
  const coverage = makeCoverage(new Map(records), start, { wanted: '2026-10-20' });
  const asked: number[] = [];
  const backfill = makeBackfill({
    ...{ watched: () => 'all' as const, overlapMs, atMost: 3, isBusy: () => false },
    ...{ ask: (movies) => void asked.push(...movies), onNote: () => undefined },
  });
  backfill.open(coverage, now);
  const written: Change[] = [];
  for (let change = backfill.opening(now); change !== null; change = backfill.opening(now))
    written.push(coverage.apply(change));
  expect(written).toEqual([
    { movies: [[1, { since: '2026-11-27', from: '2026-11-27', seen: ['a'] }]] },
    { frontier: { since: '2026-11-25', through: '2026-11-25' }, movies: [] },
    { movies: [[1, { since: null, from: '2026-11-25', seen: ['a'] }]] },
  ]);
  expect(asked).toEqual([1]);
});

describe('of many records each is visited a few times, not once for each turn', () => {
  const many = (own: Stored): Map<number, Stored> => new Map(Array.from({ length: 2000 }, (_, at) => [at, own]));
  const makeMany = (coverage: Coverage, busy: ReadonlySet<number>) => {
    const backfill = makeBackfill({
      ...{ watched: () => 'all' as const, overlapMs, atMost: 9, isBusy: (movieId) => busy.has(movieId) },
      ...{ ask: () => undefined, onNote: () => undefined },
    });
    backfill.open(coverage, now);
    return backfill;
  };

  it('where a session opens: spelled out, given other bounds, and looked at once more', () => {
    const start = { since: '2026-11-27', through: '2026-11-27' };
    const own = { since: null, from: '2026-11-27', seen: ['a'] };
    const { coverage, visits } = counted(makeCoverage(many(own), start, { wanted: '2026-10-20' }));
    const backfill = makeMany(coverage, new Set());
    let written = 0;
    for (let change = backfill.opening(now); change !== null; change = backfill.opening(now)) {
      coverage.apply(change);
      written += change.movies.length;
    }
    expect([written, visits()]).toEqual([4000, 6000]);
  });

  it('where the frontier has moved: trimmed once, but for who is in the pipeline', () => {
    const its = { since: '2026-10-20', through: '2026-11-25' };
    const records = many({ since: its.since, from: null, seen: [] });
    records.set(5000, { since: '2026-10-21', from: '2026-11-25', seen: [] });
    const { coverage, visits } = counted(makeCoverage(records, its, { wanted: its.since }));
    const busy = new Set([7]);
    const backfill = makeMany(coverage, busy);
    const turn = () => {
      const task = backfill.next(now);
      if ('change' in task) coverage.apply(task.change);
      return task;
    };
    for (let task = turn(); 'change' in task; task = turn());
    expect(coverage.size()).toBe(2);
    for (let count = 0; count < 10; count += 1) expect(turn()).toEqual({ until: now + 500 });
    busy.clear();
    expect(turn()).toEqual({ change: { movies: [[7, null]] } });
    for (let count = 0; count < 10; count += 1) turn();
    expect(visits()).toBeLessThan(2010);
  });
});
