import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { readPage } from '../../../src/io/read-page.ts';

test('every file of the page is found and answered', async () => {
  const routes = readPage(['images', 'videos']);
  expect(Object.keys(routes)).toEqual(expect.arrayContaining(['/', '/app.css', '/app.js']));
  const server = createServer((request, response) => routes[request.url ?? '']?.(request, response)).listen(0);
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  try {
    const page = await fetch(`${base}/`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('<option>images</option><option>videos</option>');
    expect((await fetch(`${base}/app.js`)).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
