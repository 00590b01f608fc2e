import { ServiceError } from './errors.ts';
import type { Output } from './parse.ts';
import { placeOf } from './stamp.ts';
import { addDays, dayOf, earlierOf, laterOf, startOf, type Day } from './time.ts';

/**
 * What has been published of one movie: everything in the days `[since, from)`, and of the days from `from` on exactly
 * the items in `seen`.
 */
export interface Checkpoint {
  readonly since: Day;
  readonly from: Day;
  readonly seen: readonly string[];
}

/** What TMDB is asked for, and which of it counts. Days are UTC and half-open, as TMDB's own are. */
export interface Window {
  /** The bound of the checkpoint that this window moves: `from` to the right (live), `since` to the left (backfill). */
  readonly bound: 'from' | 'since';
  /** At most 14 days, and a day more than is taken: TMDB may file an item by its id, a second off its time. */
  readonly ask: { readonly start: Day; readonly end: Day };
  /** An end of null is open: this window reaches to now. */
  readonly take: { readonly start: Day; readonly end: Day | null };
}

/** One answer, against the window that it was asked for. */
export interface Poll {
  readonly window: Window;
  readonly outputs: readonly Output[];
  /** Up to this ms the answer is complete and will not change; null where that cannot be known. */
  readonly settled: number | null;
  /** Whether a cache gave it: a copy may be older than an answer that was read before. */
  readonly cached: boolean;
}

/** Days that one window takes: TMDB accepts `end_date` − `start_date` = 14 days; one day on either side is margin. */
export const takeDays = 12;

/** A clock may be this far off before it counts as wrong, in ms. */
export const skewMs = 600_000;

/** A movie nothing was published of yet. */
export const enter = (day: Day): Checkpoint => ({ since: day, from: day, seen: [] });

const isUntouched = ({ since, from, seen }: Checkpoint): boolean => since === from && seen.length === 0;

/** The checkpoint with which a movie goes on: a new one, or one that a clock ahead of time entered, from today. */
export const entered = (stored: Checkpoint | undefined, { start, today }: { start: Day; today: Day }): Checkpoint => {
  if (stored === undefined) return enter(start);
  return stored.from > today && isUntouched(stored) ? enter(today) : stored;
};

const liveWindow = ({ from }: Checkpoint, now: number): Window => {
  if (from > dayOf(now + skewMs)) {
    const sentence = `a checkpoint is of ${from}, the clock says ${new Date(now).toISOString()}: set the clock right`;
    throw new ServiceError('CLOCK_SKEW', sentence);
  }
  const tomorrow = addDays(laterOf(dayOf(now), from), 1);
  const isCut = addDays(from, takeDays + 1) < tomorrow;
  const end = isCut ? addDays(from, takeDays + 1) : tomorrow;
  const take = { start: from, end: isCut ? addDays(from, takeDays) : null };
  return { bound: 'from', ask: { start: addDays(from, -1), end }, take };
};

const backfillWindow = ({ since }: Checkpoint, target: Day): Window => {
  const start = laterOf(target, addDays(since, -takeDays));
  return { bound: 'since', ask: { start: addDays(start, -1), end: addDays(since, 1) }, take: { start, end: since } };
};

/** Which days to ask for next: live polling, or backfill towards `since` while that lies before the checkpoint's. */
export const nextWindow = (checkpoint: Checkpoint, { now, since }: { now: number; since?: Day }): Window =>
  since !== undefined && since < checkpoint.since ? backfillWindow(checkpoint, since) : liveWindow(checkpoint, now);

/**
 * Before backfill: days within the overlap of now are live polling's, so while nothing is closed yet both bounds go
 * back to the oldest open day (or to `since`), and live polling publishes those days.
 */
export const reopen = (
  checkpoint: Checkpoint,
  { now, overlapMs, since }: { now: number; overlapMs: number; since: Day },
): Checkpoint => {
  const open = laterOf(since, dayOf(now - overlapMs));
  if (checkpoint.since !== checkpoint.from || checkpoint.from <= open) return checkpoint;
  return { ...checkpoint, since: open, from: open };
};

/** A backfill answer from before its days were settled says nothing: it is asked for again. */
const isTooEarly = ({ window: { bound, take }, settled }: Poll): boolean =>
  bound === 'since' && take.end !== null && (settled === null || settled < startOf(take.end));

const byPlaceThenStamp = (a: Output, b: Output): number =>
  (a.place ?? Infinity) - (b.place ?? Infinity) || (a.stamp < b.stamp ? -1 : 1);

/** What is new, once each, oldest first. */
export const unseen = (checkpoint: Checkpoint, poll: Poll): Output[] => {
  if (isTooEarly(poll)) return [];
  const seen = new Set(checkpoint.seen);
  const fresh = new Map(poll.outputs.filter(({ stamp }) => !seen.has(stamp)).map((output) => [output.stamp, output]));
  return [...fresh.values()].sort(byPlaceThenStamp);
};

const moveFrom = (checkpoint: Checkpoint, { window, outputs, settled, cached }: Poll): Checkpoint => {
  const reached = settled === null ? checkpoint.from : laterOf(checkpoint.from, dayOf(settled));
  const from = window.take.end === null ? reached : earlierOf(reached, window.take.end);
  const answered = new Set(outputs.map(({ stamp }) => stamp));
  // What has no place in time is gone from TMDB's window once an answer of TMDB's own moves on without it.
  const isOpen = (stamp: string): boolean => {
    const place = placeOf(stamp);
    return place === null ? cached || from === checkpoint.from || answered.has(stamp) : place >= startOf(from);
  };
  return { ...checkpoint, from, seen: [...new Set([...checkpoint.seen, ...answered])].filter(isOpen) };
};

/** The checkpoint once everything that `unseen` gave is published. No bound ever moves back. */
export const advance = (checkpoint: Checkpoint, poll: Poll): Checkpoint => {
  if (poll.window.bound === 'from') return moveFrom(checkpoint, poll);
  return isTooEarly(poll) ? checkpoint : { ...checkpoint, since: poll.window.take.start };
};

/** A poll that found nothing is written down only when a bound moved to another day. */
export const isWorthWriting = (before: Checkpoint, after: Checkpoint, fresh: readonly unknown[]): boolean =>
  fresh.length > 0 || before.from !== after.from || before.since !== after.since;
