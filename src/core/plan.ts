import type { ListAnswer, ListPage, MovieAnswer, Next, PlanOptions, Remark, Walked } from './planned.ts';
import type { Day } from './time.ts';

export interface Plan {
  /** What to ask now. It is under way until it is answered or failed. */
  readonly next: (now: number) => Next;
  readonly listed: (at: ListPage, answer: ListAnswer, now: number) => Remark | null;
  readonly listFailed: (at: ListPage, now: number) => void;
  readonly polled: (movieId: number, answer: MovieAnswer, now: number) => void;
  readonly failed: (movieId: number, now: number) => void;
  /** Watched from now on; each is polled once soon. */
  readonly watch: (ids: Iterable<number>, now: number) => void;
  readonly unwatch: (ids: Iterable<number>) => void;
  readonly isWatched: (movieId: number) => boolean;
  /** Each is polled once soon, beside all else: what its checkpoint knows to be behind. */
  readonly ask: (ids: Iterable<number>) => void;
  /** Begins the whole walk that closes a day, unless that was begun (each open day's begins by itself when due). */
  readonly walk: (day: Day, now: number) => void;
  /** The whole walk that began at the end of the day + overlap or later, once it is complete. */
  readonly walked: (day: Day) => Walked | null;
  /** A day is closed: its list is forgotten. */
  readonly close: (day: Day) => void;
  /** No longer a candidate, until it is listed again. */
  readonly drop: (movieId: number) => void;
  /** The last day that listed a candidate; null of any other movie: its days are closed. */
  readonly listedLast: (movieId: number) => Day | null;
  readonly counts: () => { readonly candidates: number; readonly active: number; readonly waiting: number };
}

export declare const makePlan: (options: PlanOptions) => Plan;

/** Whether a watch list costs fewer requests with TMDB's lists than polled movie by movie. */
export declare const needsLists: (watchedCount: number, requestsPerSecond: number, intervalMs: number) => boolean;
