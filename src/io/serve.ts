import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '../core/errors.ts';

/** Answers a GET or a HEAD; whatever it throws is a 500. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServeOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** By the path as it stands in the request, without what begins with `?`: nothing is decoded, no file is looked for. */
  readonly routes: Readonly<Record<string, Handler>>;
}

export interface Served {
  readonly port: number;
  /** Ends every connection, also of clients that do not read. */
  readonly close: () => Promise<void>;
}

const headers = {
  'Content-Security-Policy': [
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
    "img-src 'self' data: https://image.tmdb.org; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const;

/** A head that is not there by then, or a request, is given up; Node's 16 kB are the most that a head may have. */
const timeouts = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 };
/** A connection on which nothing has moved for so long is given up, in ms: the stream of the page says something each second. */
const idleMs = 60_000;
/** What comes in one packet is answered in one go: not more of it than this. Whoever goes on connects again. */
const mostRequests = 100;

/** Any other host may be asked for by any name. */
const isLoopback = (address: string): boolean => address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);

// A page of another origin whose name was made to mean 127.0.0.1 sends its own name.
const makeIsOurs = (address: string) => {
  const names = ['localhost', '127.0.0.1', '[::1]', address.includes(':') ? `[${address}]` : address];
  return (host = ''): boolean => names.includes(host.toLowerCase().replace(/:\d{1,5}$/, ''));
};

/** Why a request is not answered, null where it is. */
const refusalOf = (
  { method, headers: { host } }: IncomingMessage,
  isOurs: (host?: string) => boolean,
): readonly [number, string] | null => {
  if (!isOurs(host)) return [403, 'this host name is not ours: ask localhost'];
  return method === 'GET' || method === 'HEAD' ? null : [405, 'GET and HEAD alone'];
};

const say = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
};

const makeHandle = (routes: ServeOptions['routes'], address: string): Handler => {
  const isOurs = isLoopback(address) ? makeIsOurs(address) : () => true;
  return (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const [status, why] = refusalOf(request, isOurs) ?? [];
    if (status === 405) response.setHeader('Allow', 'GET, HEAD');
    const [path = ''] = (request.url ?? '').split('?');
    const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
    try {
      if (status !== undefined) say(response, status, why ?? '');
      else if (handler === undefined) say(response, 404, 'nothing is here');
      else handler(request, response);
    } catch {
      if (response.headersSent) response.destroy();
      else say(response, 500, 'this could not be answered');
    }
  };
};

const sentences: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) => `port ${port} of ${host} is in use: set HTTP_PORT to another one, or to off`,
  EADDRNOTAVAIL: (host) => `${host} is no address of this machine: set HTTP_HOST to one that is, or to 0.0.0.0`,
  EACCES: (_, port) => `there is no right to listen on port ${port}: set HTTP_PORT to one above 1023, or to off`,
  ENOTFOUND: (host) => `${host} is no name of an address: set HTTP_HOST to an address of this machine`,
};

const asFault = (error: NodeJS.ErrnoException, { host, port }: ServeOptions): ServiceError => {
  const { code = '' } = error;
  const sentence = sentences[code]?.(host, port) ?? `nothing can listen on ${host}, port ${port} (${code})`;
  return new ServiceError('HTTP_UNAVAILABLE', sentence, error);
};

const listen = async (server: Server, options: ServeOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => reject(asFault(error, options)));
    server.listen(options.port, options.host, resolve);
  });

/** Answers what the routes have, to read only. Rejects with HTTP_UNAVAILABLE. */
export const openServer = async (options: ServeOptions): Promise<Served> => {
  const server = createServer(timeouts);
  await listen(server, options);
  const { address, port } = server.address() as AddressInfo; // it listens on a port
  server.on('request', makeHandle(options.routes, address));
  server.on('error', () => undefined); // of one that came when no more could be open: it comes again
  server.timeout = idleMs;
  server.maxRequestsPerSocket = mostRequests;
  const close = async (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, close };
};
