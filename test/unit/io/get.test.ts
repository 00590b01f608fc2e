import type { RequestListener } from 'node:http';
import { getEventListeners } from 'node:events';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Question } from '../../../src/core/answer.ts';
import { unreadable } from '../../../src/core/body.ts';
import { ServiceError } from '../../../src/core/errors.ts';
import { always, closeAll, fault, getFrom, never, startGet } from '../../support/get.ts';

afterEach(closeAll);

const body = '{"good":"answer"}';
const read = (text: string): string => {
  if (text !== body) throw unreadable('is not the one that it should be');
  return text;
};
const question: Question<string> = { path: '/any?thing=1', lane: 'live', read, refuse: () => null };

const start = async (listener: RequestListener, options: Parameters<typeof startGet>[1] = {}) => {
  const { get, ...seen } = await startGet(listener, options);
  return {
    ...seen,
    get: async (signal = never, more: Partial<Question<string>> = {}) => get({ ...question, ...more }, signal),
  };
};

describe('an answer', () => {
  it('is asked for with the token and one fixed encoding', async () => {
    const seen: unknown[] = [];
    const { get } = await start((request, response) => {
      seen.push(request.url, request.headers.authorization, request.headers['accept-encoding']);
      response.end(body);
    });
    expect(await get()).toMatchObject({ body, cached: false, expiresAt: null });
    expect(seen).toEqual(['/3/any?thing=1', 'Bearer secret-token', 'gzip']);
  });

  it.each([
    ['gzip, declared', gzipSync(body), { 'content-encoding': 'gzip' }],
    ['gzip, undeclared', gzipSync(body), {}],
    ['plain, declared gzip', body, { 'content-encoding': 'gzip' }],
    ['behind a byte order mark', `\ufeff${body}`, {}],
  ])('is read: %s', async (_, bytes, headers) => {
    const { get } = await start(always(200, bytes, headers));
    expect((await get()).body).toBe(body);
  });

  it.each([
    ['gzip that is cut', gzipSync(body).subarray(0, 15), {}],
    ['brotli', brotliCompressSync(body), { 'content-encoding': 'br' }],
    ['nothing, declared gzip', '', { 'content-encoding': 'gzip' }],
    ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), {}],
    ['a web page', '<html>hello</html>', { 'content-type': 'text/html' }],
    ['half of it', body.slice(0, 10), {}],
  ])('is unreadable after six attempts: %s', async (_, bytes, headers) => {
    const { get, statuses, waits } = await start(always(200, bytes, headers));
    await expect(get()).rejects.toEqual(fault('TMDB_UNREADABLE'));
    expect(statuses).toHaveLength(6);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(10_000);
  });

  it('that cannot be read at first is asked for again', async () => {
    const texts = ['{}', '<html>', body];
    const { get, statuses } = await start((_, response) => response.end(texts.shift()));
    expect((await get()).body).toBe(body);
    expect(statuses).toEqual([200, 200, 200]);
  });

  it('that our own code fails to read is our bug, and asked for once', async () => {
    const { get, statuses } = await start(always(200, body));
    const bug = new TypeError('no such member');
    const failing = () => {
      throw bug;
    };
    await expect(get(never, { read: failing })).rejects.toBe(bug);
    expect(statuses).toEqual([200]);
  });
});

describe('what an answer shows', () => {
  const now = Date.parse('2026-08-18T12:00:00Z');
  const taken = async (headers: Record<string, string>) => {
    const { get } = await start(
      (_, response) => {
        response.sendDate = false;
        response.writeHead(200, headers).end(body);
      },
      { now: () => now },
    );
    return (await get()).taken;
  };
  const date = new Date(now - 5000).toUTCString();

  it('is the earlier of both clocks, less its age', async () => {
    expect(await taken({ date })).toBe(now - 5000);
    expect(await taken({ date, age: '0' })).toBe(now - 5000);
    expect(await taken({ date, age: '600' })).toBe(now - 600_000);
    expect(await taken({ date: new Date(now - 86_400_000).toUTCString(), age: '86400' })).toBe(now - 86_400_000);
  });

  it('lasts until the copy expires, where one was given', async () => {
    const headers = [{ age: '540' }, {}].map((more) => ({ date, 'cache-control': 'public, max-age=600', ...more }));
    const { get } = await start((_, response) => response.writeHead(200, headers.shift()).end(body), {
      now: () => now,
    });
    expect([await get(), await get()]).toMatchObject([
      { cached: true, expiresAt: now + 60_000 },
      { cached: false, expiresAt: null },
    ]);
  });

  it.each([{}, { date: 'yesterday' }, { date, age: 'old' }, { date, age: '-5' }])(
    'is not known from %j',
    async (headers) => {
      expect(await taken(headers)).toBeNull();
    },
  );

  it('three wrong dates in a row, whatever was asked, without an Age, stop; fewer, or of copies, do not', async () => {
    const headers = [{}, {}, { date }, {}, {}, { age: '9' }, {}].map((more) => ({
      date: new Date(now - 3_600_000).toUTCString(),
      ...more,
    }));
    const { get } = await start((_, response) => response.writeHead(200, headers.shift()).end(body), {
      now: () => now,
    });
    for (let good = 0; good < 6; good += 1) await get(never, { path: `/${good}` });
    await expect(get()).rejects.toEqual(fault('CLOCK_SKEW', /2026-08-18T11:00:00.*2026-08-18T12:00:00/));
  });
});

