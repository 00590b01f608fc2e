import { describe, expect, it } from '@jest/globals';
import { compareAll } from '../../../src/commands/audit.ts';
import type { Published, Verdict } from '../../../src/core/audit.ts';
import { ServiceError } from '../../../src/core/errors.ts';

const none: Published = { events: new Map(), letters: new Set() };
const signal = AbortSignal.timeout(60_000);

/** Compares movies of which TMDB knows some; what becomes of each, and the fault that it ends with. */
const compare = async (movies: readonly number[], known: readonly number[]) => {
  const verdicts = new Map<number, Verdict | null>();
  const poll = async (movieId: number) => {
    await Promise.resolve();
    if (!known.includes(movieId)) throw new ServiceError('TMDB_NOT_FOUND', 'gone');
    return { groups: [], observedAt: 0, taken: 0, cached: false, expiresAt: null };
  };
  const fault = await compareAll(
    { poll, url: 'https://example.org/3', atOnce: 2 },
    {
      movies: new Map(movies.map((movieId) => [movieId, none])),
      spanOf: () => ({ start: '2026-11-01', end: '2026-11-03' }),
      onMovie: (movieId, verdict) => void verdicts.set(movieId, verdict),
    },
    signal,
  ).catch((error: unknown) => error);
  return { fault, movies: verdicts.size };
};

describe('an audit', () => {
  it('of movies that TMDB knows none of has asked at a wrong address', async () => {
    expect((await compare([1, 2, 3], [])).fault).toMatchObject({
      code: 'INCOMPLETE',
      message: 'every one of 3 movies is unknown at https://example.org/3: check TMDB_URL',
    });
  });

  it.each([
    ['of one movie that is gone', [1], []],
    ['of movies of which some are gone', [1, 2, 3], [2]],
    ['of no movie', [], []],
  ])('%s is one', async (_, movies, known) => {
    expect(await compare(movies, known)).toEqual({ fault: undefined, movies: movies.length });
  });
});
