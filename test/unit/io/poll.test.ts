import { createServer, type RequestListener } from 'node:http';
import { getEventListeners, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import type { Window } from '../../../src/core/checkpoint.ts';
import { makePoll } from '../../../src/io/poll.ts';
import { unlessAborted, within } from '../../../src/io/rest.ts';
import { makeLimit } from '../../../src/io/limit.ts';

const window: Window = {
  bound: 'from',
  ask: { start: '2026-08-16', end: '2026-08-19' },
  take: { start: '2026-08-17', end: null },
};
const never = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

const body = JSON.stringify({ changes: [{ key: 'title', items: [] }] });

/** A poll against a server of its own. Waiting takes no time, so that six attempts are over at once. */
const start = async (listener: RequestListener, { now = () => Date.now(), connections = 2 } = {}) => {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dispatcher = new Agent({ connections, allowH2: false });
  closers.push(() => {
    server.closeAllConnections();
    server.close();
    void dispatcher.destroy();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const waits: number[] = [];
  const rest = async (ms: number): Promise<void> => {
    waits.push(ms);
    return Promise.resolve();
  };
  const pauses: number[] = [];
  const limit = makeLimit({ requestsPerSecond: 1000, connections, rest, unlessAborted, onClockSet: () => undefined });
  const statuses: number[] = [];
  const poll = makePoll({
    dispatcher,
    url: `${origin}/3`,
    token: 'secret-token',
    limit: { schedule: limit.schedule, pause: (ms) => pauses.push(ms) },
    rest,
    within,
    now,
    chance: () => 0.5,
    onRequest: (status) => statuses.push(status),
  });
  return { poll: async (signal = never) => poll(550, window, signal), waits, pauses, statuses, origin };
};

const fault = (code: string, message: RegExp = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const always =
  (status: number, text: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(text);

describe('an answer', () => {
  it('is asked for with both dates, the token and one fixed encoding', async () => {
    const seen: unknown[] = [];
    const { poll } = await start((request, response) => {
      seen.push(request.url, request.headers.authorization, request.headers['accept-encoding']);
      response.end(body);
    });
    expect(await poll()).toMatchObject({ groups: [{ key: 'title' }], cached: false });
    expect(seen).toEqual([
      '/3/movie/550/changes?start_date=2026-08-16&end_date=2026-08-19',
      'Bearer secret-token',
      'gzip',
    ]);
  });

  it.each([
    ['gzip, declared', gzipSync(body), { 'content-encoding': 'gzip' }],
    ['gzip, undeclared', gzipSync(body), {}],
    ['plain, declared gzip', body, { 'content-encoding': 'gzip' }],
    ['behind a byte order mark', `\ufeff${body}`, {}],
  ])('is read: %s', async (_, bytes, headers) => {
    const { poll } = await start(always(200, bytes, headers));
    expect((await poll()).groups).toHaveLength(1);
  });

  it.each([
    ['gzip that is cut', gzipSync(body).subarray(0, 15), {}],
    ['brotli', brotliCompressSync(body), { 'content-encoding': 'br' }],
    ['nothing, declared gzip', '', { 'content-encoding': 'gzip' }],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}],
    ['a web page', '<html>hello</html>', { 'content-type': 'text/html' }],
    ['half of it', body.slice(0, 10), {}],
  ])('is unreadable after six attempts: %s', async (_, bytes, headers) => {
    const { poll, statuses, waits } = await start(always(200, bytes, headers));
    await expect(poll()).rejects.toEqual(fault('TMDB_UNREADABLE'));
    expect(statuses).toHaveLength(6);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(10_000);
  });

  it('of several pages is read whole, should TMDB begin to page', async () => {
    const { poll } = await start((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 1);
      response.end(JSON.stringify({ changes: [{ key: `page ${page}`, items: [] }], page, total_pages: 3 }));
    });
    expect((await poll()).groups.map(({ key }) => key)).toEqual(['page 1', 'page 2', 'page 3']);
  });
});

describe('what an answer shows', () => {
  const now = Date.parse('2026-08-18T12:00:00Z');
  const taken = async (headers: Record<string, string>) => {
    const { poll } = await start(
      (_, response) => {
        response.sendDate = false;
        response.writeHead(200, headers).end(body);
      },
      { now: () => now },
    );
    return (await poll()).taken;
  };
  const date = new Date(now - 5000).toUTCString();

  it('is the earlier of both clocks, less its age', async () => {
    expect(await taken({ date })).toBe(now - 5000);
    expect(await taken({ date, age: '0' })).toBe(now - 5000);
    expect(await taken({ date, age: '600' })).toBe(now - 600_000);
    expect(await taken({ date: new Date(now - 86_400_000).toUTCString(), age: '86400' })).toBe(now - 86_400_000);
  });

  it.each([{}, { date: 'yesterday' }, { date, age: 'old' }, { date, age: '-5' }])(
    'is not known from %j',
    async (headers) => {
      expect(await taken(headers)).toBeNull();
    },
  );

  it('three wrong dates in a row, without an Age, stop; fewer, or of copies, do not', async () => {
    const headers = [{}, {}, { date }, {}, {}, { age: '9' }, {}].map((more) => ({
      date: new Date(now - 3_600_000).toUTCString(),
      ...more,
    }));
    const { poll } = await start((_, response) => response.writeHead(200, headers.shift()).end(body), {
      now: () => now,
    });
    for (let good = 0; good < 6; good += 1) await poll();
    await expect(poll()).rejects.toEqual(fault('CLOCK_SKEW', /2026-08-18T11:00:00.*2026-08-18T12:00:00/));
  });
});

describe('a status', () => {
  it.each([
    [401, 'TMDB_UNAUTHORIZED', /API Read Access Token/],
    [404, 'TMDB_NOT_FOUND', /404/],
    [301, 'TMDB_REFUSED', /301, a redirect/],
    [302, 'TMDB_REFUSED', /302/],
    [307, 'TMDB_REFUSED', /307/],
    [304, 'TMDB_REFUSED', /304/],
    [204, 'TMDB_REFUSED', /204/],
    [206, 'TMDB_REFUSED', /206/],
    [400, 'TMDB_REFUSED', /400/],
    [407, 'TMDB_REFUSED', /407/],
    [422, 'TMDB_REFUSED', /422/],
  ])('%i is final: %s', async (status, code, message) => {
    const { poll, statuses } = await start(always(status, '', { location: 'http://127.0.0.1:1/' }));
    await expect(poll()).rejects.toEqual(fault(code, message));
    expect(statuses).toEqual([status]);
  });

  it.each([403, 408, 500, 502, 503, 504])('%i is tried six times', async (status) => {
    const { poll, statuses } = await start(always(status, 'x'.repeat(200_000)));
    await expect(poll()).rejects.toEqual(fault('TMDB_UNAVAILABLE'));
    expect(statuses).toHaveLength(6);
  });

  it.each([
    [429, {}, '{}', 500, 24_000],
    [429, { 'retry-after': '0' }, '{}', 500, 24_000],
    [429, { 'retry-after': '7' }, '{}', 7000, 7000],
    [429, { 'retry-after': '3000000' }, '{}', 300_000, 300_000],
    [200, {}, '{"status_code":25,"status_message":"over the limit"}', 500, 24_000],
  ])('%i with %j pauses all requests, and heals', async (status, headers, text, least, most) => {
    let left = 2;
    const { poll, pauses } = await start((_, response) => {
      if ((left -= 1) >= 0) response.writeHead(status, headers as Record<string, string>).end(text);
      else response.end(body);
    });
    await poll();
    expect(pauses).toHaveLength(2);
    for (const pause of pauses) expect([pause >= least, pause <= most]).toEqual([true, true]);
  });
});

describe('a connection', () => {
  it('is not used up by error pages, whoever reads them', async () => {
    let left = 12;
    const { poll, statuses } = await start((_, response) => {
      left -= 1;
      if (left >= 0) response.writeHead(503).end('x'.repeat(1_000_000));
      else response.end(body);
    });
    const polls = await Promise.allSettled([poll(), poll(), poll(), poll()]);
    expect(statuses.length).toBeGreaterThanOrEqual(12);
    expect(polls.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('that is cut in the middle is tried again', async () => {
    let left = 2;
    const { poll } = await start((_, response) => {
      if ((left -= 1) < 0) response.end(body);
      else response.writeHead(200, { 'content-length': '1000' }).write('{', () => response.destroy());
    });
    expect((await poll()).groups).toHaveLength(1);
  });

  it.each([
    ['http://127.0.0.1:1/3', /127\.0\.0\.1:1 refused the connection/],
    ['http://no-such-name.invalid/3', /no such name: no-such-name\.invalid/],
  ])('to %s is named for what it is', async (url, message) => {
    const dispatcher = new Agent({ allowH2: false });
    closers.push(() => void dispatcher.destroy());
    const rest = async (): Promise<void> => Promise.resolve();
    const limit = makeLimit({
      requestsPerSecond: 1000,
      connections: 1,
      rest,
      unlessAborted,
      onClockSet: () => undefined,
    });
    const poll = makePoll({
      dispatcher,
      url,
      token: 'x',
      limit,
      rest,
      within,
      now: Date.now,
      chance: () => 0,
      onRequest: () => undefined,
    });
    await expect(poll(1, window, never)).rejects.toEqual(fault('TMDB_UNAVAILABLE', message));
  });

  it('in a stalled body ends at once with the signal', async () => {
    const stop = new AbortController();
    const { poll } = await start((_, response) => response.writeHead(200, { 'content-length': '1000' }).write('{'));
    const polling = poll(stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 50);
    await expect(polling).rejects.toThrow('stopped');
  });

  it('leaves no listener on a signal that lives as long as the process', async () => {
    const stop = new AbortController();
    const { poll } = await start((_, response) => response.writeHead(Math.random() < 0.1 ? 500 : 200).end(body), {
      connections: 4,
    });
    for (let round = 0; round < 30; round += 1)
      await Promise.allSettled(Array.from({ length: 10 }, async () => poll(stop.signal)));
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });
});
