import { enter, entered } from './checkpoint.ts';
import { chunksOf } from './chunks.ts';
import type { Change, Coverage, Frontier, Stored } from './coverage.ts';
import { placeOf } from './stamp.ts';
import { addDays, dayOf, startOf, type Day } from './time.ts';

/** The records to be written before a session's first poll: of movies that have none, or one to start afresh. */
export const entering = (
  coverage: Coverage,
  movies: readonly number[],
  { startOf, today }: { readonly startOf: (movieId: number) => Day; readonly today: Day },
): Iterable<Change> =>
  chunksOf(movies, (movieId) => {
    const before = coverage.at(movieId);
    const checkpoint = entered(before, { start: startOf(movieId), today });
    return checkpoint === before ? null : [movieId, coverage.asStored(checkpoint)];
  });

/** The first record of a watch on everything, or one that a clock ahead of time has written, from today. */
export const enteringAll = (coverage: Coverage, { start, now }: { start: Day; now: number }): Change | null => {
  const frontier = coverage.frontier();
  const today = dayOf(now);
  if (frontier === null) return { frontier: { since: start, through: start }, movies: [] };
  const isAhead = frontier.through > today && frontier.since === frontier.through && coverage.size() === 0;
  return isAhead ? { frontier: { since: today, through: today }, movies: [] } : null;
};

/** Movies of which days before the frontier's are missing. */
export const behind = (coverage: Coverage): number[] => {
  const frontier = coverage.frontier();
  const movies: number[] = [];
  if (frontier === null) return movies;
  // One by one: a million records as a list of pairs are a hundred megabytes.
  for (const [movieId, { from }] of coverage.records())
    if (from !== null && from < frontier.through) movies.push(movieId);
  return movies;
};

/** Of the movies that a day lists, those without an answer from after the day was settled. */
export const owing = (coverage: Coverage, day: Day, listed: Iterable<number>): number[] =>
  [...listed].filter((movieId) => (coverage.at(movieId)?.from ?? '') <= day);

/** The frontier moves over its oldest open day. What is left behind is asked for from that day on. */
export const closeDay = (coverage: Coverage, { since, through }: Frontier, left: readonly number[]): Change => ({
  frontier: { since, through: addDays(through, 1) },
  movies: left
    .filter((movieId) => (coverage.record(movieId)?.from ?? null) === null)
    .map((movieId) => [movieId, coverage.asStored(coverage.at(movieId) ?? enter(through))]),
});

/** What of a record that has reached the frontier that does not say; null where that is nothing. */
const rest = ({ since, seen }: Stored, frontier: Frontier): Stored | null => {
  // What has no place in time is dropped by an answer without it alone.
  const open = seen.filter((stamp) => (placeOf(stamp) ?? Infinity) >= startOf(frontier.through));
  const own = since === frontier.since ? null : since;
  return own === null && open.length === 0 ? null : { since: own, from: null, seen: open };
};

/**
 * After a day was closed: records that say no more than the frontier, or less than it speaks for by now. The frontier is
 * looked at anew for each: backfill may move its `since` meanwhile.
 */
export const trimming = (coverage: Coverage, isKept: (movieId: number) => boolean): Generator<Change, undefined> =>
  chunksOf(coverage.records(), ([movieId, stored]) => {
    const frontier = coverage.frontier();
    if (frontier === null) return null;
    const { through } = frontier;
    const from = stored.from ?? through;
    if (from < addDays(through, -1) || from > through || isKept(movieId)) return null;
    const kept = rest(stored, frontier);
    return kept === null || from < through || kept.seen.length < stored.seen.length ? [movieId, kept] : null;
  });
