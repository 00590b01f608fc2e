import type { RequestListener } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startOf } from '../../../src/core/time.ts';
import { makeList } from '../../../src/io/list.ts';
import type { SimulatorOptions } from '../../../src/simulator/server.ts';
import { always, closeAll, fault, getFrom, never, startGet } from '../../support/get.ts';
import { startTmdb } from '../../support/stage.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  closeAll();
  closers.splice(0).forEach((close) => close());
});

const day = '2026-08-18';
const now = startOf(day) + 43_200_000;
const date = new Date(now).toUTCString();
const page1 = JSON.stringify({ results: [{ id: 9, adult: false }], page: 1, total_pages: 1, total_results: 1 });

const start = async (listener: RequestListener) => {
  const { get, ...seen } = await startGet(listener, { now: () => now });
  const list = makeList({ get });
  return { ...seen, list: async (page: number, of = day, signal = never) => list({ day: of, page }, signal) };
};

describe('a page of the list', () => {
  it.each([
    [day, '2026-08-19'],
    ['2026-12-31', '2027-01-01'],
    ['2028-02-28', '2028-02-29'],
  ])('is asked for from %s to the day after, under its number', async (of, end) => {
    const urls: unknown[] = [];
    const { list } = await start((request, response) => {
      urls.push(request.url);
      response.writeHead(200, { date }).end(page1);
    });
    expect(await list(1, of)).toEqual({
      ids: [9],
      odd: 0,
      pages: 1,
      results: 1,
      isOverlong: false,
      taken: now,
      expiresAt: null,
    });
    expect(urls).toEqual([`/3/movie/changes?start_date=${of}&end_date=${end}&page=1`]);
  });

  it('shows the moment of its copy, and until when there is no other', async () => {
    const headers = { date, age: '540', 'cache-control': 'public, max-age=600' };
    const { list } = await start(always(200, page1, headers));
    expect(await list(1)).toMatchObject({ taken: now - 540_000, expiresAt: now + 60_000 });
  });

  it('that is no list, or another page, is asked for again', async () => {
    const bodies = [
      '<html>',
      '[]',
      page1.replace('"page":1', '"page":2'),
      page1.replace('"total_results":1', '"total_results":-1'),
      gzipSync(page1),
    ];
    const { list, statuses } = await start((_, response) => response.writeHead(200, { date }).end(bodies.shift()));
    expect((await list(1)).ids).toEqual([9]);
    expect(statuses).toHaveLength(5);
  });

  it('that fails ten times is there the next time but one', async () => {
    let left = 10;
    const { list, statuses } = await start((_, response) => {
      response.writeHead((left -= 1) >= 0 ? 503 : 200, { date }).end(page1);
    });
    await expect(list(1)).rejects.toEqual(fault('TMDB_UNAVAILABLE'));
    expect((await list(1)).ids).toEqual([9]);
    expect(statuses).toHaveLength(11);
  });
});

describe('a refusal', () => {
  it.each([
    ['code 22', 400, '{"success":false,"status_code":22,"status_message":"Invalid page: Pages start at 1 …"}'],
    ['code 22, gzip', 400, gzipSync('{"status_code" : 22}')],
    ['a sentence without a code', 422, '{"errors":["page must be less than or equal to 500"]}'],
  ])('of a page that TMDB does not give says what to do, and ends nothing: %s', async (_, status, body) => {
    const { list, statuses } = await start(always(status, body));
    const sentence = /^TMDB gives no page 501 of the movies that changed on 2026-08-18 \(4\d\d\): .* in WATCH$/;
    await expect(list(501)).rejects.toEqual(fault('TMDB_LIST_TOO_LONG', sentence));
    expect(statuses).toEqual([status]);
  });

  it.each([
    ['of the first page', 1, 400, '{"status_code":22}', 'TMDB_REFUSED'],
    ['of a date', 2, 400, '{"status_code":23}', 'TMDB_REFUSED'],
    ['of a range', 2, 422, '{"status_code":20}', 'TMDB_REFUSED'],
    ['of something else', 2, 422, '{"errors":["query must be provided"]}', 'TMDB_REFUSED'],
    ['of the address', 2, 404, '{"status_code":34}', 'TMDB_REFUSED'],
    ['of the token', 2, 401, '{"status_code":7}', 'TMDB_UNAUTHORIZED'],
  ])('%s is what it is for everything', async (_, page, status, body, code) => {
    const { list, statuses } = await start(always(status, body));
    await expect(list(page)).rejects.toEqual(fault(code));
    expect(statuses).toEqual([status]);
  });

  it('of a busy CDN is none, whatever it says', async () => {
    const { list, statuses } = await start(always(503, '{"status_code":22}'));
    await expect(list(501)).rejects.toEqual(fault('TMDB_UNAVAILABLE'));
    expect(statuses).toHaveLength(6);
  });
});

describe("a walk over the simulator's list", () => {
  const prepare = async (quirks: NonNullable<SimulatorOptions['quirks']>, movies: number) => {
    const tmdb = await startTmdb([], 1, () => now, { requestsPerSecond: 10_000, quirks });
    closers.push(() => tmdb.close());
    for (let id = 1; id <= movies; id += 1) tmdb.edit(id);
    return makeList({ get: getFrom(tmdb.url, { now: () => now }).get });
  };
  const walk = async (quirks: NonNullable<SimulatorOptions['quirks']>, movies = 250) => {
    const list = await prepare(quirks, movies);
    const pages = [await list({ day, page: 1 }, never)];
    for (let page = 2; page <= (pages.at(-1)?.pages ?? 0); page += 1) pages.push(await list({ day, page }, never));
    return { pages, ids: new Set(pages.flatMap(({ ids }) => ids.filter((id) => id !== null))) };
  };

  it.each([
    [[], 3],
    [['nullIds', 'nullAdult', 'repeated', 'moving', 'unordered'], 3],
    [['overlong', 'nullIds'], 1],
  ] as const)('finds every movie, with %j', async (quirks, count) => {
    const { pages, ids } = await walk([...quirks]);
    expect(ids.size).toBe(250);
    expect(pages).toHaveLength(count);
    expect(pages.map(({ odd }) => odd)).toEqual(pages.map(() => 0));
    expect(pages[0]?.isOverlong).toBe(count === 1);
  });

  it('that is longer than what TMDB gives ends with the fault that says so, not in silence', async () => {
    const list = await prepare(['endless'], 5);
    expect(await list({ day, page: 500 }, never)).toMatchObject({ pages: 501, results: 50_050 });
    await expect(list({ day, page: 501 }, never)).rejects.toEqual(fault('TMDB_LIST_TOO_LONG', /no page 501/));
  });

  it('finds nothing on a day without changes', async () => {
    const { pages } = await walk([], 0);
    expect(pages).toMatchObject([{ ids: [], results: 0 }]);
  });
});
