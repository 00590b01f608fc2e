import { makeAgenda, type Agenda, type Task } from '../../src/core/agenda.ts';
import { makeBackfillAgenda } from '../../src/core/backfill/agenda.ts';
import type { BackfillNote } from '../../src/core/backfill/notes.ts';
import {
  advance,
  isWorthWriting,
  nextWindow,
  unseen,
  type Checkpoint,
  type Window,
} from '../../src/core/checkpoint.ts';
import { makeCoverage, type Change, type Coverage, type Stored } from '../../src/core/coverage.ts';
import { member } from '../../src/core/json.ts';
import { parse, type Output } from '../../src/core/parse.ts';
import { makePlan } from '../../src/core/schedule/plan.ts';
import type { ListPage } from '../../src/core/schedule/planned.ts';
import type { RangePage } from '../../src/core/backfill/range-walk.ts';
import { addDays, startOf, type Day } from '../../src/core/time.ts';
import { answer, placeOfEdit, type Edit, type Filter } from './tmdb-model.ts';

const hour = 3_600_000;

export interface World {
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  readonly isAll: boolean;
  /** Whether live polling goes on beside it. */
  readonly isLive: boolean;
  readonly overlapHours: number;
  readonly start: Day;
  readonly wanted: Day;
  /** A movie that TMDB does not know. */
  readonly gone: number | null;
  /** Rows on a page of the list. */
  readonly rows: number;
}

/** What is committed in one transaction, in the order in which it was given to the producer. */
interface Part {
  readonly names: readonly number[];
  readonly change: Change;
}

/** A task under way. `part`: it waits for its commit. */
interface Job {
  readonly task: Exclude<Task, { until: number } | { done: true }>;
  readonly window: Window | null;
  readonly before: Checkpoint | null;
  part: Part | null;
  after: { checkpoint: Checkpoint; fresh: readonly Output[] } | null;
}

const nameOf = (output: Output): number => Number(member(output.received, 'value'));

