import type { Coverage } from '../coverage.ts';
import { extentOf, type ExtentOptions } from './extent.ts';
import { startOf, type Day } from '../time.ts';

/** How far the backfill is, in ms, and how many requests it is about to take; null where that is not known. */
export interface Left {
  readonly since: number | null;
  readonly requests: number | null;
}

export interface LeftOptions extends Omit<ExtentOptions, 'to'> {
  /** Requests that a window of everything took; null: none is done yet. */
  readonly perWindow: number | null;
}

const latestSince = (coverage: Coverage, movies: readonly number[]): Day | null =>
  movies.reduce<Day | null>((latest, movieId) => {
    const since = coverage.at(movieId)?.since ?? null;
    return latest === null || (since ?? '') > latest ? since : latest;
  }, null);

/** What there is still to be done for the wanted day; null: none is wanted. */
export const leftOf = (coverage: Coverage, { perWindow, ...options }: LeftOptions): Left | null => {
  const to = coverage.wanted();
  if (to === null) return null;
  const { since: first, windows, movieWindows, reopened } = extentOf(coverage, { ...options, to });
  const since = options.watched === 'all' ? first : latestSince(coverage, options.watched);
  const ofAll = windows === 0 ? 0 : perWindow === null ? null : windows * perWindow;
  return {
    since: since === null ? null : startOf(since),
    requests: ofAll === null ? null : ofAll + movieWindows + reopened,
  };
};
