import { makeBackfill } from './backfill/backfill.ts';
import type { BackfillNote } from './backfill/notes.ts';
import type { Task } from './agenda.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Failure } from './backfill/crowd.ts';
import type { ListPage, Next, Plan } from './schedule/planned.ts';
import type { RangePage } from './backfill/range-walk.ts';

export interface TurnsOptions {
  readonly plan: Pick<Plan, 'next' | 'ask' | 'renew' | 'listedFrom' | 'listFailed' | 'releaseList'>;
  /** Movies in the pipeline, whoever asked. */
  readonly busy: Set<number>;
  readonly watched: () => 'all' | readonly number[];
  readonly overlapMs: number;
  readonly requestsPerSecond: number;
  readonly onNote: (note: BackfillNote) => void;
}

/**
 * As many as keep the pace while TMDB takes a quarter of a second for an answer. The limiter serves who came first: a
 * live poll that comes due waits for these, and so no longer than that.
 */
export const spareAtMost = (requestsPerSecond: number): number => Math.max(2, Math.ceil(requestsPerSecond / 4));

const makeState = ({ plan, busy, watched, overlapMs, requestsPerSecond, onNote }: TurnsOptions) => {
  const held = new Set<number>();
  const backfill = makeBackfill({
    ...{ watched, overlapMs, onNote, atMost: spareAtMost(requestsPerSecond) },
    isBusy: (movieId) => busy.has(movieId) || held.has(movieId),
    ask: plan.renew,
  });
  return { plan, busy, backfill, held, released: [] as number[], coverage: null as Coverage | null };
};
type State = ReturnType<typeof makeState>;

/** What live polling wants, but for movies that backfill has in the pipeline: those wait. */
const nextLive = ({ plan, busy, held, released }: State, now: number): Next => {
  const free = released.pop();
  if (free !== undefined) return { movieId: free };
  for (;;) {
    const task = plan.next(now);
    if (!('movieId' in task) || !busy.has(task.movieId)) return task;
    held.add(task.movieId);
  }
};

const next = (state: State, now: number): Exclude<Task, { readonly done: true }> => {
  const { backfill, busy } = state;
  const live = nextLive(state, now);
  if ('until' in live && live.until > now) {
    const spare = backfill.next(now);
    if ('movieId' in spare) busy.add(spare.movieId);
    return 'until' in spare ? { until: Math.min(live.until, spare.until) } : spare;
  }
  backfill.passed(now);
  if ('movieId' in live) busy.add(live.movieId);
  return live;
};

/** A frontier that goes back to an open day: whoever was polled from a later one on, and has no record, is polled again. */
const opening = ({ backfill, plan }: State, now: number): Change | null => {
  const change = backfill.opening(now);
  if (change?.frontier) plan.renew(plan.listedFrom(change.frontier.through), now);
  return change;
};

/** Live polling first; backfill has what it leaves. A movie that both want is in the pipeline once: the other waits. */
export const makeTurns = (options: TurnsOptions) => {
  const state = makeState(options);
  const { backfill, held, released, plan } = state;
  const release = (movieId: number): void => {
    if (held.delete(movieId)) released.push(movieId);
  };
  const isBehind = (movieId: number): boolean => {
    const through = state.coverage?.frontier()?.through ?? '';
    return (state.coverage?.at(movieId)?.from ?? through) < through;
  };
  return {
    open: (coverage: Coverage, now: number): void => {
      state.coverage = coverage;
      for (const movieId of held) release(movieId);
      backfill.open(coverage, now);
    },
    opening: (now: number) => opening(state, now),
    next: (now: number) => next(state, now),
    /** Whether it was backfill's. */
    polled: (movieId: number, now: number): boolean => {
      if (!backfill.isUnderWay(movieId)) return false;
      backfill.polled(movieId, now);
      release(movieId);
      if (isBehind(movieId)) plan.ask([movieId]); // a day was closed meanwhile
      return true;
    },
    failed: (movieId: number, how: Failure): boolean => {
      if (!backfill.isUnderWay(movieId)) return false;
      backfill.failed(movieId, how);
      release(movieId);
      return true;
    },
    listed: backfill.listed,
    listFailed: (at: ListPage | RangePage, how: Failure): void => {
      if (!('day' in at)) backfill.listFailed(how);
      else if (how.isOver) plan.releaseList(at);
      else plan.listFailed(at, how.now);
    },
  };
};
