import { once } from 'node:events';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, it, jest } from '@jest/globals';
import { makeRegistry } from '../../../src/io/schemas.ts';

it('ends the connections that it keeps to a registry with an authority of its own', () => {
  const ended = jest.spyOn(Agent.prototype, 'destroy');
  makeRegistry('https://localhost:1', { ca: 'none' }).close();
  expect(ended).toHaveBeenCalledTimes(1);
  ended.mockRestore();
});

const page = [200, '<html>Welcome</html>'] as const;
const unknown = [404, '{"error_code":40403,"message":"Schema not found"}'] as const;

it.each([
  ['a server that has none of it', [404, 'Not found'], [404, 'Not found'], 'refused'],
  ['a page for everything', page, page, 'refused'],
  ['a registry that has not the schema', unknown, [200, '["a-value"]'], null],
  ['a registry that lists no subjects to us', unknown, [403, '{"error_code":40301,"message":"Forbidden"}'], null],
] as const)('no schema by its id: %s', async (_, schema, subjects, expected) => {
  const server = createServer(({ url = '' }, answer) => {
    const [status, body] = url.startsWith('/schemas/') ? schema : subjects;
    answer.writeHead(status, { 'content-type': body.startsWith('<') ? 'text/html' : 'application/json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const found = makeRegistry(url).schemaOf('a-value', 7);
  try {
    if (expected === null) expect(await found).toBeNull();
    else
      await expect(found).rejects.toMatchObject({
        code: 'REGISTRY_REFUSED',
        message: expect.stringMatching(/^http:\S+ is no schema registry: check its address/) as unknown,
      });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
