import { refuseMovie, type Get, type Got } from '../core/answer.ts';
import type { Window } from '../core/checkpoint.ts';
import { readAnswer, type Group } from '../core/parse.ts';

/** What TMDB has of a movie in a window. */
export interface Answer extends Omit<Got<unknown>, 'body'> {
  readonly groups: readonly Group[];
}

export type Poll = (movieId: number, window: Window, signal: AbortSignal) => Promise<Answer>;

/** The earliest of several moments, null where one of them is not known. */
const earliest = (moments: readonly (number | null)[]): number | null =>
  moments.some((moment) => moment === null) ? null : Math.min(...moments.map(Number));

/** Asks TMDB for one movie and one window. Should TMDB page, every page is read. */
export const makePoll =
  ({ get }: { readonly get: Get }): Poll =>
  async (movieId, window, signal) => {
    const path = `/movie/${movieId}/changes?start_date=${window.ask.start}&end_date=${window.ask.end}`;
    const lane = window.bound === 'from' ? 'live' : 'backfill';
    const getPage = async (more: string) =>
      get({ path: path + more, lane, read: (text) => readAnswer(text, window), refuse: refuseMovie }, signal);
    const first = await getPage('');
    const answers = [first];
    for (let page = 2; page <= first.body.pages; page += 1) answers.push(await getPage(`&page=${page}`));
    return {
      groups: answers.flatMap(({ body }) => body.groups),
      observedAt: Math.max(...answers.map(({ observedAt }) => observedAt)),
      taken: earliest(answers.map(({ taken }) => taken)),
      cached: answers.some(({ cached }) => cached),
      // As soon as one page may be another one, asking again is worth it.
      expiresAt: earliest(answers.map(({ expiresAt }) => expiresAt)),
    };
  };
