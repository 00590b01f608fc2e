// The page by its real handlers, over events that the test makes up. Commands are lines of JSON on stdin; answers on stdout.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import type { AddressInfo } from 'node:net';
import type { LiveEvent } from '../../src/core/ring.ts';
import { eventTopics } from '../../src/core/topics.ts';
import { makeReader, type Listener } from '../../src/io/follow.ts';
import { makeLive } from '../../src/io/live.ts';
import { readPage } from '../../src/io/read-page.ts';
import { rest } from '../../src/io/rest.ts';

export interface Command {
  readonly status?: object;
  readonly events?: readonly LiveEvent[];
  /** From now on the events again and again, with new offsets, so many a second. */
  readonly perSecond?: number;
  /** Answered with the resident set size in bytes and the last events that pages came back with. */
  readonly isAsked?: true;
}

/** As operability asks for it: no markup from text, nothing from elsewhere but images. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://image.tmdb.org; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

let status: object = {};
let kept: readonly LiveEvent[] = [];
let nth = 100_000;
let timer: NodeJS.Timeout | undefined;
const lastIds: unknown[] = [];
const listeners = new Set<Listener>();

const add = (events: readonly LiveEvent[]): void => {
  kept = [...kept, ...events].slice(-500);
  for (const listener of listeners) listener.add(events);
};

const follow = async (listener: Listener, signal: AbortSignal): Promise<void> => {
  listeners.add(listener);
  listener.add(kept);
  listener.fill();
  if (!signal.aborted) await once(signal, 'abort');
  listeners.delete(listener);
};

/** The event at another place, now, and where it is of an image, of one that nobody has seen. */
const renewed = (event: LiveEvent, offset: number): LiveEvent => {
  const { after } = event.value;
  const image = typeof after === 'object' && after !== null && 'file_path' in after;
  const value = image ? { ...event.value, after: { ...after, file_path: `/${offset}.jpg` } } : event.value;
  return { ...event, offset: String(offset), committedAt: Date.now(), value: value as LiveEvent['value'] }; // same shape
};

const repeat = (events: readonly LiveEvent[], perSecond: number): void => {
  clearInterval(timer);
  let told = performance.now();
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - told) / 1000) * perSecond);
    told += (due / perSecond) * 1000;
    const more = Array.from({ length: due }, () => events[(nth += 1) % events.length]).filter(
      (each) => each !== undefined,
    );
    const first = nth - more.length;
    add(more.map((event, at) => renewed(event, first + at)));
  }, 20);
};

const obey = ({ status: given, events = [], perSecond, isAsked }: Command): void => {
  if (given !== undefined) status = given;
  if (perSecond === undefined) add(events);
  else if (perSecond === 0) clearInterval(timer);
  else repeat(events, perSecond);
  if (isAsked) process.stdout.write(`${JSON.stringify({ rss: process.memoryUsage.rss(), lastIds })}\n`);
};

const reader = makeReader({ follow, onFault: (fault) => console.error(fault), rest });
const live = makeLive({ reader, status: () => status });
const routes: Readonly<Record<string, typeof live.answer>> = {
  ...readPage(Object.keys(eventTopics)),
  '/events': live.answer,
};
const server = createServer((request, response) => {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  lastIds.push(...[request.headers['last-event-id'] ?? []].flat());
  const route = routes[new URL(request.url ?? '/', 'http://page').pathname];
  if (route === undefined) response.writeHead(404).end();
  else route(request, response);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
createInterface({ input: process.stdin }).on('line', (line) => obey(JSON.parse(line) as Command));
