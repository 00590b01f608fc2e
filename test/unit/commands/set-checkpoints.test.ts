import { expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Config } from '../../../src/config.ts';
import { makeAgenda } from '../../../src/core/agenda.ts';
import { ServiceError } from '../../../src/core/errors.ts';
import { placing } from '../../../src/core/placing.ts';
import { readCheckpointRecord } from '../../../src/core/records.ts';
import type { ListPage } from '../../../src/core/schedule/planned.ts';
import { makePlan } from '../../../src/core/schedule/plan.ts';
import type { RangePage } from '../../../src/core/backfill/range-walk.ts';
import { addDays, dayMs, dayOf, startOf, type Day } from '../../../src/core/time.ts';
import { checkpointsTopic } from '../../../src/core/topics.ts';
import type { Fault, Process as Given } from '../../support/delivery-model.ts';
import { editsIn, epoch, list, placeOfEdit, type Edit, type Filter, type Paging } from '../../support/tmdb-model.ts';

// An operator sets a checkpoint while an instance works, and whatever may befall both.
const io = await import('../../../src/io/rest.ts');
jest.unstable_mockModule('../../../src/io/rest.ts', () => ({ ...io, rest: async () => model.pass(60) }));
const model = await import('../../support/delivery-model.ts');
const { makeLedger } = await import('../../support/claims.ts');
type Process = Given<Stage>;

const hour = 3_600_000;
const days = 14;
const firstStart = epoch + (days / 2) * dayMs;

interface Round {
  readonly hours: number;
  readonly patience: number;
}

interface Case {
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  readonly paging: Paging;
  readonly isAll: boolean;
  readonly hasLists: boolean;
  readonly intervalMs: number;
  /** START_DATE, and the day that is set, in days before the first process starts, and before it is set. */
  readonly startBack: number;
  readonly setBack: number;
  readonly movie: number;
  readonly before: readonly Round[];
  readonly faults: readonly Fault[];
  readonly after: readonly Round[];
}

const round: fc.Arbitrary<Round> = fc.record({
  hours: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 60 })),
  patience: fc.constantFrom(0, 5, 50, 400),
});

const anyCase: fc.Arbitrary<Case> = fc.record({
  movies: fc.array(editsIn({ days, most: 12, lateMs: [5 * hour] }), { minLength: 1, maxLength: 3 }),
  filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
  paging: fc.record({ rows: fc.constantFrom(2, 100), isOrdered: fc.constant(true), hasNull: fc.boolean() }),
  isAll: fc.boolean(),
  hasLists: fc.boolean(),
  intervalMs: fc.constantFrom(0, 900_000, dayMs),
  startBack: fc.integer({ min: 0, max: days / 2 }),
  setBack: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: days })),
  movie: fc.integer({ min: 0, max: 2 }),
  before: fc.array(round, { minLength: 1, maxLength: 8 }),
  faults: fc.oneof(fc.constant([]), fc.array(model.fault, { maxLength: 30 })),
  after: fc.array(round, { maxLength: 5 }),
});

const makeStage = (one: Case) => ({
  ...one,
  ...model.begun(),
  isCompacted: false,
  ...{ trouble: one.faults, faults: [] as Fault[] },
  now: firstStart,
  before: [...one.before],
  after: [...one.after],
  day: '',
  ...{ isSet: false, isDone: false, calmRests: 0 },
});
type Stage = ReturnType<typeof makeStage>;

const wishedOf = ({ movie, movies }: Pick<Stage, 'movie' | 'movies'>): number => (movie % movies.length) + 1;

const setOne = async (stage: Stage, config: Config): Promise<void> => {
  stage.day = dayOf(stage.now - stage.setBack * dayMs);
  const operator = model.makeOperator(stage, config, { stop: new AbortController(), chance: () => 0 });
  await operator
    .change(placing([{ movieId: wishedOf(stage), to: stage.day }]), new AbortController().signal)
    .catch((error: unknown) => {
      if (!(error instanceof ServiceError)) stage.problems.push(`the command: ${String(error)}`);
    });
};

const makeRest =
  (process: Process, config: Config) =>
  async (ms: number, signal: AbortSignal): Promise<void> => {
    const { stage, stop } = process;
    const next = stage.before[0] ?? stage.after[0];
    for (let patience = next?.patience ?? 400; patience > 0 && !signal.aborted; patience -= 1) await Promise.resolve();
    signal.throwIfAborted();
    if (ms === Infinity) return model.untilAborted(signal);
    const one = stage.before.shift() ?? (stage.isSet ? stage.after.shift() : undefined);
    if (one !== undefined) stage.now += Math.ceil(Math.max(ms, 1, one.hours * hour));
    else if (!stage.isSet) {
      stage.isSet = true;
      stage.faults.push(...stage.trouble);
      void setOne(stage, config);
    } else if (model.isCurrent(process)) {
      stage.faults.length = 0;
      stage.calmRests += 1;
      stage.now += Math.ceil(Math.max(ms, stage.calmRests < 60 ? hour : 4 * hour));
      // What no list names has its turn within a week, and the last day is closed.
      stage.isDone = stage.now > Math.max(firstStart, epoch + days * dayMs) + 12 * dayMs;
    }
    if (stage.isDone || (!model.isCurrent(process) && one === undefined)) stop.abort();
    signal.throwIfAborted();
  };

