import type { Activity } from './activity.ts';
import type { Reading, Word } from './checks.ts';
import { addDays, dayOf, type Day } from './time.ts';

/** How complete the topics are; in ms since 1970, null where nobody knows. */
export interface Completeness {
  /** Every watched movie has been asked since. */
  readonly observedThrough: number | null;
  /** The start of the first day that is not final. */
  readonly completeThrough: number | null;
}

/** By whom polling was paused, and when, in ms since 1970. */
export interface PausedBy {
  readonly at: number;
  readonly by: string;
  readonly reason: string | null;
}

export interface StatusInput extends Completeness {
  readonly version: string;
  readonly reading: Reading;
  readonly activity: ReturnType<Activity['read']>;
  /** The clock, and the one of `reading` at the same moment, in ms. */
  readonly now: number;
  readonly monotonic: number;
  /** Ms since 1970. */
  readonly startedAt: number;
  readonly watching: 'all' | number;
  readonly nextPollAt: number | null;
  readonly requestsPerSecond: number;
  readonly deadLetters: number | null;
  readonly paused: PausedBy | null;
}

/** What `GET /status` answers: no setting but the limit, no address, no token. Times RFC 3339, in UTC. */
export interface Status {
  readonly version: string;
  readonly state: Word;
  readonly startedAt: string;
  readonly watching: 'all' | number;
  readonly nextPollAt: string | null;
  readonly observedThrough: string | null;
  /** The last day that is final. */
  readonly completeThrough: Day | null;
  /** From a change to its commit, over the last 15 minutes. */
  readonly delay: { readonly lastSeconds: number; readonly p95Seconds: number } | null;
  /** Requests a second, over the last 30 s. */
  readonly budget: { readonly used: number; readonly limit: number };
  readonly changesPerSecond: number;
  readonly deadLetters: number | null;
  readonly lastFault: { readonly code: string; readonly count: number; readonly at: string } | null;
  readonly degraded: { readonly code: string; readonly since: string } | null;
  readonly paused: { readonly at: string; readonly by: string; readonly reason: string | null } | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null || !Number.isFinite(ms) ? null : iso(ms));
const tenth = (value: number): number => Math.round(value * 10) / 10;

export const statusOf = (input: StatusInput): Status => {
  const { reading, activity, now, monotonic, completeThrough, paused } = input;
  const { delay, lastFault } = activity;
  const { degraded } = reading;
  return {
    version: input.version,
    state: reading.word,
    startedAt: iso(input.startedAt),
    watching: input.watching,
    nextPollAt: reading.word === 'live' ? isoOrNull(input.nextPollAt) : null,
    observedThrough: isoOrNull(input.observedThrough),
    completeThrough: completeThrough === null ? null : addDays(dayOf(completeThrough), -1),
    delay: delay === null ? null : { lastSeconds: tenth(delay.last), p95Seconds: tenth(delay.quantile) },
    budget: { used: tenth(activity.requestsPerSecond), limit: input.requestsPerSecond },
    changesPerSecond: tenth(activity.changesPerSecond),
    deadLetters: input.deadLetters,
    lastFault: lastFault === null ? null : { ...lastFault, at: iso(lastFault.at) },
    degraded: degraded === null ? null : { code: degraded.code, since: iso(now - (monotonic - degraded.since)) },
    paused: paused === null ? null : { at: iso(paused.at), by: paused.by, reason: paused.reason },
  };
};
