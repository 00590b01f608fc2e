import { expect, it } from '@jest/globals';
import { changeKeys } from '../../src/core/change-keys.ts';
import { advance, enter, nextWindow, unseen } from '../../src/core/checkpoint.ts';
import { map } from '../../src/core/map.ts';
import { parse } from '../../src/core/parse.ts';
import { addDays, dayOf, startOf } from '../../src/core/time.ts';
import { partitionOf } from '../../src/core/topics.ts';
import { answerOf, makeRandom, type Entry } from '../../src/simulator/world.ts';
import { compare, firstOf, type Log, type Scope } from '../support/audit.ts';
import { makeBurst } from '../support/load.ts';

const now = startOf('2026-08-17') + 60_000;
const start = '2026-08-16';
const movies = [11, 12, 13];
const scope: Scope = { start, movies: new Set(movies), partitions: 6 };

const entriesOf = (seed: number): Entry[] => {
  const burst = makeBurst(movies, makeRandom(seed));
  return Array.from({ length: 200 }, (_, at) => burst(now + at * 500)).flat();
};

/** What the product's own core makes of the entries, in two polls. */
const logOf = (entries: readonly Entry[]): Log => {
  const records: Log['records'][number][] = [];
  const checkpoints = new Map(movies.map((movieId) => [movieId, enter(start)]));
  for (const polledAt of [now + 40_000, now + 200_000]) {
    for (const movieId of movies) {
      const before = checkpoints.get(movieId) ?? enter(start);
      const window = nextWindow(before, { now: polledAt });
      const { outputs } = parse(answerOf(entries, movieId, { ...window.ask, now: polledAt }).changes, window);
      const poll = { window, outputs, settled: polledAt - 48 * 3_600_000, cached: false };
      for (const output of unseen(before, poll)) {
        const { topic, value } = map(movieId, output, polledAt);
        const partition = partitionOf(movieId, 6);
        records.push({ topic, partition, offset: BigInt(records.length), value: value });
      }
      checkpoints.set(movieId, advance(before, poll));
    }
  }
  return { records, checkpoints };
};

it.each([1, 2, 3, 4, 5])('of what the core makes of a workload there is nothing to say (seed %i)', (seed) => {
  const entries = entriesOf(seed);
  const verdict = compare(logOf(entries), entries, scope);
  expect(firstOf(verdict)).toEqual({
    ...{ lost: [], doubled: [], outOfOrder: [], moved: [], notLossless: [], falseClaims: [] },
  });
  expect(verdict.events).toBeGreaterThan(200);
});

it('a workload has every topic in it, but those of keys that no movie was seen with', () => {
  const topics = new Set([1, 2, 3, 4, 5].flatMap((seed) => logOf(entriesOf(seed)).records.map(({ topic }) => topic)));
  const unseen = ['adult', 'certifications', 'production_code', 'releases'];
  expect([...topics, ...unseen].sort()).toEqual([...Object.keys(changeKeys), 'other', 'dead_letters'].sort());
});

const entries = entriesOf(7);
const log = logOf(entries);
const at = log.records.findIndex(({ topic }) => topic === 'images');
const victim = log.records[at];
if (victim === undefined) throw new Error('a workload without images');
const later = { offset: 9999n, value: { ...victim.value, observed_at: now * 2 } };
const without = log.records.filter((each) => each !== victim);
const changed = (members: object): Log => ({
  ...log,
  records: log.records.with(at, { ...victim, value: { ...victim.value, ...members } }),
});
const withCheckpoints = (change: (checkpoint: ReturnType<typeof enter>) => object): Log => ({
  ...log,
  checkpoints: new Map([...log.checkpoints].map(([id, each]) => [id, { ...each, ...change(each) }])),
});
const reversed = log.records.map((each) => ({ ...each, offset: -each.offset }));

it.each<readonly [string, Log, string[]]>([
  ['without one record', { ...log, records: without }, ['lost', 'falseClaims']],
  ['of nothing at all', { records: [], checkpoints: new Map() }, ['lost']],
  ['with one record twice', { ...log, records: [...log.records, { ...victim, ...later }] }, ['doubled']],
  ['the wrong way round', { ...log, records: reversed }, ['outOfOrder']],
  [
    'with a record elsewhere',
    { ...log, records: log.records.with(at, { ...victim, partition: (victim.partition + 1) % 6 }) },
    ['moved'],
  ],
  [
    'with a record in another topic',
    { ...log, records: log.records.with(at, { ...victim, topic: 'other' }) },
    ['moved'],
  ],
  ['with another value', changed({ raw: null, after: null, before: null, iso_639_1: 'xx' }), ['notLossless']],
  ['with an item that nobody made', changed({ item_id: '6a'.repeat(12) }), ['lost', 'notLossless', 'falseClaims']],
  ['with a stamp too many', withCheckpoints(({ seen }) => ({ seen: [...seen, '6a'.repeat(12)] })), ['falseClaims']],
  ['with a stamp too few', withCheckpoints(({ seen }) => ({ seen: seen.slice(1) })), ['falseClaims']],
  ['without checkpoints', { ...log, checkpoints: new Map() }, ['falseClaims']],
  ['with checkpoints of later days', withCheckpoints(() => ({ since: addDays(start, 1) })), ['falseClaims']],
  [
    'with a bound that hides a loss',
    { records: without, checkpoints: withCheckpoints(() => ({ from: '2026-08-18', seen: [] })).checkpoints },
    ['lost', 'falseClaims'],
  ],
])('a log %s is found out', (_, doctored, lists) => {
  const verdict = firstOf(compare(doctored, entries, scope));
  const found = Object.keys(verdict).filter((name) => verdict[name]?.length !== 0);
  expect(found).toEqual(lists);
});

it('what lies before the first day or is not watched is not due', () => {
  const early = { ...scope, start: dayOf(now + 86_400_000) };
  const none = { records: [], checkpoints: new Map() };
  expect(compare(none, entries, early).lost).toEqual([]);
  expect(compare(none, entries, { ...scope, movies: new Set([99]) }).lost).toEqual([]);
});
