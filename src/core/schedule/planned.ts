import type { Day } from '../time.ts';

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

export interface PlanOptions {
  readonly requestsPerSecond: number;
  /** How often a movie with one change a day is asked; 0 spends the whole budget, a day polls first and last only. */
  readonly intervalMs: number;
  readonly overlapMs: number;
  readonly watched: 'all' | Iterable<number>;
  /** False: every watched movie is polled for good, and no list is asked for. */
  readonly hasLists: boolean;
}

export interface Plan {
  /** What to ask now. It is under way until it is answered or failed. */
  readonly next: (now: number) => Next;
  /** What is to be reported of the list, if anything. */
  readonly listed: (at: ListPage, answer: ListAnswer, now: number) => Remark | null;
  readonly listFailed: (at: ListPage, now: number) => void;
  /** It was not asked after all: it is due as before. */
  readonly releaseList: (at: ListPage) => void;
  readonly polled: (movieId: number, answer: MovieAnswer, now: number) => void;
  /** `isGone`: TMDB does not know it. */
  readonly failed: (movieId: number, now: number, isGone?: boolean) => void;
  /** It was not asked after all: it is due as before. */
  readonly release: (movieId: number, now: number) => void;
  /** Watched from now on. `added`: those of them that are asked anyway. */
  readonly watch: (ids: Iterable<number>, now: number, added?: readonly number[]) => void;
  /** Lists of days up to this one had been read before some movie was watched; null: of none. */
  readonly late: () => Day | null;
  readonly unwatch: (ids: Iterable<number>) => void;
  /** Whether lists are used from now on; it begins with `hasLists`. */
  readonly useLists: (hasLists: boolean, now: number) => void;
  /** Each watched one is polled once soon, beside all else: what its checkpoint knows to be behind. */
  readonly ask: (ids: Iterable<number>) => void;
  /** As `ask`, and though it was polled just now: its checkpoint went back. */
  readonly renew: (ids: Iterable<number>, now: number) => void;
  /** Begins the whole walk that closes a day that is over + overlap; those of the days since the start begin by themselves. */
  readonly walk: (day: Day, now: number) => void;
  /** Whom the whole walk named that shows the end of the day + overlap, once it is complete, until `close`, or for three days. */
  readonly walked: (day: Day) => ReadonlySet<number> | null;
  /** Whether the list of a day was read whole after its end. */
  readonly isRead: (day: Day) => boolean;
  /** A day is closed: its list is forgotten. */
  readonly close: (day: Day) => void;
  /** Candidates that this day or a later one lists. */
  readonly listedFrom: (day: Day) => readonly number[];
  /** The last day that listed a candidate; null of any other movie: its days are closed. */
  readonly listedLast: (movieId: number) => Day | null;
  /** Whether every list was walked, and whoever it names or was asked for polled. */
  readonly isCaughtUp: () => boolean;
  /** What TMDB showed by this ms is published already, of whatever is watched: `known` begins there. */
  readonly claim: (ms: number) => void;
  /**
   * What TMDB showed by this ms is published, as far as lists and answers prove it; -Infinity: that is not known yet, or
   * fewer than so many movies are watched by now.
   */
  readonly known: (count: number) => number;
  /** Movies that wait for their turn, and such as failed when they were asked last. Looks at each candidate. */
  readonly census: (now: number) => { readonly due: number; readonly failing: number };
  readonly counts: () => { readonly candidates: number; readonly active: number; readonly asked: number };
}
