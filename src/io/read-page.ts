import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

// Beside `src` and beside `dist` alike.
const folder = new URL('../../page/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Where the change keys go in the page: it offers what there is. */
const keysMark = '<!-- change keys -->';

const bodyOf = (name: string, keys: readonly string[]): Buffer => {
  const bytes = readFileSync(new URL(name, folder));
  if (name !== 'index.html') return bytes;
  return Buffer.from(bytes.toString().replace(keysMark, keys.map((key) => `<option>${key}</option>`).join('')));
};

const handlerOf = (name: string, body: Buffer): Handler => {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'cache-control': 'no-cache' };
  return (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
    else {
      const about = { 'content-type': types[extname(name)], 'content-length': body.length };
      response.writeHead(200, { ...headers, ...about }).end(request.method === 'HEAD' ? undefined : body);
    }
  };
};

/** The files of the page by their paths, read once. The change keys are those that a reader can choose among. */
export const readPage = (keys: readonly string[]): Readonly<Record<string, Handler>> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => extname(name) in types)
      .map((name) => [name === 'index.html' ? '/' : `/${name}`, handlerOf(name, bodyOf(name, keys))]),
  );
