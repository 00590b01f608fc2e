import type { IncomingMessage, ServerResponse } from 'node:http';
import { idOf, wishOf, type Cursor, type Ring } from '../core/ring.ts';

export interface LiveOptions {
  /** Reads what is committed for as long as somebody looks; see `follow.ts`. */
  readonly reader: { readonly ring: () => Ring; readonly start: () => void; readonly linger: () => void };
  /** The body of `/status`. */
  readonly status: () => object;
}

const turnMs = 500;
const mostClients = 50;
/** What a page has not taken is kept by the system and by us: beyond so many bytes it waits. */
const mostBytes = 65_536;
/** A page that has taken nothing for so many turns, a minute, is gone, and another may have its place. */
const mostWaits = 120;

interface Client {
  readonly response: ServerResponse;
  readonly cursor: Cursor;
  waits: number;
}

const head = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

const message = (name: string, data: object, id: string | null): string =>
  `${id === null ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const turnOf = ({ cursor }: Client): string => {
  const turn = cursor.take();
  if (turn === null) return '';
  const newest = turn.events.at(-1);
  return message('changes', turn, newest === undefined ? null : idOf(newest));
};

const isWaiting = (client: Client): boolean => {
  const { writableLength } = client.response;
  client.waits = writableLength > mostBytes ? client.waits + 1 : 0;
  if (client.waits > mostWaits) client.response.destroy();
  return client.waits > 0;
};

/** The last event that the page has: by the header where the browser comes back, else where it opens the stream anew. */
const lastIdOf = ({ headers }: IncomingMessage, query: URLSearchParams): string => {
  const { 'last-event-id': lastId } = headers;
  return typeof lastId === 'string' ? lastId : (query.get('last') ?? '');
};

const refuse = (response: ServerResponse, status: number, sentence: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${sentence}\n`);
};

/** The pages that are open. Twice a second each that has taken what it was sent has a turn, every other time with the status. */
const makeClients = (status: LiveOptions['status'], onEmpty: () => void) => {
  const clients = new Set<Client>();
  let timer: NodeJS.Timeout | undefined;
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    const beat = turns % 2 === 0 ? message('status', status(), null) : '';
    for (const client of clients) {
      const text = isWaiting(client) ? '' : turnOf(client) + beat;
      if (text !== '') client.response.write(text);
    }
  };
  const forget = (client: Client): void => {
    client.cursor.close();
    clients.delete(client);
    if (clients.size > 0) return;
    clearInterval(timer);
    onEmpty();
  };
  return {
    all: clients,
    add: (response: ServerResponse, cursor: Cursor): void => {
      const client = { response, cursor, waits: 0 };
      if (clients.size === 0) timer = setInterval(turn, turnMs);
      clients.add(client);
      response.once('close', () => forget(client));
      response.writeHead(200, head);
      response.write(`retry: 2000\n\n${message('status', status(), null)}${turnOf(client)}`);
    },
  };
};

/** The stream of the page: a reader for all, and for each a cursor instead of a queue. */
export const makeLive = ({ reader, status }: LiveOptions) => {
  const clients = makeClients(status, () => reader.linger());
  return {
    /** How many pages are open. */
    count: (): number => clients.all.size,
    answer: (request: IncomingMessage, response: ServerResponse): void => {
      const { searchParams: query } = new URL(request.url ?? '/', 'http://page');
      const wish = wishOf(query);
      if (typeof wish === 'string') refuse(response, 400, wish);
      else if (request.method === 'HEAD') response.writeHead(200, head).end();
      else if (clients.all.size >= mostClients) refuse(response, 503, `${mostClients} pages are open: close one`);
      else {
        reader.start();
        clients.add(response, reader.ring().open(wish, lastIdOf(request, query)));
      }
    },
  };
};
