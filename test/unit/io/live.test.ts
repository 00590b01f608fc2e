import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { LiveEvent } from '../../../src/core/ring.ts';
import { makeReader, type Listener } from '../../../src/io/follow.ts';
import { makeLive } from '../../../src/io/live.ts';
import { rest } from '../../../src/io/rest.ts';
import { eventually } from '../../support/cli.ts';
import { titleChange } from '../../support/live.ts';

interface Message {
  readonly event: string;
  readonly id: string | null;
  readonly data: { readonly events?: LiveEvent[]; readonly skipped?: number };
}

const messagesIn = (text: string): Message[] =>
  text
    .split('\n\n')
    .slice(0, -1)
    .map((block) => new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])))
    .filter((fields) => fields.has('event'))
    .map((fields) => ({
      event: fields.get('event') ?? '',
      id: fields.get('id') ?? null,
      data: JSON.parse(fields.get('data') ?? '{}') as Message['data'],
    }));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A source that tells what it is told to tell. */
const makeSource = () => {
  const listeners = new Set<Listener>();
  const starts: string[] = [];
  return {
    starts,
    listeners,
    add: (...events: readonly LiveEvent[]) => listeners.forEach(({ add }) => add(events)),
    follow: async (listener: Listener, signal: AbortSignal): Promise<void> => {
      starts.push('start');
      listeners.add(listener);
      listener.fill();
      await once(signal, 'abort');
      listeners.delete(listener);
      starts.push('stop');
    },
  };
};

const soon = async (ms: number, signal: AbortSignal) => rest(Math.min(ms, 10), signal);

const serve = async (source = makeSource(), lingerMs = 60_000) => {
  const faults: unknown[] = [];
  const reader = makeReader({
    follow: source.follow,
    onFault: (fault) => void faults.push(fault),
    rest: soon,
    lingerMs,
  });
  const live = makeLive({ reader, status: () => ({ state: 'live' }) });
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    responses.push(response);
    live.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closers.push(async () => {
    server.closeAllConnections();
    await reader.stop();
    await new Promise((resolve) => server.close(resolve));
  });
  const open = async (path = '/events', options: RequestOptions = {}) => {
    const request = get({ port, path, agent: false, ...options });
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    response.on('error', () => undefined);
    closers.push(() => request.destroy());
    return {
      request,
      response,
      text: () => text,
      messages: () => messagesIn(text),
      last: () => messagesIn(text).findLast(({ event }) => event === 'changes'),
    };
  };
  return { source, live, reader, port, open, faults, responses };
};

describe('the stream', () => {
  it('begins with the status and tells events as they come, each once', async () => {
    const { source, open } = await serve();
    const { response, messages, last, text } = await open();
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    source.add(titleChange(1), titleChange(2));
    await eventually(() => expect(last()?.id).toBe('title-1-2'));
    source.add(titleChange(3));
    await eventually(() => expect(last()?.id).toBe('title-1-3'));
    const told = messages().flatMap(({ data }) => data.events ?? []);
    expect(told.map(({ offset }) => offset)).toEqual(['1', '2', '3']);
    expect(told[0]).toEqual(titleChange(1));
    expect(text()).toMatch(/^retry: 2000\n\nevent: status\ndata: \{"state":"live"\}\n\n/);
  });

  it('goes on behind the last event that the page has, by header or by query', async () => {
    const { source, open } = await serve();
    await open();
    await eventually(() => expect(source.listeners.size).toBe(1));
    source.add(titleChange(1), titleChange(2), titleChange(3));
    const offsets = ({ messages }: Awaited<ReturnType<typeof open>>) =>
      messages().flatMap(({ data }) => (data.events ?? []).map(({ offset }) => offset));
    for (const page of [
      await open('/events', { headers: { 'last-event-id': 'title-1-2' } }),
      await open('/events?last=title-1-2'),
    ])
      await eventually(() => expect(offsets(page)).toEqual(['3']));
    const lost = await open('/events', { headers: { 'last-event-id': '"><script>' } });
    await eventually(() => expect(offsets(lost)).toEqual(['1', '2', '3']));
    source.add(...Array.from({ length: 40 }, (_, at) => titleChange(4 + at)));
    const behind = await open('/events?last=title-0-7');
    await eventually(() => expect(behind.last()?.data.skipped).toBe(23));
    const anew = await open();
    await eventually(() => expect(anew.last()?.data.skipped).toBe(0));
  });

  it('has a place for fifty pages and one sentence for any other; a place that is left is free', async () => {
    const { live, open } = await serve();
    const pages = await Promise.all(Array.from({ length: 50 }, async () => open()));
    expect(pages.map(({ response }) => response.statusCode)).toEqual(Array.from({ length: 50 }, () => 200));
    const other = await open();
    expect(other.response.statusCode).toBe(503);
    await eventually(() => expect(other.text()).toBe('50 pages are open: close one\n'));
    pages[0]?.request.destroy();
    await eventually(() => expect(live.count()).toBe(49));
    expect((await open()).response.statusCode).toBe(200);
  });

  it('refuses what it cannot filter by, and answers HEAD without a stream', async () => {
    const { source, open } = await serve();
    const answers = [await open('/events?key=nonsense'), await open('/events?movie=x')];
    expect(answers.map(({ response }) => response.statusCode)).toEqual([400, 400]);
    expect((await open('/events', { method: 'HEAD' })).response.statusCode).toBe(200);
    expect(source.starts).toEqual([]);
  });

  it('reads while a page is open and shortly after, by one reader however many there are', async () => {
    const { source, live, open } = await serve(makeSource(), 300);
    const pages = [await open(), await open()];
    expect(source.starts).toEqual(['start']);
    for (const { request } of pages) request.destroy();
    await eventually(() => expect(live.count()).toBe(0));
    const again = await open();
    expect(source.starts).toEqual(['start']);
    again.request.destroy();
    await eventually(() => expect(source.starts).toEqual(['start', 'stop']));
    await open();
    expect(source.starts).toEqual(['start', 'stop', 'start']);
  });

  it('tells a page that never reads no more than it can hold, and others as before', async () => {
    const { source, live, port, open, responses } = await serve();
    const socket = connect(port, '127.0.0.1').pause();
    closers.push(() => socket.destroy());
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually(() => expect(live.count()).toBe(1));
    const reads = await open();
    const long = 'x'.repeat(100_000);
    let nth = 0;
    // Until the system holds no more for it, and then some.
    await eventually(() => {
      for (let at = 0; at < 20; at += 1) source.add(titleChange((nth += 1), { after: long }));
      expect(reads.messages().length).toBeGreaterThan(10);
    });
    await eventually(() => expect(reads.messages().some(({ id }) => id === `title-1-${nth}`)).toBe(true));
    expect(responses[0]?.writableLength).toBeGreaterThan(65_536);
    expect(responses[0]?.writableLength).toBeLessThan(65_536 + 20 * 100_000 + 20_000); // a turn more
    expect(live.count()).toBe(2);
  }, 60_000);
});

describe('a source that fails', () => {
  it('is told of, and asked again', async () => {
    let times = 0;
    const source = makeSource();
    const follow = async (listener: Listener, signal: AbortSignal): Promise<void> => {
      times += 1;
      if (times === 1) throw new Error('the broker is away');
      await source.follow(listener, signal);
    };
    const { open, faults } = await serve({ ...source, follow });
    const { messages } = await open();
    await eventually(() => expect(messages().some(({ event }) => event === 'changes')).toBe(true));
    expect(faults).toHaveLength(1);
  });
});
