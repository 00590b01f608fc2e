import type { Coverage } from './coverage.ts';
import { behind } from './closing.ts';
import { firstMissed } from './missed.ts';
import { addDays, dayOf, earlierOf, type Day } from './time.ts';

export interface DueOptions {
  readonly watched: 'all' | readonly number[];
  /** Whether lists say who is polled; else every watched movie is, again and again. */
  readonly hasLists: boolean;
  readonly intervalMs: number;
  readonly overlapMs: number;
  readonly now: number;
}

/** A poll may be late by so much. */
const graceMs = 3_600_000;

/** The first day that each watched movie should be open from by now. A quiet one is polled half as often. */
export const dueDay = ({ hasLists, intervalMs, overlapMs, now }: DueOptions): Day => {
  const polled = dayOf(now - overlapMs - 2 * intervalMs - graceMs);
  return hasLists ? earlierOf(polled, addDays(firstMissed(overlapMs, now), -1)) : polled;
};

/** Movies of which days are open that should have been closed by now. Where everything is watched, those behind the frontier. */
export const overdue = (coverage: Coverage, options: DueOptions): number[] => {
  const { watched } = options;
  if (watched === 'all') return behind(coverage);
  const due = dueDay(options);
  return watched.filter((movieId) => (coverage.at(movieId)?.from ?? due) < due);
};

/** How many are overdue; null where it is not known who is watched (`watched` is null), nor a frontier tells it. */
export const countOverdue = (
  coverage: Coverage,
  { watched, ...options }: Omit<DueOptions, 'watched'> & { readonly watched: DueOptions['watched'] | null },
): number | null => {
  if (watched === null && coverage.frontier() === null) return null;
  return overdue(coverage, { ...options, watched: watched ?? 'all' }).length;
};
