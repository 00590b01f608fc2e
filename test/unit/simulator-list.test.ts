import { afterEach, describe, expect, it } from '@jest/globals';
import { addDays, startOf } from '../../src/core/time.ts';
import { makeListOf, type Quirk } from '../../src/simulator/list.ts';
import type { SimulatorOptions } from '../../src/simulator/server.ts';
import type { Entry } from '../../src/simulator/world.ts';
import { startTmdb } from '../support/stage.ts';

const noon = startOf('2026-08-18') + 43_200_000;
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

interface Row {
  readonly id: number | null;
  readonly adult: boolean | null;
  readonly softcore: boolean | null;
}
interface Page {
  readonly results: readonly Row[];
  readonly page: number;
  readonly total_pages: number;
  readonly total_results: number;
  readonly status_code?: number;
}

const start = async (rules: Pick<SimulatorOptions, 'quirks' | 'requestsPerSecond'> = {}) => {
  let now = noon;
  const tmdb = await startTmdb([], 1, () => now, rules);
  closers.push(() => tmdb.close());
  const get = async (query: string) => {
    const answer = await fetch(`${tmdb.url}/movie/changes${query}`, { headers: { authorization: 'Bearer x' } });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Page };
  };
  return {
    ...tmdb,
    get,
    list: async (page: number, day = '2026-08-18') =>
      (await get(`?start_date=${day}&end_date=${addDays(day, 1)}&page=${page}`)).body,
    at: (ms: number) => (now = ms),
  };
};

const entry = (movieId: number, at: number, visibleAt = at): Entry => ({
  movieId,
  key: 'title',
  item: {},
  at,
  visibleAt,
});
/** `count` movies, one after another within the day, each changed twice: ids 1, 2, … in the order of their changes. */
const entriesOf = (count: number): Entry[] => {
  const first = Array.from({ length: count }, (_, place) => entry(place + 1, startOf('2026-08-18') + place));
  return [...first, ...first.map((each) => ({ ...each, at: each.at + count, visibleAt: each.at + count })).reverse()];
};
const days = { start: '2026-08-18', end: '2026-08-19' };
const walk = (count: number, ...quirks: Quirk[]): Page[] => {
  const listOf = makeListOf(entriesOf(count));
  const first = listOf({ ...days, now: noon, page: 1, quirks });
  const others = Array.from({ length: Math.min(first.total_pages, 500) - 1 }, (_, place) => place + 2);
  return [first, ...others.map((page) => listOf({ ...days, now: noon, page, quirks }))];
};
const idsOf = (pages: readonly Page[]): (number | null)[] =>
  pages.flatMap(({ results }) => results.map(({ id }) => id));

describe('the list of changes', () => {
  it('names each movie of a day once, oldest first change first, a hundred a page', () => {
    const pages = walk(250);
    expect(pages.map(({ results }) => results.length)).toEqual([100, 100, 50]);
    expect(pages.map(({ page, total_pages, total_results }) => [page, total_pages, total_results])).toEqual([
      [1, 3, 250],
      [2, 3, 250],
      [3, 3, 250],
    ]);
    expect(idsOf(pages)).toEqual(Array.from({ length: 250 }, (_, place) => place + 1));
    expect(pages[0]?.results[0]).toEqual({ id: 1, adult: false, softcore: false });
  });

  it('is of the days asked for, half-open, and shows what can be seen', async () => {
    const { add, list, at } = await start();
    const midnight = startOf('2026-08-18');
    await add(7, 'title', {}, midnight);
    await add(8, 'title', {}, midnight - 1000);
    await add(9, 'title', {}, noon + 3000);
    expect((await list(1)).results.map(({ id }) => id)).toEqual([7]);
    expect((await list(1, '2026-08-17')).results.map(({ id }) => id)).toEqual([8]);
    at(noon + 3000);
    expect((await list(1)).results.map(({ id }) => id)).toEqual([7, 9]);
    expect((await list(1, '2026-08-19')).total_results).toBe(0);
  });

  it.each([
    ['a malformed date', '?start_date=2026-8-5', 400, 23],
    ['more than 14 days', '?start_date=2026-01-01&end_date=2026-01-16', 422, 20],
    ['page 0', '?page=0', 400, 22],
    ['page 501', '?page=501', 400, 22],
    ['a page that is none', '?page=x', 400, 22],
  ])('%s is refused', async (_, query, status, code) => {
    const { get } = await start();
    expect(await get(query)).toMatchObject({ status, body: { success: false, status_code: code } });
  });

  it('has nothing on a page past its end, and as many pages as TMDB answers', async () => {
    const { list, edit } = await start();
    edit(7);
    expect(await list(500)).toEqual({ results: [], page: 500, total_pages: 1, total_results: 1 });
  });

  it('is aimed at by faults, also by page and day, and told among the requests', async () => {
    const { fault, get, list, requests, url } = await start();
    await fault({ list: true, page: 3, day: '2026-08-17', status: 503 });
    await fault({ list: false, status: 500 });
    await fault({ list: true, page: 2, ageSeconds: 90 });
    await fault({ movieId: 5, status: 404 });
    await list(3);
    expect((await fetch(`${url}/movie/5/changes`)).status).toBe(500);
    expect((await get('?page=2')).headers.get('age')).toBe('90');
    expect((await get('?start_date=2026-08-17&page=3')).status).toBe(503);
    expect((await get('?page=1')).status).toBe(200);
    expect((await requests()).map(({ movieId, status }) => [movieId, status])).toEqual([
      [null, 200],
      [5, 500],
      [null, 200],
      [null, 503],
      [null, 200],
    ]);
    expect((await requests())[0]?.url).toBe('/3/movie/changes?start_date=2026-08-18&end_date=2026-08-19&page=3');
  });

  it('is as old as its copy', async () => {
    const { add, fault, list } = await start();
    await add(7, 'title', {}, noon - 60_000);
    await fault({ list: true, ageSeconds: 120 });
    expect((await list(1)).results).toEqual([]);
    expect((await list(1)).results).toHaveLength(1);
  });
});

