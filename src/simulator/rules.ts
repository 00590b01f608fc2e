import { addDays, isDay, startOf } from '../core/time.ts';
import { defaultWindow } from './world.ts';

/** An answer of TMDB's that is an error: HTTP status and body. */
export interface Refusal {
  readonly status: number;
  readonly body: object;
}

const refusal = (status: number, code: number, message: string): Refusal => ({
  status,
  body: { success: false, status_code: code, status_message: message },
});

export const refusals = {
  unauthorized: refusal(401, 7, 'Invalid API key: You must be granted a valid key.'),
  notFound: refusal(404, 34, 'The resource you requested could not be found.'),
  badDate: refusal(400, 23, 'Invalid date: Should be a range no longer than 14 days and formatted as YYYY-MM-DD.'),
  longRange: refusal(422, 20, 'Invalid date range: Should be a range no longer than 14 days.'),
  badPage: refusal(400, 22, 'Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.'),
  overLimit: refusal(429, 25, 'Your request count (41) is over the allowed limit of 40.'),
} as const;

export interface Window {
  readonly start: string;
  readonly end: string;
}

/** Both days of a request. Half-open, at most 14 days; one alone means one day; an empty one counts as absent. */
export const windowOf = (query: URLSearchParams, now: number): Window | Refusal => {
  const start = query.get('start_date') ?? '';
  const end = query.get('end_date') ?? '';
  if ([start, end].some((day) => day !== '' && !isDay(day))) return refusals.badDate;
  if (start === '' && end === '') return defaultWindow(now);
  if (end === '') return { start, end: addDays(start, 1) };
  if (start === '') return { start: addDays(end, -1), end };
  return startOf(end) - startOf(start) > 14 * 86_400_000 ? refusals.longRange : { start, end };
};

/** The last page of the list that TMDB answers. */
export const lastPage = 500;

/** Whether a path is that of the list of all movies that changed. */
export const isList = (path: string): boolean => path === '/3/movie/changes';

/** The page of a request for the list, the first where none is named. */
export const pageOf = (query: URLSearchParams): number | Refusal => {
  const page = query.get('page') ?? '';
  if (page === '') return 1;
  return /^\d{1,9}$/.test(page) && Number(page) >= 1 && Number(page) <= lastPage ? Number(page) : refusals.badPage;
};

/** The movie of a path, null where TMDB has none: `/3/movie/{id}/changes`. */
export const movieOf = (path: string): number | null => {
  const [, id] = /^\/3\/movie\/(-?\d+)\/changes$/.exec(path) ?? [];
  return id === undefined || Number(id) < 1 ? null : Number(id);
};

/** How many requests the last second has seen, this one included. `now` in ms. */
export const makeRate = (): ((now: number) => number) => {
  const recent: number[] = [];
  return (now) => {
    recent.push(now);
    while ((recent[0] ?? now) <= now - 1000) recent.shift();
    return recent.length;
  };
};
