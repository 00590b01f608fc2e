import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Config } from '../../src/config.ts';
import { makeAgenda } from '../../src/core/agenda.ts';
import { ServiceError } from '../../src/core/errors.ts';
import { withWatermarks } from '../../src/core/marking.ts';
import { makePlan } from '../../src/core/schedule/plan.ts';
import type { ListPage } from '../../src/core/schedule/planned.ts';
import type { RangePage } from '../../src/core/backfill/range-walk.ts';
import { readCheckpointRecord } from '../../src/core/records.ts';
import { addDays, dayMs, dayOf, startOf, type Day } from '../../src/core/time.ts';
import { changeOf } from '../../src/core/watch.ts';
import type { Steps } from '../../src/pipeline.ts';
import { auditFrontier } from '../support/frontier-audit.ts';
import { auditWatermarks } from '../support/watermark-audit.ts';
import {
  askTmdb,
  begun,
  calm,
  configOf,
  fault,
  isCurrent,
  live,
  makePollModel,
  serve,
  untilAborted,
  want,
  type Fault,
  type Process,
} from '../support/delivery-model.ts';
import { editsIn, epoch, list, type Edit, type Filter, type Paging } from '../support/tmdb-model.ts';

const hour = 3_600_000;
const days = 14;
const mostMovies = 5;
const firstStart = epoch + (days / 2) * dayMs;
const smallestOverlap = 25;

/** How a process is set. */
interface Settings {
  /** Everything, or these movies. */
  readonly watch: 'all' | readonly number[];
  readonly overlap: number;
  readonly intervalMs: number;
  readonly hasLists: boolean;
}

interface Round {
  /** By how much the clock moves on while there is nothing to do, at least. */
  readonly hours: number;
  /** How many turns whatever is under way has before. */
  readonly patience: number;
  /** What is set from then on, and whether the process is stopped to learn of it. */
  readonly next: { readonly settings: Settings; readonly isStopped: boolean } | null;
  /** Somebody asks for so many days before that day. */
  readonly want: number | null;
}

/** A movie cannot be read for some time, or for ever. */
export interface Sickness {
  readonly movieId: number;
  readonly from: number;
  readonly until: number;
  readonly code: 'TMDB_UNREADABLE' | 'TMDB_NOT_FOUND';
}

interface Case {
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  readonly paging: Paging;
  /** START_DATE in days; null: the day on which a process starts. */
  readonly startAt: number | null;
  readonly inFlight: number;
  readonly faults: readonly Fault[];
  readonly sicknesses: readonly Sickness[];
  /** How old a copy every third answer is, for ever. */
  readonly copyHours: number;
  readonly first: Settings;
  readonly rounds: readonly Round[];
  readonly isCompacted: boolean;
}

const someMovies = fc.uniqueArray(fc.integer({ min: 1, max: mostMovies }), { minLength: 1, maxLength: mostMovies });

const settings: fc.Arbitrary<Settings> = fc.record({
  watch: fc.oneof({ arbitrary: fc.constant('all' as const), weight: 2 }, someMovies),
  overlap: fc.constantFrom(smallestOverlap, 48, 48, 264),
  intervalMs: fc.constantFrom(0, 900_000, dayMs),
  hasLists: fc.boolean(),
});

const change = fc.record({ settings, isStopped: fc.boolean() });
const roundWith = (next: fc.Arbitrary<Round['next']>, mostHours: number): fc.Arbitrary<Round> =>
  fc.record({
    hours: fc.oneof(...[6, 30, mostHours].map((max) => fc.integer({ min: 0, max }))),
    patience: fc.constantFrom(0, 5, 50, 400, 400),
    next,
    want: fc.oneof({ arbitrary: fc.constant(null), weight: 4 }, fc.integer({ min: 0, max: 2 * days })),
  });
const round = roundWith(fc.option(change, { freq: 2 }), 6 * 24);
const quietRounds = fc.array(roundWith(fc.constant(null), 3 * 24), { maxLength: 6 });
const changed = roundWith(change, 8 * 24);
const rounds: fc.Arbitrary<Round[]> = fc.oneof(
  fc.tuple(quietRounds, changed, quietRounds).map(([before, one, after]) => [...before, one, ...after]),
  fc.array(round, { maxLength: 30, size: 'max' }),
);

const sickness: fc.Arbitrary<Sickness> = fc
  .record({
    movieId: fc.integer({ min: 1, max: mostMovies }),
    at: fc.integer({ min: 0, max: days * 24 }),
    hours: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constant(Infinity)),
    code: fc.constantFrom('TMDB_UNREADABLE' as const, 'TMDB_NOT_FOUND' as const),
  })
  .map(({ movieId, at, hours, code }) => {
    const from = epoch + at * hour;
    return { movieId, from, until: from + hours * hour, code };
  });

const movie = editsIn({ days, most: 12, lateMs: [5 * hour, 40 * hour] });