const run = async (process: Process): Promise<void> => {
  const { stage } = process;
  const { movies, isAll, intervalMs, filter, paging } = stage;
  const start = dayOf(firstStart - stage.startBack * dayMs);
  const ids = movies.map((_, at) => at + 1);
  const config = model.configOf(stage.now, { WATCH: isAll ? 'all' : ids.join(), START_DATE: start });
  const watched = isAll ? ('all' as const) : ids;
  const hasLists = isAll || stage.hasLists;
  const overlapMs = 48 * hour;
  const plan = makePlan({ requestsPerSecond: 20, intervalMs, overlapMs, watched: isAll ? 'all' : [], hasLists });
  await model.serve(process, {
    config,
    agenda: makeAgenda({ plan, watched, overlapMs, start, onRemark: () => undefined }),
    inFlight: 3,
    list: async (at: ListPage | RangePage) => {
      const sentAt = stage.now;
      await model.askTmdb(process);
      return { ...list(movies, at, { taken: stage.now, filter, paging }), taken: sentAt };
    },
    rest: makeRest(process, config),
    onPolled: () => undefined,
  });
};

/** What is wrong with the log: before, and after the set. */
const audit = (stage: Stage): string[] => {
  const { cluster, movies, day } = stage;
  const wished = wishedOf(stage);
  const start = dayOf(firstStart - stage.startBack * dayMs);
  const isOfCommand = (commit: (typeof cluster.commits)[number]): boolean =>
    commit.some(
      ({ topic, headers }) => topic === checkpointsTopic(model.prefix) && headers['session']?.startsWith('c'),
    );
  const sets = cluster.commits.flatMap((commit, nth) => (isOfCommand(commit) ? [nth] : []));
  const problems = [...stage.problems, ...(sets.length > 1 ? [`it is set ${sets.length} times`] : [])];
  const at = sets[0] ?? cluster.commits.length;
  const from = openDay(stage, wished, at);
  const halves = [cluster.commits.slice(0, at), cluster.commits.slice(at)].map((commits) => {
    const ledger = makeLedger(movies);
    for (const commit of commits) problems.push(...ledger.take(commit).problems);
    return (movieId: number) => new Set(ledger.of(movieId).map(({ name }) => name));
  });
  for (const [nth, all] of movies.entries()) {
    const movieId = nth + 1;
    const [before, after] = halves.map((half) => half(movieId));
    for (const edit of all) {
      const place = placeOfEdit(edit);
      if (place === null || before === undefined || after === undefined) continue;
      const [was, is, isOpen] = [before.has(edit.name), after.has(edit.name), place >= startOf(day)];
      const say = (what: string): number => problems.push(`${movieId}: ${edit.name} of ${dayOf(place)} ${what}`);
      if (sets.length === 0 || movieId !== wished) {
        if (was && is) say('comes twice');
        if (!was && !is && place >= startOf(start)) say('is lost');
      } else if (isOpen && day <= from && !is) say(`does not come again from ${day} on`);
      else if (isOpen && day > from && was === is) say(is ? 'comes twice' : 'is lost');
      else if (!isOpen && is) say(`comes, and lies before ${day}`);
    }
  }
  return problems;
};

/** The first open day of a movie before a commit. */
const openDay = ({ cluster }: Stage, wished: number, at: number): Day => {
  let [through, own]: [Day, Day | null] = ['', null];
  for (const { topic, key, value } of cluster.commits.slice(0, at).flat()) {
    if (topic !== checkpointsTopic(model.prefix)) continue;
    const record = readCheckpointRecord(key, value?.toString() ?? null);
    if (record.kind === 'frontier') through = record.frontier?.through ?? '';
    if (record.kind === 'movie' && record.movieId === wished) own = record.stored?.from ?? null;
  }
  return own ?? (through === '' ? addDays(dayOf(epoch), 1000) : through);
};

it('from the day that is set on every change comes again, once, and none before it', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const stage = makeStage(one);
      await model.live(stage, { run, isOver: ({ isDone }) => isDone });
      expect(audit(stage)).toEqual([]);
    }),
    {
      numRuns: Number(process.env['PROPERTY_RUNS'] ?? 150),
      timeout: 20_000,
      interruptAfterTimeLimit: Number(process.env['PROPERTY_MS'] ?? 60_000),
    },
  );
}, 300_000);
