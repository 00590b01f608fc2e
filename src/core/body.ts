import { ServiceError } from './errors.ts';
import { asJson, type Json } from './json.ts';

export const unreadable = (what: string, cause?: unknown): ServiceError =>
  new ServiceError('TMDB_UNREADABLE', `TMDB's answer ${what}`, cause);

/** The body of a 200 as JSON. Throws TMDB_UNREADABLE. */
export const readJson = (body: string): Json => {
  try {
    return asJson(body);
  } catch {
    // The engine's message quotes what it could not read: it is left out.
    throw unreadable(/^\s*</.test(body) ? 'is a web page, not TMDB' : 'is no JSON');
  }
};
