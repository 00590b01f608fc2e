import { takeDays } from '../checkpoint.ts';
import type { Change, Coverage, Stored } from '../coverage.ts';
import { reopened } from './opening.ts';
import { dayOf, daysIn, laterOf, type Day } from '../time.ts';

export interface ExtentOptions {
  readonly watched: 'all' | readonly number[];
  readonly to: Day;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
  readonly overlapMs: number;
  readonly now: number;
}

/** What is still to be done. */
export interface Extent {
  /** From where on everything is published, where everything is watched. */
  readonly since: Day | null;
  /** Of everything, and of movies that have days of their own. */
  readonly windows: number;
  readonly movieWindows: number;
  readonly movies: number;
  /** Movies that live polling asks once more, since nothing of them was closed yet. */
  readonly reopened: number;
}

const windowsIn = (to: Day, since: Day): number => Math.max(0, Math.ceil(daysIn({ start: to, end: since }) / takeDays));

/** The frontier's first day, or what it will be once backfill begins. */
const firstOf = (coverage: Coverage, { to, start, overlapMs, now }: ExtentOptions): Day => {
  const { since, through } = coverage.frontier() ?? { since: start, through: start };
  const open = laterOf(to, dayOf(now - overlapMs));
  return since === through && through > open ? open : since;
};

/** Movies that have days of their own. */
export const ownRecords = function* (coverage: Coverage): Generator<number> {
  for (const [movieId, { since }] of coverage.records()) if (since !== null) yield movieId;
};

const idsIn = function* (coverage: Coverage): Generator<number> {
  for (const [movieId] of coverage.records()) yield movieId;
};

/** How far everything is from the wanted day. */
export const extentOf = (coverage: Coverage, options: ExtentOptions): Extent => {
  const { watched, to, start, overlapMs, now } = options;
  const since = watched === 'all' ? firstOf(coverage, options) : null;
  const found = { windows: since === null ? 0 : windowsIn(to, since), movieWindows: 0, movies: 0, reopened: 0 };
  for (const movieId of watched === 'all' ? idsIn(coverage) : watched) {
    const at = coverage.at(movieId) ?? { since: start, from: start, seen: [] };
    const after = reopened(at, { overlapMs, now, wanted: to });
    const windows = windowsIn(to, (after ?? at).since);
    if (after !== undefined) found.reopened += 1;
    if (windows === 0 || (since !== null && (after ?? at).since <= since)) continue;
    found.movieWindows += windows;
    found.movies += 1;
  }
  return { since, ...found };
};

export const isThere = ({ windows, movieWindows, reopened: open }: Extent): boolean =>
  windows + movieWindows + open === 0;

/** What to write so that a day is wanted; null: it is, or an earlier one, or it is there. */
export const wish = (coverage: Coverage, options: ExtentOptions): Change | null => {
  const wanted = coverage.wanted();
  const isWanted = wanted !== null && wanted <= options.to;
  return isWanted || isThere(extentOf(coverage, options)) ? null : { movies: [], wanted: options.to };
};

/** Whether a record tells of a poll of backfill: one of which nothing is closed was entered, or went back to an open day. */
export const isBackfilled = (before: Stored | undefined, after: Stored | null): boolean =>
  after !== null && after.since !== after.from && (after.since ?? '9') < (before?.since ?? '9');
