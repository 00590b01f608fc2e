import type { Task } from '../core/agenda.ts';
import { isGone, sayAllGone } from '../core/gone.ts';
import type { ListPage } from '../core/schedule/planned.ts';
import type { RangePage } from '../core/backfill/range-walk.ts';

const wordsOf = (fault: unknown): string => (fault instanceof Error ? fault.message : '');

export type Page = ListPage | RangePage;
const nameOf = (at: Page): string =>
  `page ${at.page} of TMDB's list of ${'day' in at ? at.day : `${at.start} to ${at.end}`}`;

/** How many movies were polled since the last look, and which, or which pages of lists, could not be. */
export const makeTally = (url: string) => {
  const failed = new Map<number, unknown>();
  const pages = new Map<string, unknown>();
  let polled = 0;
  const pageProblem = (): string | null => {
    const [last] = [...pages].slice(-1);
    if (last === undefined) return null;
    const count = pages.size - 1;
    const others = count === 0 ? '' : `${count} other${count === 1 ? '' : 's'} and `;
    return `${others}${last[0]} could not be read (${wordsOf(last[1])}): what it names comes later`;
  };
  /** What is to be said. */
  const problem = (): string | null => {
    const [faults, all] = [[...failed.values()], polled + failed.size];
    const unread = faults.filter((fault) => !isGone(fault));
    const last = unread.at(-1);
    if (faults.length > 0 && polled === 0 && unread.length === 0) return sayAllGone('every watched movie', url);
    if (last === undefined) return pageProblem();
    return `${unread.length} of ${all} movies could not be read (the last: ${wordsOf(last)})`;
  };
  return {
    problem,
    polled: (movieId: number): void => {
      polled += 1;
      failed.delete(movieId);
    },
    listed: (at: Page): void => void pages.delete(nameOf(at)),
    failed: (task: Task, fault: unknown): void => {
      if ('movieId' in task) failed.set(task.movieId, fault);
      if ('list' in task) pages.set(nameOf(task.list), fault);
    },
    begin: (): void => {
      failed.clear();
      pages.clear();
      polled = 0;
    },
  };
};
