import { trimSince } from './window.ts';
import { reopen, type Checkpoint } from '../checkpoint.ts';
import { chunksOf } from '../chunks.ts';
import type { Change, Coverage } from '../coverage.ts';
import { dayOf, laterOf, type Day } from '../time.ts';

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
const spellOut = (coverage: Coverage) =>
  chunksOf(coverage.records(), ([movieId, own]) =>
    own.since !== null && own.from !== null ? null : [movieId, coverage.at(movieId) ?? own],
  );

const reopenFrontier = function* (coverage: Coverage, { overlapMs, now, wanted }: OpeningOptions): Generator<Change> {
  const frontier = coverage.frontier();
  const open = laterOf(wanted, dayOf(now - overlapMs));
  if (frontier === null || frontier.since !== frontier.through || frontier.through <= open) return;
  yield* spellOut(coverage);
  yield { frontier: { since: open, through: open }, movies: [] };
};

const reopenRecords = (coverage: Coverage, options: OpeningOptions) =>
  chunksOf(coverage.records(), ([movieId]) => {
    const after = reopened(coverage.at(movieId), options);
    return after === undefined ? null : [movieId, coverage.asStored(after)];
  });

/**
 * What is written before a session of a watch on everything polls, one after another: the days within the overlap are
 * live polling's, so while nothing is closed yet everything goes back to the oldest open one; and what a session before
 * has left is trimmed. Since nothing is under way, no answer that was asked for before comes between.
 */
export const opening = function* (coverage: Coverage, options: OpeningOptions): Generator<Change | null, undefined> {
  yield* reopenFrontier(coverage, options);
  yield* reopenRecords(coverage, options);
  yield* trimSince(coverage, () => false);
};
