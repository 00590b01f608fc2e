import { z } from 'zod';
import type { Refused } from './answer.ts';
import { readJson, unreadable } from './body.ts';
import { ServiceError } from './errors.ts';
import type { Day } from './time.ts';

/** One page of the list of the movies that changed on a day. */
export interface ListBody {
  /** In the order of the rows; null where a row has none. A movie may stand there twice. */
  readonly ids: readonly (number | null)[];
  /** Rows whose id is neither a movie's nor null: none is known to exist. */
  readonly odd: number;
  /** How many pages there are, by this one: it may be more than TMDB gives. */
  readonly pages: number;
  /** How many rows there are on all pages, by this one. */
  readonly results: number;
  /** Everything is on this page, whatever its counters say. */
  readonly isOverlong: boolean;
}

const listForm = z.object({
  results: z.array(z.object({ id: z.unknown().optional() })),
  page: z.int().nonnegative(),
  total_pages: z.int().nonnegative(),
  total_results: z.int().nonnegative(),
});

const isMovieId = (id: unknown): id is number => typeof id === 'number' && Number.isSafeInteger(id) && id > 0;

/**
 * What one page of TMDB's list says, asked for as `page`. From 2019 to 2022 every row came on page 1 and the counters
 * said 1: more rows than the counters know of are all there are. Throws TMDB_UNREADABLE for anything but the documented
 * shape, and for what would end a walk over the pages too early without a word: another page than the one asked for (a
 * cache that does not look at it), nothing on a page that others follow, more rows than results on one of many pages.
 */
export const readList = (body: string, page: number): ListBody => {
  const list = listForm.safeParse(readJson(body));
  if (!list.success) throw unreadable('has not the documented shape of a list of changes');
  const { results: rows, page: given, total_pages: pages, total_results: results } = list.data;
  const known = rows.map(({ id }) => id).filter((id) => id !== null);
  const ids = rows.map(({ id }) => (isMovieId(id) ? id : null));
  const found = { ids, odd: known.filter((id) => !isMovieId(id)).length };
  const isOverlong = given <= 1 && pages <= 1 && rows.length > results;
  if (isOverlong) return { ...found, pages: 1, results: rows.length, isOverlong };
  if (rows.length > results) throw unreadable(`has ${rows.length} rows and says that there are ${results}`);
  if (rows.length === 0 && page < pages) throw unreadable(`has nothing on page ${page}, of ${pages}`);
  if (rows.length > 0 && given !== page)
    throw unreadable(`is page ${given} of a list, where page ${page} was asked for`);
  return { ...found, pages, results, isOverlong };
};

/**
 * TMDB gives 500 pages, once it gave 1,000: behind its last one it answers code 22, or says in `errors` what is wrong.
 * No later attempt gives the page and no other setting either, but all that is known goes on: neither retry nor stop.
 */
export const refusePage =
  (day: Day, page: number) =>
  ({ status, text }: Refused): ServiceError | null => {
    const isOfPage = /"status_code"\s*:\s*22\b/.test(text) || /"errors"\s*:\s*\[[^\]]*\bpage\b/i.test(text);
    if (page <= 1 || (status !== 400 && status !== 422) || !isOfPage) return null;
    const what = `TMDB gives no page ${page} of the movies that changed on ${day} (${status})`;
    const cure = 'movies behind it cannot be found by the list; name those that matter in WATCH';
    return new ServiceError('TMDB_LIST_TOO_LONG', `${what}: ${cure}`);
  };
