import { expect, it } from '@jest/globals';
import { makeAgenda } from '../../../src/core/agenda.ts';
import { fingerprintOf, type Watched } from '../../../src/core/bounds.ts';
import { makeCoverage, type Frontier, type Stored } from '../../../src/core/coverage.ts';
import type { Watermark } from '../../../src/core/events.ts';
import { withWatermarks } from '../../../src/core/marking.ts';
import { makePlan } from '../../../src/core/schedule/plan.ts';
import { startOf, type Day } from '../../../src/core/time.ts';
import { changeOf } from '../../../src/core/watch.ts';

const now = Date.parse('2026-03-20T12:00:00Z');
const overlapMs = 48 * 3_600_000;
const start = '2026-03-02';
const fresh: Stored = { since: start, from: '2026-03-18', seen: [] };
const stale: Stored = { since: '2026-03-04', from: '2026-03-09', seen: [] };

interface Case {
  readonly said: Watched;
  readonly watched: Watched;
  readonly records: Readonly<Record<number, Stored>>;
  readonly frontier?: Frontier;
}

const lastOf = (said: Watched): Watermark => ({
  ...{ observed_through: now - 60_000, complete_through: startOf('2026-03-18'), since: startOf(start) },
  ...{ at: now - 30_000, spare_requests_per_second: 1, watch: fingerprintOf(said) },
});

const begin = ({ said, watched, records, frontier }: Case) => {
  const coverage = makeCoverage(
    new Map(Object.entries(records).map(([id, stored]) => [Number(id), stored])),
    frontier ?? null,
  );
  const plan = makePlan({
    ...{ requestsPerSecond: 20, intervalMs: 900_000, overlapMs, hasLists: watched === 'all' },
    watched: watched === 'all' ? 'all' : [],
  });
  const agenda = makeAgenda({ plan, watched, overlapMs, start, onRemark: () => undefined });
  const { known, claim, late } = plan;
  const how = { watched, hasLists: watched === 'all', overlapMs, requestsPerSecond: 20 };
  const marked = withWatermarks(agenda, { ...how, known, claim, late });
  marked.open(coverage, now, lastOf(said));
  /** What is said, one after another, before TMDB is asked for a movie or a list. */
  const saidFirst = (): Watermark[] => {
    const all: Watermark[] = [];
    for (let turns = 0; turns < 50; turns += 1) {
      const task = marked.next(now);
      if ('movieId' in task || 'list' in task) return all;
      if ('watermark' in task) all.push(task.watermark);
      if (!('change' in task)) continue;
      const { change, said = null } = task;
      if (said !== null) all.push(said);
      if (change.movies.length === 0 && change.frontier === undefined)
        expect(marked.next(now)).toEqual({ until: Infinity }); // it is not committed yet
      coverage.apply(change);
      marked.written(change, now);
    }
    throw new Error('nothing is asked');
  };
  return { agenda, marked, saidFirst };
};

const backTo = (day: Day) => ({ observed_through: startOf(day), complete_through: startOf(day) });

it.each<[string, Case, Day]>([
  ['has no record', { said: [550], watched: [550, 551], records: { 550: fresh } }, start],
  ['was watched before', { said: [550], watched: [551, 550], records: { 550: fresh, 551: stale } }, '2026-03-09'],
  ['was watched alone', { said: [550], watched: [551], records: { 550: fresh, 551: stale } }, '2026-03-09'],
  ['is any', { said: [550], watched: 'all', records: { 550: fresh } }, start],
  [
    'is any and was',
    { said: [550], watched: 'all', records: {}, frontier: { since: start, through: '2026-03-08' } },
    '2026-03-08',
  ],
  [
    'was left behind',
    { said: 'all', watched: [551], records: { 551: stale }, frontier: { since: start, through: '2026-03-18' } },
    '2026-03-09',
  ],
])('a watermark goes back before a movie is polled that enters by a restart and %s', (_, one, day) => {
  const said = begin(one).saidFirst();
  expect(said.at(-1)).toMatchObject(backTo(day));
  const through = said.map((each) => each.observed_through ?? 0);
  expect(through).toEqual(through.toSorted((a, b) => b - a));
});

it.each<[string, Case['records']]>([
  ['was watched before', { 550: fresh, 551: stale, 552: { ...stale, from: '2026-03-12' } }],
  ['has no record', { 550: fresh }],
])('a watermark goes back before a movie is polled that enters by the watch file and %s', (_, records) => {
  const { agenda, marked, saidFirst } = begin({ said: [550], watched: [550], records });
  saidFirst();
  const change = (before: readonly number[], ids: readonly number[], from: Day): Watermark[] => {
    agenda.watch(changeOf(before, ids), { from, hasLists: false, now });
    marked.watch(changeOf(before, ids), { hasLists: false, now });
    return saidFirst();
  };
  expect(change([550], [550, 551], '2026-03-09')[0]).toMatchObject(backTo('2026-03-09'));
  for (const said of change([550, 551], [550, 551, 552], '2026-03-12'))
    expect(said).toMatchObject(backTo('2026-03-09'));
});

it('a watermark stays where the same is watched, in whatever order', () => {
  const [one] = begin({ said: [550, 551], watched: [551, 550], records: { 550: fresh, 551: fresh } }).saidFirst();
  expect(one).toMatchObject({ observed_through: now - 60_000, complete_through: startOf('2026-03-18') });
});
