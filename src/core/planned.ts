import type { Day } from './time.ts';

/** One page of a day's list, `GET /3/movie/changes` for [day, day + 1). */
export interface ListPage {
  readonly day: Day;
  readonly page: number;
}

/** What is to be asked next. `until`: nothing before that ms; the budget is free for backfill. */
export type Next = { readonly list: ListPage } | { readonly movieId: number } | { readonly until: number };

export interface ListAnswer {
  /** In the order of the rows; null where a row has none (rows must count, to know where the list ends). */
  readonly ids: readonly (number | null)[];
  readonly pages: number;
  readonly results: number;
  /** The ms that the answer shows, null where it does not tell. */
  readonly taken: number | null;
}

export interface MovieAnswer {
  readonly taken: number | null;
  /** How many items of the answer are new. */
  readonly items: number;
  /** The ms of the answer's newest item. */
  readonly newestAt: number | null;
  /** When TMDB's cached copy expires. */
  readonly expiresAt: number | null;
}

/**
 * What an answer of a list has to be reported for, once a day's list: all rows came on page 1 with false counters, or
 * the list goes on behind page 500, which is the last one that TMDB gives.
 */
export type Remark = 'OVERLONG' | 'CUT';

export interface Walked {
  readonly ids: ReadonlySet<number>;
  /** The least of its pages'. */
  readonly taken: number;
  /** Whether the list goes on behind page 500. */
  readonly isCut: boolean;
}

export interface PlanOptions {
  readonly requestsPerSecond: number;
  /** How often a movie with one change a day is asked; 0 spends the whole budget, a day polls first and last only. */
  readonly intervalMs: number;
  readonly overlapMs: number;
  readonly watched: 'all' | Iterable<number>;
  /** False: every watched movie is polled for good, and no list is asked for. */
  readonly hasLists: boolean;
}
