import type { Fault, Given } from './faults.ts';
import { makeListOf, type Quirk } from './list.ts';
import { isList, pageOf, refusals, windowOf, type Refusal } from './rules.ts';
import type { Store } from './store.ts';
import { answerOf } from './world.ts';

interface AnswerOptions {
  readonly now: () => number;
  readonly store: Store;
  readonly requestsPerSecond: number;
  readonly quirks: readonly Quirk[];
}

interface Asked {
  readonly url: string;
  readonly movieId: number | null;
  readonly inLastSecond: number;
}

type Circumstances = Pick<Fault, 'ignoreDates' | 'ageSeconds' | 'quirks'> & { readonly authorization: string };

export type Answer = (asked: Asked, circumstances: Circumstances) => Given;

const refused = ({ status, body }: Refusal): Given => ({ status, body: JSON.stringify(body) });
const answered = (body: object): Given => ({ status: 200, body: JSON.stringify(body) });

/** What TMDB answers, by its rules, in the order in which it looks at them. */
export const makeAnswer = ({ now, store, requestsPerSecond, quirks }: AnswerOptions): Answer => {
  const listOf = makeListOf(store.all);
  return ({ url, movieId, inLastSecond }, { ignoreDates, ageSeconds, authorization, ...more }) => {
    const { pathname, searchParams } = new URL(url, 'http://simulator');
    const window = windowOf(searchParams, now());
    if (inLastSecond > requestsPerSecond) return refused(refusals.overLimit);
    if (!/^Bearer \S+$/.test(authorization)) return refused(refusals.unauthorized);
    if (movieId === null && !isList(pathname)) return refused(refusals.notFound);
    if ('status' in window) return refused(window);
    const days = ignoreDates ? { start: '1970-01-01', end: '9999-12-31' } : window;
    const shown = { ...days, now: now() - ageSeconds * 1000 };
    if (movieId !== null) return answered(answerOf(store.ofMovie(movieId), movieId, shown));
    const page = pageOf(searchParams);
    if (typeof page !== 'number') return refused(page);
    return answered(listOf({ ...shown, page, quirks: [...quirks, ...more.quirks] }));
  };
};
