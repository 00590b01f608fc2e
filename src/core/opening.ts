import { chunkOf, trimSince } from './backfill-window.ts';
import { reopen, type Checkpoint } from './checkpoint.ts';
import type { Change, Coverage } from './coverage.ts';
import { dayOf, laterOf, type Day } from './time.ts';

interface OpeningOptions {
  readonly overlapMs: number;
  readonly now: number;
  readonly wanted: Day;
}

/** A checkpoint with both bounds back at the oldest open day, where nothing is closed yet; undefined where one is. */
export const reopened = (
  checkpoint: Checkpoint | undefined,
  { overlapMs, now, wanted }: OpeningOptions,
): Checkpoint | undefined => {
  if (checkpoint === undefined) return undefined;
  const after = reopen(checkpoint, { now, overlapMs, since: wanted });
  return after === checkpoint ? undefined : after;
};

/** Of every movie what the frontier says of it, before that moves where it may say less. */
const spellOut = (coverage: Coverage): Change | null =>
  chunkOf(coverage, (movieId) => {
    const own = coverage.record(movieId);
    return own === undefined || (own.since !== null && own.from !== null)
      ? null
      : [movieId, coverage.at(movieId) ?? own];
  });

const reopenFrontier = (coverage: Coverage, { overlapMs, now, wanted }: OpeningOptions): Change | null => {
  const frontier = coverage.frontier();
  const open = laterOf(wanted, dayOf(now - overlapMs));
  if (frontier === null || frontier.since !== frontier.through || frontier.through <= open) return null;
  return spellOut(coverage) ?? { frontier: { since: open, through: open }, movies: [] };
};

const reopenRecords = (coverage: Coverage, options: OpeningOptions): Change | null =>
  chunkOf(coverage, (movieId) => {
    const after = reopened(coverage.at(movieId), options);
    return after === undefined ? null : [movieId, coverage.asStored(after)];
  });

/**
 * What is written before a session of a watch on everything polls: the days within the overlap are live polling's, so
 * while nothing is closed yet everything goes back to the oldest open one; and what a session before has left is trimmed.
 * Since nothing is under way, no answer that was asked for before comes between.
 */
export const opening = (coverage: Coverage, options: OpeningOptions): Change | null =>
  reopenFrontier(coverage, options) ?? reopenRecords(coverage, options) ?? trimSince(coverage, () => false);