describe('a status', () => {
  it.each([
    [401, 'TMDB_UNAUTHORIZED', /API Read Access Token/],
    [404, 'TMDB_REFUSED', /404, a status that it should not give/],
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
    const { get, statuses } = await start(always(status, '', { location: 'http://127.0.0.1:1/' }));
    await expect(get()).rejects.toEqual(fault(code, message));
    expect(statuses).toEqual([status]);
  });

  it.each([
    ['plain', Buffer.from('{"status_code":22}')],
    ['gzip', gzipSync('{"status_code":22}')],
    ['no UTF-8', Buffer.from([...Buffer.from('{"status_code":22}'), 0xff])],
  ])('means what the question says, by its body too: %s', async (_, bytes) => {
    const { get, statuses } = await start(always(400, bytes));
    const refused: unknown[] = [];
    const refuse: Question<string>['refuse'] = ({ status, text }) => {
      refused.push(status, text.slice(0, 18));
      return new ServiceError('TMDB_NOT_FOUND', 'none of them');
    };
    await expect(get(never, { refuse })).rejects.toEqual(fault('TMDB_NOT_FOUND', /^none of them$/));
    expect(refused).toEqual([400, '{"status_code":22}']);
    expect(statuses).toEqual([400]);
  });

  it.each([403, 408, 500, 502, 503, 504])('%i is tried six times', async (status) => {
    const { get, statuses } = await start(always(status, 'x'.repeat(200_000)));
    await expect(get()).rejects.toEqual(fault('TMDB_UNAVAILABLE'));
    expect(statuses).toHaveLength(6);
  });

  it.each([
    [429, {}, '{}', 500, 24_000],
    [429, { 'retry-after': '0' }, '{}', 500, 24_000],
    [429, { 'retry-after': '7' }, '{}', 7000, 7000],
    [429, { 'retry-after': '3000000' }, '{}', 300_000, 300_000],
    [200, {}, '{"status_code":25,"status_message":"over the limit"}', 500, 24_000],
    [400, {}, gzipSync('{"status_code":25,"status_message":"over the limit"}'), 500, 24_000],
  ])('%i with %j pauses all requests, and heals', async (status, headers, text, least, most) => {
    let left = 2;
    const { get, pauses } = await start((_, response) => {
      if ((left -= 1) >= 0) response.writeHead(status, headers as Record<string, string>).end(text);
      else response.end(body);
    });
    await get();
    expect(pauses).toHaveLength(2);
    for (const pause of pauses) expect([pause >= least, pause <= most]).toEqual([true, true]);
  });
});

describe('a connection', () => {
  it('is not used up by error pages, whoever reads them', async () => {
    let left = 12;
    const { get, statuses } = await start((_, response) => {
      left -= 1;
      if (left >= 0) response.writeHead(503).end('x'.repeat(1_000_000));
      else response.end(body);
    });
    const answers = await Promise.allSettled([get(), get(), get(), get()]);
    expect(statuses.length).toBeGreaterThanOrEqual(12);
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('that is cut in the middle is tried again', async () => {
    let left = 2;
    const { get } = await start((_, response) => {
      if ((left -= 1) < 0) response.end(body);
      else response.writeHead(200, { 'content-length': '1000' }).write('{', () => response.destroy());
    });
    expect((await get()).body).toBe(body);
  });

  it.each([
    ['http://127.0.0.1:1/3', /127\.0\.0\.1:1 refused the connection/],
    ['http://no-such-name.invalid/3', /no such name: no-such-name\.invalid/],
  ])('to %s is named for what it is', async (url, message) => {
    await expect(getFrom(url).get(question, never)).rejects.toEqual(fault('TMDB_UNAVAILABLE', message));
  });

  it('in a stalled body ends at once with the signal', async () => {
    const stop = new AbortController();
    const { get } = await start((_, response) => response.writeHead(200, { 'content-length': '1000' }).write('{'));
    const asking = get(stop.signal);
    setTimeout(() => stop.abort(new Error('stopped')), 50);
    await expect(asking).rejects.toThrow('stopped');
  });

  it('leaves no listener on a signal that lives as long as the process', async () => {
    const stop = new AbortController();
    const { get } = await start((_, response) => response.writeHead(Math.random() < 0.1 ? 500 : 200).end(body), {
      connections: 4,
    });
    for (let round = 0; round < 30; round += 1)
      await Promise.allSettled(Array.from({ length: 10 }, async () => get(stop.signal)));
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
  });
});

describe('what is told of each attempt', () => {
  it('its lane, status, fault, and how far the clocks are apart', async () => {
    let nth = 0;
    const { get, told, queue } = await start(
      (_, response) => {
        nth += 1;
        if (nth === 1) response.destroy();
        else if (nth === 2) response.writeHead(502).end();
        else response.writeHead(200, { date: 'Tue, 18 Aug 2026 12:00:00 GMT' }).end(nth === 3 ? 'rubbish' : body);
      },
      { now: () => Date.parse('2026-08-18T12:00:02Z') },
    );
    await get(never, { lane: 'backfill' });
    expect(told.map(({ lane, status, fault, offsetMs }) => [lane, status, fault?.code ?? null, offsetMs])).toEqual([
      ['backfill', 0, 'TMDB_UNAVAILABLE', null],
      ['backfill', 502, 'TMDB_UNAVAILABLE', expect.any(Number)],
      ['backfill', 200, 'TMDB_UNREADABLE', 2000],
      ['backfill', 200, null, 2000],
    ]);
    expect(told.every(({ seconds }) => seconds > 0 && seconds < 30)).toBe(true);
    expect(queue.filter((lane) => lane === 'backfill')).toHaveLength(4);
    expect(queue.at(-1)).toBeNull(); // nothing waits any more
  });

  it('is nothing where the end of the service is the reason', async () => {
    const stop = new AbortController();
    const { get, told } = await start(() => stop.abort(new Error('the end')));
    await expect(get(stop.signal)).rejects.toThrow('the end');
    expect(told).toEqual([]);
  });
});
