import { ServiceError } from './errors.ts';

/** Whether TMDB does not know a movie. */
export const isGone = (fault: unknown): boolean => fault instanceof ServiceError && fault.code === 'TMDB_NOT_FOUND';

/** Every movie 404 is no 404 but a wrong address. */
export const sayAllGone = (movies: string, url: string): string => `${movies} is unknown at ${url}: check TMDB_URL`;
