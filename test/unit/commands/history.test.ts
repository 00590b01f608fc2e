import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { makeBackfill } from '../../../src/core/backfill/backfill.ts';
import { readConfig } from '../../../src/config.ts';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';
import type { ListAnswer } from '../../../src/core/schedule/planned.ts';
import type { RangePage } from '../../../src/core/backfill/range-walk.ts';
import { addDays, startOf, type Day } from '../../../src/core/time.ts';
import { openHistory } from '../../../src/commands/history.ts';
import { makeLog } from '../../../src/log.ts';
import { token } from '../../support/cli.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const frontier = { since: '2026-11-20', through: '2026-11-25' };

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()));

/** A world in which so many rows stand on the list of each day, each of a movie of that day's own. */
type RowsOf = (day: Day) => number;

const daysIn = ({ start, end }: { start: Day; end: Day }): Day[] => {
  const days: Day[] = [];
  for (let day = start; day < end; day = addDays(day, 1)) days.push(day);
  return days;
};

/** A page of the list; behind page 500 there is none. */
const pageOf = (rowsOf: RowsOf, { start, end, page }: RangePage): Omit<ListAnswer, 'taken'> => {
  const counts = daysIn({ start, end }).map((day) => [day, rowsOf(day)] as const);
  const results = counts.reduce((sum, [, count]) => sum + count, 0);
  const ids: number[] = [];
  let [skip, room] = [(page - 1) * 100, 100];
  for (const [day, count] of counts) {
    for (let row = Math.min(skip, count); row < count && room > 0; row += 1, room -= 1)
      ids.push((startOf(day) / 86_400_000) * 100_000 + row);
    skip = Math.max(0, skip - count);
  }
  return { ids, pages: Math.ceil(results / 100), results };
};

const serve = async (rowsOf: RowsOf) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://tmdb');
    const [start = '', end = '', page = ''] = ['start_date', 'end_date', 'page'].map((name) => searchParams.get(name));
    asked.push(`${start}/${end}`);
    const { ids, pages, results } = pageOf(rowsOf, { start: start ?? '', end: end ?? '', page: Number(page) });
    const body = { results: ids.map((id) => ({ id })), page: Number(page), total_pages: pages, total_results: results };
    response.writeHead(200, { date: new Date(now).toUTCString() }).end(JSON.stringify(body));
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3` };
};

const forecastOf = async (url: string, since: Day) => {
  const env = { TMDB_URL: url, TMDB_TOKEN: token, WATCH: 'all', TMDB_REQUESTS_PER_SECOND: '40' };
  const config = readConfig(env, { now, needed: [], readText: () => '' });
  const world = { log: makeLog('silent'), now: () => now, chance: () => 0, randomId: () => 'x' };
  const history = openHistory(config, world);
  try {
    const extent = history.extentOf(makeCoverage(new Map<number, Stored>(), frontier), since);
    return await history.forecast({ extent, to: since }, AbortSignal.timeout(30_000));
  } finally {
    history.close();
  }
};

/** What backfill itself asks for, until it is there. */
const spentOn = (rowsOf: RowsOf, since: Day) => {
  const coverage = makeCoverage(new Map<number, Stored>(), frontier, { wanted: since });
  const spent = { windows: 0, pages: 0, movies: 0 };
  const backfill = makeBackfill({
    ...{ watched: () => 'all' as const, overlapMs: 48 * 3_600_000, atMost: 5, isBusy: () => false },
    ask: () => undefined,
    onNote: ({ kind }) => void (spent.windows += kind === 'WINDOW' ? 1 : 0),
  });
  backfill.open(coverage, now);
  while (coverage.wanted() !== null) {
    const task = backfill.next(now);
    if ('until' in task) throw new Error(`it waits until ${task.until}`);
    if ('change' in task) coverage.apply(task.change);
    if ('list' in task) {
      spent.pages += 1;
      backfill.listed({ ...pageOf(rowsOf, task.list), taken: now }, now);
    }
    if (!('movieId' in task)) continue;
    spent.movies += 1;
    const known = coverage.at(task.movieId);
    if (known === undefined) throw new Error(`${task.movieId} is not there`);
    coverage.put(task.movieId, { ...known, since: task.since });
    backfill.polled(task.movieId, now);
  }
  return spent;
};

it('a forecast asks for a list of more than 500 pages in halves, as backfill does', async () => {
  const rowsOf = (): number => 6000; // 12 days and one on either side are 840 pages, half as many days 480
  const since = addDays(frontier.since, -24);
  const { asked, url } = await serve(rowsOf);
  const { windows, pages, requests } = await forecastOf(url, since);
  expect(asked).toEqual([
    `${addDays(frontier.since, -13)}/${addDays(frontier.since, 1)}`,
    `${addDays(frontier.since, -7)}/${addDays(frontier.since, 1)}`,
    `${addDays(since, -1)}/${addDays(since, 13)}`,
    `${addDays(since, 5)}/${addDays(since, 13)}`,
  ]);
  const spent = spentOn(rowsOf, since);
  expect(windows).toBe(spent.windows);
  expect(Math.abs(pages / spent.pages - 1)).toBeLessThan(0.1);
  expect(Math.abs(requests / (spent.pages + spent.movies) - 1)).toBeLessThan(0.1);
}, 60_000);

it('a forecast takes a day of more than 500 pages for as many as TMDB gives', async () => {
  const rowsOf = (): number => 60_000;
  const since = addDays(frontier.since, -2);
  const { url } = await serve(rowsOf);
  expect(await forecastOf(url, since)).toMatchObject({ windows: 2, pages: 1000 });
}, 60_000);
