import type { Change } from '../coverage.ts';
import type { CrowdOptions } from './crowd.ts';
import type { RangePage } from './range-walk.ts';
import type { Day } from '../time.ts';

/** One thing to be done. `until`: nothing before that ms. */
export type BackfillTask =
  | { readonly movieId: number; readonly since: Day }
  | { readonly list: RangePage }
  | { readonly change: Change }
  | { readonly until: number };

/**
 * What a person has to know. WINDOW: everything from `since` on is published, but for movies that were `left`. CUT: a list
 * goes on behind the last page that TMDB gives. WAITING: for days that may still change, or for TMDB. STARVED: live
 * polling leaves nothing of the budget. DONE: all is there; `gone` of the movies TMDB does not know.
 */
export type BackfillNote =
  | { readonly kind: 'WAITING'; readonly until: number }
  | { readonly kind: 'STARVED' }
  | { readonly kind: 'CUT'; readonly start: Day; readonly end: Day }
  | { readonly kind: 'WINDOW'; readonly since: Day; readonly movies: number; readonly left: number }
  | { readonly kind: 'DONE'; readonly since: Day; readonly gone: number };

export interface BackfillOptions extends CrowdOptions {
  readonly watched: () => 'all' | readonly number[];
  /** How many requests are under way at a time: a live poll that comes due waits for no more than those. */
  readonly atMost: number;
  /** Each is to be polled by live polling soon. */
  readonly ask: (movies: readonly number[], now: number) => void;
  readonly onNote: (note: BackfillNote) => void;
}
