import type { Failure } from './backfill/crowd.ts';
import type { RangePage } from './backfill/range-walk.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Watermark } from './events.ts';
import type { ListAnswer, ListPage, MovieAnswer } from './schedule/planned.ts';
import type { Day } from './time.ts';

/** One thing to be done. `said`: what has to be said with the change. `since`: of the days before those that are published, back to that day. `until`: nothing before that ms. */
export type Task =
  | { readonly movieId: number }
  | { readonly movieId: number; readonly since: Day }
  | { readonly list: ListPage | RangePage }
  | { readonly change: Change; readonly said?: Watermark | null }
  | { readonly watermark: Watermark }
  | { readonly until: number }
  | { readonly done: true };

/** What is to be done, one thing after another. Each is under way until it is told what came of it. */
export interface Agenda {
  /** A session begins: what was under way in the last one is to be done again. `last`: the watermark that is committed. */
  readonly open: (coverage: Coverage, now: number, last?: Watermark | null) => void;
  readonly next: (now: number) => Task;
  /** What is to be said with the events that are committed next; none: nothing. */
  readonly watermark?: (now: number) => Watermark | null;
  readonly polled: (movieId: number, answer: MovieAnswer, now: number) => void;
  readonly listed: (at: ListPage | RangePage, answer: ListAnswer, now: number) => void;
  readonly written: (change: Change, now: number) => void;
  readonly failed: (task: Task, how: Failure) => void;
}
