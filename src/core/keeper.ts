import { closeDay, owing, trimming } from './closing.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Plan } from './plan.ts';
import { addDays, startOf, type Day } from './time.ts';

export interface KeeperOptions {
  readonly plan: Pick<Plan, 'walk' | 'walked' | 'listedLast' | 'ask' | 'close'>;
  readonly overlapMs: number;
  /** Movies that are under way, and those whose last poll failed. */
  readonly busy: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
}

/** How often it is looked whether a day can be closed, in ms. */
const everyMs = 1000;

/**
 * Moves the frontier over a day once the day is settled: its list was read whole after that, and each movie on it has an
 * answer from after that. The next day's list counts too: TMDB may file an item by its id, a second off its time. A movie
 * that cannot be read, or that a later day lists as well, is left behind and holds nobody up.
 */
export const makeKeeper = ({ plan, overlapMs, busy, failed }: KeeperOptions) => {
  let left: ReadonlySet<number> | null = null;
  let writing: Change | null = null;
  let lookAt = -Infinity;

  const read = (day: Day, settled: number, now: number): ReadonlySet<number> | null => {
    plan.walk(day, settled, now);
    const walked = plan.walked(day, settled);
    return walked !== null && walked.taken >= settled ? walked.ids : null;
  };

  /** Who is left behind; null while somebody has still to be waited for. */
  const leaving = (coverage: Coverage, day: Day, listed: ReadonlySet<number>): number[] | null => {
    const owed = owing(coverage, day, listed);
    const isLeft = (movieId: number): boolean =>
      !busy.has(movieId) && (failed.has(movieId) || (plan.listedLast(movieId) ?? '') > day);
    const waited = owed.filter((movieId) => !isLeft(movieId));
    plan.ask(waited.filter((movieId) => !busy.has(movieId) && plan.listedLast(movieId) === null));
    return waited.length > 0 ? null : owed;
  };

  const closing = (coverage: Coverage, now: number): Change | null => {
    const frontier = coverage.frontier();
    if (frontier === null) return null;
    const day = frontier.through;
    const settled = startOf(addDays(day, 1)) + overlapMs;
    if (now < settled) return null;
    const lists = [day, addDays(day, 1)].map((each) => read(each, settled, now));
    const listed = new Set<number>();
    for (const ids of lists) {
      if (ids === null) return null;
      for (const movieId of ids) listed.add(movieId);
    }
    const behind = leaving(coverage, day, listed);
    if (behind === null) return null;
    left = new Set(behind);
    plan.close(day);
    return closeDay(coverage, frontier, behind);
  };

  const trim = (coverage: Coverage): Change | null => {
    if (left === null) return null;
    const kept = left;
    const [change = null] = trimming(coverage, (movieId) => kept.has(movieId) || busy.has(movieId));
    if (change === null) left = null;
    return change;
  };

  return {
    /** A new session: whatever was not written is found again. */
    open: (): void => {
      [left, writing] = [null, null];
    },
    /** What is to be written, one thing at a time. */
    next: (coverage: Coverage, now: number): Change | null => {
      if (writing !== null) return null;
      writing = trim(coverage);
      if (writing === null && now >= lookAt) {
        lookAt = now + everyMs;
        writing = closing(coverage, now);
      }
      return writing;
    },
    written: (change: Change): void => {
      if (writing === change) writing = null;
    },
    /** When to look again, in ms. */
    until: (coverage: Coverage, now: number): number => {
      const through = coverage.frontier()?.through;
      if (through === undefined) return Infinity;
      return Math.max(startOf(addDays(through, 1)) + overlapMs, now + everyMs);
    },
  };
};