describe('a quirk of the list', () => {
  it('unordered: the rows are in no order, and in the same one on every page', () => {
    const ids = idsOf(walk(250, 'unordered')).map(Number);
    expect(ids).not.toEqual(ids.toSorted((a, b) => a - b));
    expect(ids.toSorted((a, b) => a - b)).toEqual(idsOf(walk(250)));
  });

  it('nullAdult: adult and softcore are null together', () => {
    const rows = walk(250, 'nullAdult').flatMap(({ results }) => results);
    expect(rows.filter(({ adult }) => adult === null).length).toBeGreaterThan(50);
    expect(rows.every(({ adult, softcore }) => (adult === null) === (softcore === null))).toBe(true);
  });

  it('nullIds: rows of no movie stand between the others, also in a short list', () => {
    expect(idsOf(walk(1, 'nullIds'))).toEqual([null, 1]);
    expect(idsOf(walk(250, 'nullIds')).filter((id) => id !== null)).toEqual(idsOf(walk(250)));
  });

  it('repeated: a page begins with the row that ended the last one', () => {
    const pages = walk(300, 'repeated');
    for (const [place, { results }] of pages.entries()) {
      expect(new Set(results.map(({ id }) => id)).size).toBe(results.length);
      if (place > 0) expect(results[0]).toEqual(pages[place - 1]?.results.at(-1));
    }
    expect(new Set(idsOf(pages)).size).toBe(300);
  });

  it('moving: the totals are others on each page', () => {
    expect(walk(250, 'moving').map(({ total_results }) => total_results)).toEqual([253, 252, 251]);
  });

  it('overlong: everything is on page 1 under false counters, whatever page is asked for', async () => {
    const { edit, list } = await start({ quirks: ['overlong'], requestsPerSecond: 1000 });
    for (let id = 1; id <= 150; id += 1) edit(id);
    for (const page of [1, 2]) {
      const { results, ...counters } = await list(page);
      expect(results).toHaveLength(150);
      expect(counters).toEqual({ page: 1, total_pages: 1, total_results: 1 });
    }
  });

  it('endless: there are more pages than TMDB answers', () => {
    const pages = walk(150, 'endless');
    expect(pages).toHaveLength(500);
    expect(pages[0]).toMatchObject({ total_pages: 501, total_results: 50_050 });
    expect(pages.at(-1)?.results).toHaveLength(100);
  });

  it('can come by a fault, beside those that are always there', async () => {
    const { edit, fault, list } = await start({ quirks: ['nullIds'] });
    edit(3);
    await fault({ list: true, quirks: ['nullAdult'] });
    const nobody = { id: null, adult: null, softcore: null };
    expect((await list(1)).results).toEqual([nobody, { id: 3, adult: null, softcore: null }]);
    expect((await list(1)).results).toEqual([nobody, { id: 3, adult: false, softcore: false }]);
  });
});

it('a walk over 30,000 movies, and looks at its end while edits come in, take a moment', () => {
  const entries = entriesOf(30_000);
  const listOf = makeListOf(entries);
  const before = performance.now();
  for (let page = 1; page <= 300; page += 1)
    expect(listOf({ ...days, now: noon, page, quirks: [] }).results).toHaveLength(100);
  for (let look = 1; look <= 20; look += 1) {
    entries.push(entry(40_000 + look, noon));
    expect(listOf({ ...days, now: noon, page: 301, quirks: [] }).results).toHaveLength(look);
  }
  expect(performance.now() - before).toBeLessThan(5000);
});

it('what is yet to be seen appears in its time, in a list that was already asked for', () => {
  const entries = [entry(1, noon), entry(2, noon - 1000, noon + 1000)];
  const listOf = makeListOf(entries);
  const ids = (now: number) => idsOf([listOf({ ...days, now, page: 1, quirks: [] })]);
  expect([noon, noon + 999, noon + 1000, noon, noon - 1].map(ids)).toEqual([[1], [1], [2, 1], [1], []]);
});
