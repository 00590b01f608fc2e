import { closeDay, owing, trimming } from './closing.ts';
import type { Change, Coverage, Frontier } from './coverage.ts';
import type { Plan } from './plan.ts';
import { addDays, startOf, type Day } from './time.ts';

export interface KeeperOptions {
  readonly plan: Pick<Plan, 'walk' | 'walked' | 'isRead' | 'listedAfter' | 'listedLast' | 'ask' | 'close'>;
  readonly overlapMs: number;
  /** Movies that are under way, and those whose last poll failed. */
  readonly busy: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
}

/** How often it is looked whether a day can be closed, in ms. */
const everyMs = 1000;

/** Who is left behind when a day is closed; null while somebody has still to be waited for. */
const leaving = (coverage: Coverage, day: Day, { plan, busy, failed }: KeeperOptions): number[] | null => {
  const listed = plan.walked(day)?.ids ?? [];
  const owed = [...new Set([...owing(coverage, day, listed), ...owing(coverage, day, plan.listedAfter(day))])];
  const isLeft = (movieId: number): boolean =>
    !busy.has(movieId) && (failed.has(movieId) || (plan.listedLast(movieId) ?? '') > day);
  const waited = owed.filter((movieId) => !isLeft(movieId));
  plan.ask(waited.filter((movieId) => !busy.has(movieId) && plan.listedLast(movieId) === null));
  return waited.length > 0 ? null : owed;
};

const settledAt = ({ through }: Frontier, overlapMs: number): number => startOf(addDays(through, 1)) + overlapMs;

/**
 * Moves the frontier over a day once the day is settled: its list was read whole after that, and each movie on it has an
 * answer from after that. A movie that cannot be read, or that a later day lists, is left behind and holds nobody up. It
 * need not stand on the list of the day itself: TMDB may file an item by its id, a second off its time.
 */
export const makeKeeper = (options: KeeperOptions) => {
  const { plan, overlapMs, busy } = options;
  let left: ReadonlySet<number> | null = null;
  let writing: Change | null = null;
  let lookAt = -Infinity;

  const close = (coverage: Coverage, frontier: Frontier, now: number): Change | null => {
    const day = frontier.through;
    const after = addDays(day, 1);
    if (now < settledAt(frontier, overlapMs)) return null;
    for (const each of [day, after]) plan.walk(each, now);
    const behind = plan.walked(day) !== null && plan.isRead(after) ? leaving(coverage, day, options) : null;
    if (behind === null) return null;
    left = new Set(behind);
    plan.close(day);
    return closeDay(coverage, frontier, behind);
  };

  const trim = (coverage: Coverage): Change | null => {
    const [change = null] = trimming(coverage, (movieId) => left?.has(movieId) === true || busy.has(movieId));
    if (change === null) left = null;
    return change;
  };

  const look = (coverage: Coverage, now: number): Change | null => {
    const frontier = coverage.frontier();
    if (frontier === null || now < lookAt) return null;
    lookAt = now + everyMs;
    return close(coverage, frontier, now);
  };

  return {
    /** A new session: whatever was not written is found again. */
    open: (): void => void ([left, writing] = [null, null]),
    /** What is to be written, one thing at a time. */
    next: (coverage: Coverage, now: number): Change | null =>
      writing === null ? (writing = (left === null ? null : trim(coverage)) ?? look(coverage, now)) : null,
    written: (change: Change): void => {
      if (writing === change) writing = null;
    },
    /** When to look again, in ms. */
    until: (coverage: Coverage, now: number): number => {
      const frontier = coverage.frontier();
      return frontier === null ? Infinity : Math.max(settledAt(frontier, overlapMs), now + everyMs);
    },
  };
};