const anyCase: fc.Arbitrary<Case> = fc.record({
  movies: fc.array(movie, { minLength: 1, maxLength: mostMovies }),
  filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
  paging: fc.record({ rows: fc.constantFrom(2, 100), isOrdered: fc.boolean(), hasNull: fc.boolean() }),
  startAt: fc.option(fc.integer({ min: 0, max: days / 2 })),
  inFlight: fc.integer({ min: 1, max: 6 }),
  faults: fc.oneof(fc.array(fault, { maxLength: 4 }), fc.array(fault, { maxLength: 60, size: 'max' })),
  sicknesses: fc.array(sickness, { maxLength: 2 }),
  copyHours: fc.constantFrom(0, 6, 20, 24),
  first: settings,
  rounds,
  isCompacted: fc.boolean(),
});

/** In a list without order a row that comes late moves others to the page that was read before. */
const showable = ({ movies, paging }: Case): readonly (readonly Edit[])[] =>
  paging.isOrdered
    ? movies
    : movies.map((all) =>
        all.map((edit) => ({ ...edit, lateMs: Math.min(edit.lateMs, (smallestOverlap - 1) * hour) })),
      );

/** A number that goes with `nth` in no order: what comes every so often would fall on one page of a list for long. */
const scatter = (nth: number): number => {
  const once = Math.imul(nth ^ (nth >>> 16), 0x45d9f3b);
  const twice = Math.imul(once ^ (once >>> 16), 0x45d9f3b);
  return (twice ^ (twice >>> 16)) >>> 0;
};

const makeStage = (one: Case) => {
  const stage = {
    ...one,
    ...begun(() => {
      stage.committedAt.push(stage.now);
      for (const { key, value } of stage.cluster.commits.at(-1) ?? []) {
        if (key !== 'frontier' && key !== 'backfill') continue;
        const said = readCheckpointRecord(key, value?.toString() ?? null);
        if (said.kind === 'frontier') stage.through = said.frontier?.through ?? null;
        if (said.kind === 'backfill') stage.wanted = said.since;
      }
    }),
    movies: showable(one),
    watches: [] as { at: number; watch: Settings['watch'] }[],
    wanted: null as Day | null,
    calm: (): Fault => {
      stage.asked += 1;
      const isCopy = scatter(stage.asked) % 3 === 0;
      return { ...calm, staleHours: isCopy ? one.copyHours : 0 };
    },
    faults: [...one.faults],
    rounds: [...one.rounds],
    settings: one.first,
    now: firstStart,
    committedAt: [] as number[],
    through: null as Day | null,
    /** The least that was in force, in hours. */
    overlap: one.first.overlap,
    ...{ calmRests: 0, asked: 0 },
    endAt: null as number | null,
    isDone: false,
  };
  return stage;
};
type Stage = ReturnType<typeof makeStage>;

const isOver = ({ isDone }: Stage): boolean => isDone;

const set = (stage: Stage, next: Settings): void => {
  stage.settings = next;
  stage.overlap = Math.min(stage.overlap, next.overlap);
};

/** From the next commit on. */
const noteWatch = (process: Process<Stage>, watch: Settings['watch']): void => {
  const { stage } = process;
  if (isCurrent(process)) stage.watches.push({ at: stage.cluster.commits.length, watch });
};

/** Whether a day could be closed by now. */
const isBehind = ({ through, now }: Stage, { watch, overlap }: Settings): boolean =>
  watch === 'all' && (through === null || now >= startOf(addDays(through, 1)) + overlap * hour);

/** Whether backfill has still to do what it can: it ends for whoever is gone, and for nobody who cannot be read. */
const isWanting = ({ wanted, sicknesses }: Stage, { watch }: Settings): boolean =>
  wanted !== null &&
  !sicknesses.some(
    ({ movieId, until, code }) =>
      until === Infinity && code === 'TMDB_UNREADABLE' && (watch === 'all' || watch.includes(movieId)),
  );

/** The trouble is over: on until everything that changed is long closed. */
const calmDown = (stage: Stage, mine: Settings, ms: number): void => {
  stage.faults.length = 0;
  set(stage, mine);
  const restMs = mine.watch === 'all' ? 3 * dayMs : 8 * dayMs; // what no list names has its turn within a week
  const wellAt = stage.sicknesses.map(({ until }) => (until === Infinity ? 0 : until));
  stage.endAt ??= Math.max(stage.now, epoch + (days + 2) * dayMs, ...wellAt) + mine.overlap * hour + restMs;
  stage.calmRests += 1;
  const isStuck = stage.calmRests > 3000;
  if (isStuck) stage.problems.push(`the frontier stands still at ${stage.through}, with ${stage.wanted} wanted`);
  const isBusy = isBehind(stage, mine) || isWanting(stage, mine);
  stage.isDone = isStuck || (stage.now >= stage.endAt && !isBusy);
  // Where every step made a live poll due, backfill would never have a turn.
  const isStep = isWanting(stage, mine) && stage.calmRests % 2 === 0;
  stage.now += Math.ceil(Math.max(ms, isStep ? 1 : isBusy ? 600_000 : 4 * hour));
};

const isEndless = (stage: Stage): boolean => {
  stage.rests += 1;
  if (stage.rests <= 10_000) return false;
  stage.isDone = true;
  stage.problems.push('there is no end to it');
  return true;
};

