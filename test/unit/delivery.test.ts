import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Agenda } from '../../src/core/agenda.ts';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import type { Coverage } from '../../src/core/coverage.ts';
import { makeOnce } from '../../src/core/once.ts';
import { makeCheckpointRecords } from '../../src/core/records.ts';
import { addDays, dayOf, startOf, type Day } from '../../src/core/time.ts';
import { checkpointsTopic } from '../../src/core/topics.ts';
import { idsOf } from '../../src/core/watch.ts';
import type { Polled } from '../../src/pipeline.ts';
import { falseClaims, makeLedger } from '../support/claims.ts';
import {
  begun,
  configOf,
  fault,
  isCurrent,
  live,
  never,
  pass,
  prefix,
  serve,
  untilAborted,
  type Fault,
  type Process,
} from '../support/delivery-model.ts';
import { edits, epoch, placeOfEdit, span, type Edit, type Filter } from '../support/tmdb-model.ts';

const hour = 3_600_000;

interface Case {
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  /** START_DATE in days; null: the day on which the first process started. */
  readonly startAt: number | null;
  readonly inFlight: number;
  readonly faults: readonly Fault[];
  /** Hours from one round to the next, and the overlap from then on. */
  readonly rounds: readonly { readonly hours: number; readonly overlap: number }[];
  readonly isCompacted: boolean;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  movies: fc.array(edits, { minLength: 1, maxLength: 5 }),
  filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
  startAt: fc.option(fc.integer({ min: 0, max: 35 })),
  inFlight: fc.integer({ min: 1, max: 6 }),
  faults: fc.array(fault, { maxLength: 60, size: 'max' }),
  rounds: fc.array(
    fc.record({
      hours: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 24 * 25 })),
      overlap: fc.constantFrom(25, 48, 264),
    }),
    { maxLength: 10, size: 'max' },
  ),
  isCompacted: fc.boolean(),
});

const firstStart = epoch + span / 2;

const makeStage = ({ faults, rounds, ...given }: Case) => ({
  ...given,
  ...begun(),
  faults: [...faults],
  rounds: [...rounds],
  now: firstStart,
  overlap: 48,
  settledRounds: 0,
});
type Stage = ReturnType<typeof makeStage>;

const isOver = ({ settledRounds }: Stage): boolean => settledRounds > 3;

const intervalMs = hour;

/** Between sessions no time goes by; between rounds as much as the case says, and after the last the trouble is over. */
const makeRest =
  (process: Process<Stage>) =>
  async (ms: number, signal: AbortSignal): Promise<void> => {
    const { stage, stop } = process;
    stage.rests += 1;
    if (stage.rests > 30_000) throw new Error('there is no end to it');
    await pass(2);
    if (ms === Infinity) return untilAborted(signal);
    if (ms < intervalMs / 2) return;
    const round = stage.rounds.shift();
    if (round !== undefined) {
      stage.now = Math.min(stage.now + round.hours * hour, epoch + span);
      stage.overlap = round.overlap;
    } else if (isCurrent(process)) {
      stage.faults.length = 0;
      stage.now = epoch + span + 30 * 24 * hour;
      stage.settledRounds += 1;
      if (isOver(stage)) stop.abort();
    } else stop.abort();
    signal.throwIfAborted();
  };

/** Round after round, an interval apart. */
const makeRounds = (movies: readonly number[], start: Day): Agenda => {
  let round = makeOnce(movies, start);
  let opened: Coverage | null = null;
  return {
    open: (coverage, now) => {
      opened = coverage;
      round.open(coverage, now);
    },
    next: (now) => {
      const task = round.next(now);
      if (!('done' in task) || opened === null) return task;
      round = makeOnce(movies, start);
      round.open(opened, now);
      return { until: now + intervalMs };
    },
    polled: (...args) => round.polled(...args),
    listed: (...args) => round.listed(...args),
    written: (...args) => round.written(...args),
    failed: (...args) => round.failed(...args),
  };
};

const firstDay = ({ startAt }: Pick<Stage, 'startAt'>): Day =>
  startAt === null ? dayOf(firstStart) : addDays(dayOf(epoch), startAt);

/** Whoever is told that something was published finds it in the log. */
const checkTold = ({ cluster, problems }: Stage, movieId: number, { published, checkpoint }: Polled): void => {
  const { key, value } = makeCheckpointRecords(prefix, '').ofMovie(movieId, checkpoint);
  const isCommitted = cluster.commits.some((commit) =>
    commit.some(
      (entry) =>
        entry.topic === checkpointsTopic(prefix) &&
        entry.key === key &&
        value !== null &&
        entry.value?.equals(value) === true,
    ),
  );
  if (published > 0 && !isCommitted) problems.push(`${movieId}: said to be published before it is committed`);
};

const run = async (process: Process<Stage>): Promise<void> => {
  const { stage } = process;
  const { movies, startAt, now } = stage;
  const config = configOf(now, {
    WATCH: movies.map((_, at) => at + 1).join(),
    ...(startAt === null ? {} : { START_DATE: addDays(dayOf(epoch), startAt) }),
    OVERLAP_HOURS: String(stage.overlap),
  });
  await serve(process, {
    config,
    agenda: makeRounds(idsOf(config.WATCH), config.START_DATE ?? dayOf(now)),
    inFlight: stage.inFlight,
    list: never,
    rest: makeRest(process),
    onPolled: (movieId, polled) => checkTold(stage, movieId, polled),
  });
};

/** Everything that is wrong with the log, commit by commit, and with its end. */
const audit = ({ cluster, movies, ...stage }: Stage): string[] => {
  const problems: string[] = [...stage.problems];
  const ledger = makeLedger(movies);
  const checkpoints = new Map<number, Checkpoint>();
  for (const commit of cluster.commits) {
    const { records, ...found } = ledger.take(commit);
    const told = records.flatMap((record) => (record.kind === 'movie' ? [record] : []));
    for (const { movieId, stored } of told) {
      const { since = null, from = null, seen = [] } = stored ?? {};
      if (since !== null && from !== null) checkpoints.set(movieId, { since, from, seen });
    }
    problems.push(...found.problems);
    for (const movieId of new Set([...found.changed, ...told.map((each) => each.movieId)])) {
      const claims = falseClaims(checkpoints.get(movieId), ledger.of(movieId), movies[movieId - 1] ?? []);
      problems.push(...claims.map((claim) => `${movieId}: ${claim}`));
    }
  }
  for (const [at, all] of movies.entries()) {
    const names = new Set(ledger.of(at + 1).map(({ name }) => name));
    const due = all.filter(
      (edit) => (placeOfEdit(edit) ?? edit.at) >= startOf(firstDay(stage)) && !names.has(edit.name),
    );
    problems.push(...due.map(({ name }) => `${at + 1}: ${name} is lost`));
  }
  return problems;
};

it('publishes every change once, whatever befalls Kafka, TMDB and the process', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const stage = makeStage(one);
      await live(stage, { run, isOver });
      expect(audit(stage)).toEqual([]);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300), timeout: 10_000 },
  );
}, 600_000);
