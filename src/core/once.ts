import type { Agenda, Task } from './agenda.ts';
import { makeArrivals } from './arrivals.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Plan } from './schedule/planned.ts';
import type { Day } from './time.ts';

/** Who is still to be polled, and until when what TMDB showed of the others is published. */
const makePending = (watched: readonly number[]) => {
  const pending = new Set(watched);
  let least = Infinity;
  return {
    has: (movieId: number): boolean => pending.has(movieId),
    left: (): number[] => [...pending],
    /** `until`: -Infinity where that is not known. */
    settle: (movieId: number, until: number): void => {
      pending.delete(movieId);
      least = Math.min(least, until);
    },
    known: (): number => (pending.size === 0 ? least : -Infinity),
  };
};

/** Every watched movie once. What a session leaves undone is the next one's. `start`: the first day of a new movie. */
export const makeOnce = (watched: readonly number[], start: Day): Agenda & { readonly known: () => number } => {
  const pending = makePending(watched);
  let queue: number[] = [];
  let [busy, coverage, writing]: [number, Coverage | null, Change | null] = [0, null, null];
  const arrivals = makeArrivals((movies) => void queue.push(...movies.filter((each) => pending.has(each))));

  const next = (now: number): Task => {
    if (coverage === null) throw new Error('no session is open');
    const change = writing === null ? arrivals.next(coverage, now) : null;
    writing ??= change;
    if (change !== null) return { change };
    const movieId = queue.shift();
    if (movieId === undefined) return busy > 0 || writing !== null ? { until: Infinity } : { done: true };
    busy += 1;
    return { movieId };
  };

  return {
    next,
    open: (opened): void => {
      [queue, busy, coverage, writing] = [[], 0, opened, null];
      arrivals.begin(pending.left(), start);
    },
    polled: (movieId, { taken }): void => {
      busy -= 1;
      pending.settle(movieId, taken ?? -Infinity);
    },
    failed: (task, { isOver, isFinal }): void => {
      if (!('movieId' in task)) return;
      busy -= 1;
      if (!isOver) pending.settle(task.movieId, isFinal === true ? Infinity : -Infinity);
    },
    known: pending.known,
    listed: () => undefined,
    written: (change, now): void => {
      writing = null;
      arrivals.written(change, now);
    },
  };
};

/** For so long, in ms, nothing more has to be found. */
const quietMs = 2000;
/** While something is under way, its end is waited for, but no longer. */
const lookMs = 1000;

/** Work without an end, up to now: whatever the lists name polled once, and every day closed that can be. */
export const makeUpToNow = (endless: Agenda, plan: Pick<Plan, 'isCaughtUp'>): Agenda => {
  let busy = 0;
  let quietSince: number | null = null;
  /** A movie that is due again is put back: with a short interval one always is. */
  const take = (now: number): Task => {
    for (;;) {
      const wasCaughtUp = plan.isCaughtUp();
      const task = endless.next(now);
      if (!wasCaughtUp || !('movieId' in task) || 'since' in task) return task;
      endless.failed(task, { isOver: true, now });
      if (plan.isCaughtUp()) return { until: now + lookMs };
    }
  };
  const next = (now: number): Task => {
    const task = take(now);
    const isIdle = 'until' in task && busy === 0 && plan.isCaughtUp();
    quietSince = isIdle ? (quietSince ?? now) : null;
    if (!('until' in task)) busy += 1;
    if (quietSince === null) return task;
    return now - quietSince >= quietMs ? { done: true } : { until: quietSince + quietMs };
  };
  const after =
    <Args extends unknown[]>(tell: (...args: Args) => void) =>
    (...args: Args): void => {
      busy -= 1;
      tell(...args);
    };
  return {
    next,
    open: (coverage, now): void => {
      busy = 0;
      endless.open(coverage, now);
    },
    polled: after(endless.polled),
    listed: after(endless.listed),
    written: after(endless.written),
    failed: after(endless.failed),
  };
};