interface Watching {
  readonly config: Config;
  readonly settings: Settings;
  readonly watch: (before: readonly number[], ids: readonly number[]) => void;
}

const makeRest = (process: Process<Stage>, { config, settings: mine, watch }: Watching) => {
  const { stage, stop } = process;
  let watched = mine.watch;
  const turn = ({ hours, next, want: daysBack }: Round, ms: number): void => {
    stage.now += Math.ceil(Math.max(ms, 1, hours * hour));
    if (daysBack !== null) void want(stage, config, addDays(dayOf(stage.now), -daysBack));
    if (next === null) return;
    const { watch: wanted } = next.settings;
    if (next.isStopped) {
      set(stage, next.settings);
      stop.abort();
    } else if (wanted !== 'all' && watched !== 'all') {
      set(stage, { ...mine, watch: wanted, hasLists: next.settings.hasLists });
      watch(watched, wanted);
      watched = wanted;
      noteWatch(process, wanted);
    }
  };
  return async (ms: number, signal: AbortSignal): Promise<void> => {
    if (isEndless(stage)) stop.abort();
    const [next] = stage.rounds;
    for (let patience = next?.patience ?? 400; patience > 0 && !signal.aborted; patience -= 1) await Promise.resolve();
    signal.throwIfAborted();
    if (ms === Infinity) return untilAborted(signal);
    const round = stage.rounds.shift();
    if (round !== undefined) turn(round, ms);
    else if (isCurrent(process)) calmDown(stage, { ...mine, watch: watched }, ms);
    if (!isCurrent(process) && round === undefined) stop.abort();
    if (stage.isDone) stop.abort();
    signal.throwIfAborted();
  };
};

const isSick = ({ sicknesses, now }: Stage, movieId: number): Sickness | undefined =>
  sicknesses.find((each) => each.movieId === movieId && each.from <= now && now < each.until);

/** No movie is asked for twice at the same time. */
const makePoll = (process: Process<Stage>): Steps['poll'] => {
  const { stage } = process;
  const poll = makePollModel(process);
  const underWay = new Set<number>();
  return async (movieId, window, signal) => {
    if (underWay.has(movieId)) stage.problems.push(`${movieId} is asked for twice at a time`);
    underWay.add(movieId);
    try {
      const answer = await poll(movieId, window, signal);
      const sick = isSick(stage, movieId);
      if (sick !== undefined) throw new ServiceError(sick.code, 'no such answer');
      return answer;
    } finally {
      underWay.delete(movieId);
    }
  };
};

const makeList = (process: Process<Stage>) => async (at: ListPage | RangePage) => {
  const { stage } = process;
  const sentAt = stage.now;
  const { staleHours } = await askTmdb(process);
  const age = (staleHours ?? 0) * hour;
  const { filter, paging } = stage;
  const shown = list(stage.movies, at, { taken: stage.now - age, filter, paging });
  return { ...shown, taken: staleHours === null ? null : sentAt - age };
};

const run = async (process: Process<Stage>): Promise<void> => {
  const { stage } = process;
  const { startAt, now, settings: mine } = stage;
  const { watch: watched, overlap, intervalMs } = mine;
  noteWatch(process, watched);
  const config = configOf(now, {
    WATCH: watched === 'all' ? watched : watched.join(),
    ...(startAt === null ? {} : { START_DATE: addDays(dayOf(epoch), startAt) }),
    OVERLAP_HOURS: String(overlap),
  });
  const overlapMs = overlap * hour;
  const isAll = watched === 'all';
  const hasLists = isAll || mine.hasLists;
  const plan = makePlan({ requestsPerSecond: 20, intervalMs, overlapMs, watched: isAll ? 'all' : [], hasLists });
  const startOfNow = (): Day => config.START_DATE ?? dayOf(stage.now);
  const agenda = makeAgenda({ plan, watched, overlapMs, start: startOfNow(), onRemark: () => undefined });
  const { known, claim, late } = plan;
  const marked = withWatermarks(agenda, { watched, hasLists, overlapMs, requestsPerSecond: 20, known, claim, late });
  const watch = (before: readonly number[], ids: readonly number[]): void => {
    const how = { from: startOfNow(), hasLists: stage.settings.hasLists, now: stage.now };
    agenda.watch(changeOf(before, ids), how);
    marked.watch(changeOf(before, ids), how);
  };
  await serve(process, {
    config,
    agenda: marked,
    inFlight: stage.inFlight,
    list: makeList(process),
    poll: makePoll(process),
    rest: makeRest(process, { config, settings: mine, watch }),
    onPolled: () => undefined,
  });
};

it('claims nothing that is not published, and publishes everything once', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const stage = makeStage(one);
      await live(stage, { run, isOver });
      const start = one.startAt === null ? null : addDays(dayOf(epoch), one.startAt);
      expect([...stage.problems, ...auditFrontier(stage, start), ...auditWatermarks(stage)]).toEqual([]);
    }),
    {
      numRuns: Number(process.env['PROPERTY_RUNS'] ?? 200),
      timeout: 20_000,
      interruptAfterTimeLimit: Number(process.env['PROPERTY_MS'] ?? 180_000),
    },
  );
}, 600_000);
