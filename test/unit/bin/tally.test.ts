import { describe, expect, it } from '@jest/globals';
import { makeTally } from '../../../src/bin/tally.ts';
import { ServiceError } from '../../../src/core/errors.ts';

const url = 'http://tmdb/3';
const gone = new ServiceError('TMDB_NOT_FOUND', 'gone');
const away = new ServiceError('TMDB_UNAVAILABLE', 'TMDB answers 502');
const page = (nth: number) => ({ list: { day: '2026-08-18', page: nth } });

describe('what could not be read', () => {
  it('is nothing at first, and nothing where it was read afterwards', () => {
    const tally = makeTally(url);
    expect(tally.problem()).toBeNull();
    tally.failed({ movieId: 5 }, away);
    tally.failed(page(69), away);
    tally.polled(5);
    tally.listed(page(69).list);
    expect(tally.problem()).toBeNull();
  });

  it('is a page of a list, by its number, also where all movies could be', () => {
    const tally = makeTally(url);
    tally.polled(5);
    tally.failed(page(69), away);
    const sentence =
      "page 69 of TMDB's list of 2026-08-18 could not be read (TMDB answers 502): what it names comes later";
    expect(tally.problem()).toBe(sentence);
    tally.failed(page(3), away);
    tally.listed(page(3).list);
    expect(tally.problem()).toBe(sentence);
    tally.failed({ list: { start: '2026-08-01', end: '2026-08-13', page: 2 } }, away);
    expect(tally.problem()).toMatch(/^1 other and page 2 of TMDB's list of 2026-08-01 to 2026-08-13 could not be read/);
  });

  it('is how many movies, and a wrong address where all of them are unknown', () => {
    const tally = makeTally(url);
    tally.failed({ movieId: 5 }, gone);
    expect(tally.problem()).toBe(`every watched movie is unknown at ${url}: check TMDB_URL`);
    tally.polled(6);
    expect(tally.problem()).toBeNull();
    tally.failed({ movieId: 7 }, away);
    expect(tally.problem()).toBe('1 of 3 movies could not be read (the last: TMDB answers 502)');
    tally.begin();
    expect(tally.problem()).toBeNull();
  });
});
