import type { Get, Got } from '../core/answer.ts';
import { readList, refusePage, type ListPage } from '../core/list.ts';
import { addDays, type Day } from '../core/time.ts';

/** A page of TMDB's list, and which moment it shows. */
export interface Listed extends ListPage, Pick<Got<unknown>, 'taken' | 'expiresAt'> {}

export type List = (day: Day, page: number, signal: AbortSignal) => Promise<Listed>;

/**
 * Asks TMDB which movies changed on a day, page by page from 1 on. The end is the day after: right whether TMDB counts
 * the end in or not, since a movie too many costs a request and one too few its changes.
 */
export const makeList =
  ({ get }: { readonly get: Get }): List =>
  async (day, page, signal) => {
    const path = `/movie/changes?start_date=${day}&end_date=${addDays(day, 1)}&page=${page}`;
    const read = (text: string): ListPage => readList(text, page);
    const { body, taken, expiresAt } = await get({ path, read, refuse: refusePage(day, page) }, signal);
    return { ...body, taken, expiresAt };
  };