export const makeWorld = (world: World, startAt: number) => {
  const { movies, filter, isAll, isLive, overlapHours, start, wanted, gone } = world;
  const overlapMs = overlapHours * hour;
  const ids = movies.map((_, at) => at + 1);
  const published = movies.map(() => new Set<number>());
  const problems: string[] = [];
  const notes: BackfillNote[] = [];
  const logged = makeCoverage(new Map<number, Stored>(), null);
  const made = { polls: 0, lists: 0, sessions: 0 };
  const onNote = (note: BackfillNote): void => void notes.push(note);
  const watched = isAll ? ('all' as const) : ids;
  const makeOne = (): Agenda => {
    if (!isLive) return makeBackfillAgenda({ watched, overlapMs, start, requestsPerSecond: 20, onNote });
    const plan = makePlan({
      ...{ requestsPerSecond: 20, intervalMs: hour, overlapMs, watched: isAll ? 'all' : [] },
      hasLists: isAll,
    });
    return makeAgenda({ plan, watched, overlapMs, start, onRemark: () => undefined, onNote });
  };
  let [agenda, now] = [makeOne(), startAt];
  let coverage: Coverage;
  let [jobs, queue]: [Job[], Part[]] = [[], []];

  /** A checkpoint says of no day that it is published while an item of it is not. */
  const check = (): void => {
    for (const [at, all] of movies.entries()) {
      const claim = logged.at(at + 1);
      if (claim === undefined) continue;
      const isClaimed = (edit: Edit): boolean => {
        const place = placeOfEdit(edit);
        return place !== null && place >= startOf(claim.since) && place < startOf(claim.from);
      };
      for (const edit of all)
        if (isClaimed(edit) && published[at]?.has(edit.name) !== true)
          problems.push(`${at + 1}: ${edit.name} is not published, ${claim.since} … ${claim.from} says so`);
    }
  };
  const commit = (count: number): void => {
    for (const { names, change } of queue.splice(0, count)) {
      logged.apply(change);
      const [movieId = 0] = change.movies[0] ?? [];
      for (const name of names) {
        if (published[movieId - 1]?.has(name) === true) problems.push(`${movieId}: ${name} comes twice`);
        published[movieId - 1]?.add(name);
      }
      check();
    }
  };
  const recover = (): void => {
    made.sessions += 1;
    coverage = makeCoverage(new Map(logged.records()), logged.frontier(), { wanted: logged.wanted() });
    [jobs, queue] = [[], []];
    agenda.open(coverage, now);
  };
  const beginMovie = (task: Job['task'] & { movieId: number }): Job => {
    const before = coverage.at(task.movieId);
    if (before === undefined) throw new Error(`${task.movieId} has no checkpoint`);
    if (jobs.some(({ task: other }) => 'movieId' in other && other.movieId === task.movieId))
      problems.push(`${task.movieId} is in the pipeline twice`);
    made.polls += 1;
    const window = nextWindow(before, { now, ...('since' in task ? { since: task.since } : {}) });
    if ('since' in task && window.bound !== 'since') problems.push(`${task.movieId} is there already`);
    return { task, window, before, part: null, after: null };
  };
  const begin = (task: Job['task']): void => {
    if ('change' in task) {
      const part = { names: [], change: coverage.apply(task.change) };
      queue.push(part);
      jobs.push({ task, window: null, before: null, part, after: null });
    } else if ('movieId' in task) jobs.push(beginMovie(task));
    else jobs.push({ task, window: null, before: null, part: null, after: null });
  };
  const shownAt = (movieId: number, window: Pick<Window, 'ask'>, taken: number) =>
    answer(movies[movieId - 1] ?? [], window as Window, { taken, filter });
  const page = (at: ListPage | RangePage, taken: number | null, shown: number) => {
    made.lists += 1;
    const ask = 'day' in at ? { start: at.day, end: addDays(at.day, 1) } : at;
    const all = ids.filter((movieId) => shownAt(movieId, { ask }, shown).some(({ items }) => items.length > 0));
    const [first, pages] = [(at.page - 1) * world.rows, Math.ceil(all.length / world.rows)];
    return { ids: all.slice(first, first + world.rows), pages, results: all.length, taken };
  };
  const answerMovie = (job: Job, movieId: number, { taken, shown }: { taken: number | null; shown: number }): void => {
    const { window, before } = job;
    if (window === null || before === null) return;
    const { outputs } = parse(shownAt(movieId, window, shown), window);
    const settled = taken === null ? null : taken - overlapMs;
    const poll = { window, outputs, settled, cached: shown !== now };
    const [fresh, checkpoint] = [unseen(before, poll), advance(before, poll)];
    job.after = { checkpoint, fresh };
    if (!isWorthWriting(before, checkpoint, fresh)) return;
    job.part = {
      names: fresh.map(nameOf),
      change: { movies: [[movieId, coverage.writing(movieId, checkpoint)]] },
    };
    queue.push(job.part);
  };
  const finish = (job: Job): void => {
    jobs.splice(jobs.indexOf(job), 1);
    const { task, window, before, after } = job;
    if ('change' in task) agenda.written(task.change, now);
    if (!('movieId' in task) || after === null || before === null) return;
    if (job.part !== null) coverage.put(task.movieId, after.checkpoint);
    if (window?.bound === 'from' && window.take.end !== null) {
      if (after.checkpoint.from === before.from) agenda.failed(task, { isOver: false, now });
      else jobs.push(beginMovie(task));
      return;
    }
    const taken = now;
    agenda.polled(task.movieId, { taken, items: after.fresh.length, newestAt: null, expiresAt: null }, now);
  };
  const fail = (job: Job, isFinal: boolean): void => {
    jobs.splice(jobs.indexOf(job), 1);
    agenda.failed(job.task, { isOver: false, isFinal, now });
  };
  /** One step of one task. `staleHours`: how old a copy its answer is, null where that cannot be told. */
  const step = (choice: number, staleHours: number | null, isFailed: boolean): void => {
    const job = jobs[choice % jobs.length];
    if (job === undefined) return;
    const { task, part, after } = job;
    if (part !== null) {
      if (queue.includes(part)) commit(queue.indexOf(part) + 1);
      finish(job);
    } else if (after !== null) finish(job);
    else if ('movieId' in task && (isFailed || task.movieId === gone)) fail(job, task.movieId === gone);
    else if ('list' in task && isFailed) fail(job, false);
    else {
      const shown = now - (staleHours ?? 0) * hour;
      const taken = staleHours === null ? null : shown;
      if ('movieId' in task) answerMovie(job, task.movieId, { taken, shown });
      if ('list' in task) {
        jobs.splice(jobs.indexOf(job), 1);
        agenda.listed(task.list, page(task.list, taken, shown), now);
      }
    }
  };
  recover();
  return {
    problems,
    notes,
    made,
    logged,
    published,
    step,
    isIdle: () => jobs.length === 0,
    now: () => now,
    wait: (ms: number): void => void (now += ms),
    /** Begins what the agenda has to give; whether it is done. */
    fill: (inFlight: number): { until: number } | { done: true } => {
      for (;;) {
        const task = jobs.length < inFlight ? agenda.next(now) : { until: Infinity };
        if ('until' in task || 'done' in task) return task;
        begin(task);
      }
    },
    /** Somebody asks for the days before, in a transaction between two of the session's. */
    want: (committed: number): void => {
      commit(committed % (queue.length + 1));
      logged.apply({ movies: [], wanted });
      for (const job of [...jobs]) agenda.failed(job.task, { isOver: true, now });
      recover();
    },
    /** The session ends, with some of what was given to the producer committed; or the whole process. */
    end: (committed: number, isProcess: boolean): void => {
      commit(committed % (queue.length + 1));
      for (const job of [...jobs]) agenda.failed(job.task, { isOver: true, now });
      if (isProcess) agenda = makeOne();
      recover();
    },
  };
};
