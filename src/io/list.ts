import type { Get, Got } from '../core/answer.ts';
import { readList, refusePage, type ListBody } from '../core/list.ts';
import type { ListPage } from '../core/schedule/planned.ts';
import type { RangePage } from '../core/backfill/range-walk.ts';
import { addDays } from '../core/time.ts';

/** A page of TMDB's list, and which moment it shows. */
export interface Listed extends ListBody, Pick<Got<unknown>, 'taken' | 'expiresAt'> {}

export type List = (at: ListPage | RangePage, signal: AbortSignal) => Promise<Listed>;

/**
 * Asks TMDB which movies changed on a day or in some, page by page from 1 on. The end is the day after: right whether
 * TMDB counts the end in or not, since a movie too many costs a request and one too few its changes.
 */
export const makeList =
  ({ get }: { readonly get: Get }): List =>
  async (at, signal) => {
    const { page } = at;
    const { start, end } = 'day' in at ? { start: at.day, end: addDays(at.day, 1) } : at;
    const path = `/movie/changes?start_date=${start}&end_date=${end}&page=${page}`;
    const read = (text: string): ListBody => readList(text, page);
    const { body, taken, expiresAt } = await get(
      {
        path,
        lane: 'day' in at ? 'discovery' : 'backfill',
        read,
        refuse: refusePage('day' in at ? at.day : `${start} … ${end}`, page),
      },
      signal,
    );
    return { ...body, taken, expiresAt };
  };
