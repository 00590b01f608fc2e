import { skewMs } from './checkpoint.ts';
import { ServiceError } from './errors.ts';

/** What an HTTP answer says besides its body. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** An answer that is not 200. */
export interface Refused {
  readonly status: number;
  /** The beginning of its body, as well as it can be read. */
  readonly text: string;
  /** Up to and with `/3`. */
  readonly url: string;
}

/** What TMDB is asked, and what its answers mean here. */
export interface Question<T> {
  /** What stands behind `/3`. */
  readonly path: string;
  /** The body of a 200. Throws TMDB_UNREADABLE. */
  readonly read: (text: string) => T;
  /** The fault of an answer that means something of its own here; null where it means what it always does. */
  readonly refuse: (refused: Refused) => ServiceError | null;
}

/** What came. Times in ms since 1970. */
export interface Got<T> {
  readonly body: T;
  /** Our clock when the answer was complete. */
  readonly observedAt: number;
  /** The moment that the answer shows, by the more cautious of both clocks; null where that cannot be known. */
  readonly taken: number | null;
  /** Whether a cache on the way gave it. */
  readonly cached: boolean;
  /** Until when the same question gets the same copy; null where none was given. */
  readonly expiresAt: number | null;
}

export type Get = <T>(question: Question<T>, signal: AbortSignal) => Promise<Got<T>>;

/** The moment an answer shows: right whether a cache keeps the origin's Date or writes its own. No Age is an Age of 0. */
export const takenOf = ({ date, age }: Headers, sentAt: number): number | null => {
  const seconds = age === undefined ? 0 : typeof age === 'string' && /^\d{1,9}$/.test(age) ? Number(age) : NaN;
  const taken = Math.min(sentAt - seconds * 1000, typeof date === 'string' ? Date.parse(date) : NaN);
  return Number.isNaN(taken) ? null : taken;
};

const directive = (control: string, name: string): number | null => {
  const [, seconds] = new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*"?(\\d{1,9})(?!\\d)`, 'i').exec(control) ?? [];
  return seconds === undefined ? null : Number(seconds);
};

/** The longest that TMDB lets a copy be kept: windows in the past. */
const keptMostMs = 86_400_000;

/**
 * Until when asking for the same again gives the same copy, in ms; it may be past. null where no cache answered, or none
 * said how long it keeps: only an Age shows that there is a cache on our way which keeps this answer. A fresh one says
 * max-age too, and may have been stored; but to wait ten minutes for a copy that nobody holds delays every change by
 * them, whereas to ask once too often costs one request, and its Age then says how long to wait.
 */
export const expiresOf = ({ age, 'cache-control': control }: Headers, now: number): number | null => {
  if (typeof age !== 'string' || !/^\d{1,9}$/.test(age) || typeof control !== 'string') return null;
  // A cache that others share obeys s-maxage first.
  const seconds = directive(control, 's-maxage') ?? directive(control, 'max-age');
  return seconds === null ? null : now + Math.min(seconds * 1000, keptMostMs) - Number(age) * 1000;
};

/** TMDB's status code 25 counts whatever the HTTP status. */
export const isOverLimit = (status: number, text: string): boolean =>
  status === 429 || (text.length < 1000 && /"status_code"\s*:\s*25\b/.test(text));

/** 404 for a movie is that movie's alone; anything else that is asked for is always there. */
export const refuseMovie = ({ status, url }: Refused): ServiceError | null =>
  status === 404 ? new ServiceError('TMDB_NOT_FOUND', `TMDB knows no such movie at ${url} (404)`) : null;

/** The fault of a status that is not 200, whatever was asked. */
export const refusalOf = ({ status, url }: Refused): ServiceError => {
  if (status === 401) {
    const advice = 'TMDB_TOKEN must be the API Read Access Token of your TMDB account';
    return new ServiceError('TMDB_UNAUTHORIZED', `TMDB does not accept the token (401): ${advice}`);
  }
  if (status >= 500 || status === 403 || status === 408)
    return new ServiceError('TMDB_UNAVAILABLE', `TMDB answers ${status}`);
  const kind =
    status >= 300 && status < 400 ? 'a redirect, which is never followed' : 'a status that it should not give';
  return new ServiceError('TMDB_REFUSED', `${url} answers ${status}, ${kind}: check TMDB_URL and any proxy`);
};

/** Our clock less TMDB's, in ms and to the second; null where an answer has no date of TMDB's own. */
export const clockOffsetOf = ({ date, age }: Headers, now: number): number | null => {
  const theirs = age === undefined && typeof date === 'string' ? Date.parse(date) : NaN;
  return Number.isNaN(theirs) ? null : now - theirs;
};

/** Three answers of TMDB's own in a row whose Date is far from our clock: one odd header ends nothing. */
export const makeClockCheck = () => {
  let odd = 0;
  return ({ date, age }: Headers, now: number): void => {
    const theirs = age === undefined && typeof date === 'string' ? Date.parse(date) : NaN;
    if (Number.isNaN(theirs)) return;
    odd = Math.abs(now - theirs) > skewMs ? odd + 1 : 0;
    if (odd < 3) return;
    const times = `TMDB's says ${new Date(theirs).toISOString()}, ours ${new Date(now).toISOString()}`;
    throw new ServiceError('CLOCK_SKEW', `two clocks differ by more than ten minutes: ${times}; set ours right`);
  };
};
