import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openServer, type Handler, type Served, type ServeOptions } from '../../../src/io/serve.ts';

const open: Served[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map(async ({ close }) => close()));
});

const large = 'x'.repeat(1024 * 1024);
const routes: Record<string, Handler> = {
  '/livez': (_, response) => void response.end('ok\n'),
  '/large': (_, response) => void response.end(large),
  '/never': (_, response) => void response.write('begun'),
  '/broken': () => {
    throw new Error('broken');
  },
};
const serve = async (options: Partial<ServeOptions> = {}): Promise<Served> => {
  const served = await openServer({ host: '127.0.0.1', port: 0, routes, ...options });
  open.push(served);
  return served;
};

const ask = async (port: number, path: string, options: RequestOptions = {}) => {
  const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
};

/** Whatever the server says to these bytes until it ends the connection. */
const raw = async (port: number, bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  socket.write(bytes);
  await once(socket, 'close');
  return text;
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://image.tmdb.org; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

describe('a route', () => {
  it('is answered, with what a browser needs to be safe', async () => {
    const { port } = await serve();
    const { status, headers, text } = await ask(port, '/livez?verbose');
    expect([status, text]).toEqual([200, 'ok\n']);
    expect(headers).toMatchObject({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });

  it('answers a HEAD without a body', async () => {
    const { port } = await serve();
    expect(await ask(port, '/livez', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('that breaks is a 500 without a word of why, and the next one is answered', async () => {
    const { port } = await serve();
    expect(await ask(port, '/broken')).toMatchObject({ status: 500, text: 'this could not be answered\n' });
    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });
  });
});

describe('what is not there', () => {
  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s is a 405', async (method) => {
    const { port } = await serve();
    const { status, headers } = await ask(port, '/livez', { method });
    expect([status, headers.allow, headers['x-content-type-options']]).toEqual([405, 'GET, HEAD', 'nosniff']);
  });

  it.each([
    '/',
    '/livez/',
    '/LIVEZ',
    '//livez',
    '/./livez',
    '/x/../livez',
    '/../../etc/passwd',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/etc/passwd',
    '/%6civez',
    '/livez%00',
    '/constructor',
    '/__proto__',
    '/toString',
    '/livez#x',
    '/livez;x',
  ])('%s is a 404', async (path) => {
    const { port } = await serve();
    expect(await ask(port, path)).toMatchObject({ status: 404, text: 'nothing is here\n' });
  });

  it('a whole address in place of a path is a 404', async () => {
    const { port } = await serve();
    const text = await raw(port, 'GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 404 /);
  });
});

describe('the name that was asked for', () => {
  it.each(['localhost', '127.0.0.1', '[::1]', 'localhost:8090', '127.0.0.1:1', '[::1]:8090', 'LocalHost'])(
    '%s is ours',
    async (host) => {
      const { port } = await serve();
      expect(await ask(port, '/livez', { headers: { host } })).toMatchObject({ status: 200 });
    },
  );

  it.each([
    'evil.example',
    'localhost.evil.example',
    'evil-localhost',
    '127.0.0.1.evil.example',
    '127.0.0.2',
    'localhost:',
    'localhost:x',
    'localhost@evil.example',
    '[::1',
    '0.0.0.0',
  ])('%j is foreign', async (host) => {
    const { port } = await serve();
    expect(await ask(port, '/livez', { headers: { host } })).toMatchObject({ status: 403 });
  });

  it('need not be given by HTTP/1.0, but is not ours then', async () => {
    const { port } = await serve();
    expect(await raw(port, 'GET /livez HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 403 /);
  });

  it.each([
    ['127.0.0.2', '127.0.0.2'],
    ['LOCALHOST', 'localhost'],
    ['0:0:0:0:0:0:0:1', '[::1]'],
    ['::ffff:127.0.0.1', 'localhost'],
  ])('HTTP_HOST=%s is this machine alone, however it is written', async (host, own) => {
    const { port } = await serve({ host });
    const answers = ['evil.example', own].map(async (name) =>
      ask(port, '/livez', { host: host.toLowerCase(), headers: { host: `${name}:${port}` } }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([403, 200]);
  });

  it('is any where everybody may ask', async () => {
    const { port } = await serve({ host: '0.0.0.0' });
    expect(await ask(port, '/livez', { headers: { host: 'pod.example:8090' } })).toMatchObject({ status: 200 });
  });
});

describe('a client that is no good', () => {
  it.each([
    [
      'a head that is too large',
      `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    ['rubbish', 'rubbish\r\n\r\n', /^HTTP\/1.1 400 /],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1.1 400 /],
  ])('%s gets a status and is let go', async (_, bytes, answer) => {
    const { port } = await serve();
    expect(await raw(port, bytes)).toMatch(answer);
  });

  it('a head that never ends is given up', async () => {
    const { port } = await serve();
    expect(await raw(port, 'GET /livez HTTP/1.1\r\nHost: loc')).toMatch(/^HTTP\/1.1 408 |^$/);
  });

  it('a thousand requests in one packet are not all answered in one go', async () => {
    let handled = 0;
    const counted: Handler = (_, response) => {
      handled += 1;
      response.end('counted\n');
    };
    const { port } = await serve({ routes: { '/livez': counted } });
    const said = await raw(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(1000));
    expect(handled).toBeLessThanOrEqual(100);
    expect(said.split('counted').length - 1).toBe(handled);
  });

  it('a thousand that ask and never read, or say nothing, hold up neither an answer nor the end', async () => {
    const { port, close } = await serve();
    const asks = ['/large', '/never', '/livez'].map((path) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const all = Array.from({ length: 1000 }, async (_, at) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket.pause().on('error', () => undefined));
      await once(socket, 'connect');
      if (at % 4 < 3) socket.write(asks[at % 4] ?? '');
    });
    await Promise.all(all);
    expect(await ask(port, '/livez')).toMatchObject({ status: 200 });
    const before = performance.now();
    await close();
    expect(performance.now() - before).toBeLessThan(5000); // five are the grace of a session; keep-alive would take as long
  });
});

describe('where nothing can listen', () => {
  const reason = async (options: Partial<ServeOptions>): Promise<unknown> =>
    serve(options).catch((error: unknown) => error);

  it('a port in use is one sentence', async () => {
    const { port } = await serve();
    expect(await reason({ port })).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: `port ${port} of 127.0.0.1 is in use: set HTTP_PORT to another one, or to off`,
    });
  });

  it('an address that is not ours is one sentence', async () =>
    expect(await reason({ host: '192.0.2.1' })).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: '192.0.2.1 is no address of this machine: set HTTP_HOST to one that is, or to 0.0.0.0',
    }));

  it('a name that means nothing is one sentence', async () =>
    expect(await reason({ host: 'no-such-name.invalid' })).toMatchObject({
      code: 'HTTP_UNAVAILABLE',
      message: expect.stringMatching(/no-such-name.invalid/),
    }));
});
