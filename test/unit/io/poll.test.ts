import type { IncomingMessage, RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Window } from '../../../src/core/checkpoint.ts';
import { makePoll } from '../../../src/io/poll.ts';
import { always, closeAll, fault, never, startGet } from '../../support/get.ts';

afterEach(closeAll);

const window: Window = {
  bound: 'from',
  ask: { start: '2026-08-16', end: '2026-08-19' },
  take: { start: '2026-08-17', end: null },
};
const now = Date.parse('2026-08-18T12:00:00Z');

const start = async (listener: RequestListener) => {
  const { get, ...seen } = await startGet(listener, { now: () => now });
  const poll = makePoll({ get });
  return { ...seen, poll: async () => poll(550, window, never) };
};
const pageOf = ({ url = '' }: IncomingMessage): number =>
  Number(new URL(url, 'http://x').searchParams.get('page') ?? 1);
const copy = (seconds: number) => ({
  age: String(seconds),
  'cache-control': 'max-age=600',
  date: new Date(now - seconds * 1000).toUTCString(),
});

describe('the poll of a movie', () => {
  it('asks with both dates, and gives the groups', async () => {
    const urls: unknown[] = [];
    const { poll } = await start((request, response) => {
      urls.push(request.url);
      response.writeHead(200, copy(0)).end('{"changes":[{"key":"title","items":[]}]}');
    });
    expect(await poll()).toEqual({
      groups: [{ key: 'title', items: [] }],
      observedAt: now,
      taken: now,
      cached: true,
      expiresAt: now + 600_000,
    });
    expect(urls).toEqual(['/3/movie/550/changes?start_date=2026-08-16&end_date=2026-08-19']);
  });

  it('reads every page, should TMDB begin to page, and is as old as the oldest of them', async () => {
    const { poll } = await start((request, response) => {
      const page = pageOf(request);
      const body = { changes: [{ key: `page ${page}`, items: [] }], page, total_pages: 3 };
      response.writeHead(200, copy(page * 10)).end(JSON.stringify(body));
    });
    const { groups, ...others } = await poll();
    expect(groups.map(({ key }) => key)).toEqual(['page 1', 'page 2', 'page 3']);
    expect(others).toEqual({ observedAt: now, taken: now - 30_000, cached: true, expiresAt: now + 570_000 });
  });

  it('is worth repeating at once, where one of several pages was no copy', async () => {
    const { poll } = await start((request, response) => {
      response.writeHead(200, pageOf(request) === 1 ? copy(10) : {}).end('{"changes":[],"total_pages":2}');
    });
    expect(await poll()).toMatchObject({ cached: true, expiresAt: null });
  });

  it('finds a movie gone where TMDB answers 404', async () => {
    const { poll, statuses } = await start(always(404, '{"status_code":34}'));
    await expect(poll()).rejects.toEqual(fault('TMDB_NOT_FOUND', /no such movie at http.*\/3 \(404\)/));
    expect(statuses).toEqual([404]);
  });

  it('tries again where the answer is of other days', async () => {
    const old = { id: '5c4c7f5f0000000000000001', action: 'added', time: '2019-01-26 15:00:00 UTC' };
    const { poll, statuses } = await start(
      always(200, JSON.stringify({ changes: [{ key: 'title', items: [old] }] }), copy(0)),
    );
    await expect(poll()).rejects.toEqual(fault('TMDB_UNREADABLE', /dates were ignored/));
    expect(statuses).toHaveLength(6);
  });
});
