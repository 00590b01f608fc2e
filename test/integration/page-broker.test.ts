import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeClients, type Clients, type World } from '../../src/clients.ts';
import { readConfig } from '../../src/config.ts';
import type { LiveEvent } from '../../src/core/ring.ts';
import { makeLog } from '../../src/log.ts';
import { openPage } from '../../src/operate/page.ts';
import { eventually, runCli, type Env } from '../support/cli.ts';
import { abortOne, expectOk, itemNow, provisioned, readAll, settingsFor, startTmdb } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

const movie = 558449;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;
let clients: Clients;
let page: ReturnType<typeof openPage>;
let server: Server;
const faults: unknown[] = [];

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('page', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
  for (let at = 0; at < 30; at += 1) await tmdb.add(movie, 'title', itemNow({ value: `title ${at}` }));
  expectOk(await runCli(['run', '--once'], env));
  await abortOne(env, [`${env['TOPIC_PREFIX'] ?? ''}title`]);
  const addresses = {
    KAFKA_BROKERS: process.env['KAFKA_BROKERS'],
    SCHEMA_REGISTRY_URL: process.env['SCHEMA_REGISTRY_URL'],
  };
  const config = readConfig({ ...env, ...addresses }, { now: Date.now(), needed: [], readText: () => '' });
  const world: World = { log: makeLog('warn'), now: Date.now, chance: Math.random, randomId: randomUUID };
  clients = makeClients(config, world);
  page = openPage({
    clients,
    prefix: config.TOPIC_PREFIX,
    status: () => ({ state: 'live' }),
    onFault: (fault) => void faults.push(fault),
  });
  server = createServer((request, response) =>
    page.routes[new URL(request.url ?? '/', 'http://page').pathname]?.(request, response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}, 120_000);
afterAll(async () => {
  await page.close();
  clients.close();
  clients.registry.close();
  server.close();
  tmdb.close();
});

const open = async (query: string) => {
  const { port } = server.address() as AddressInfo;
  const startedAt = performance.now();
  const request = get({ port, path: `/events${query}`, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  let firstMs: number | null = null;
  response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const events = (): LiveEvent[] => {
    const found = [...text.matchAll(/^event: changes\ndata: (.*)$/gm)].flatMap(
      ([, data = '']) => (JSON.parse(data) as { events: LiveEvent[] }).events,
    );
    if (found.length > 0) firstMs ??= performance.now() - startedAt;
    return found;
  };
  return { events, firstMs: () => firstMs, close: () => request.destroy() };
};

describe('what a page is told of a broker', () => {
  it('is the newest that was committed, as it is in the topics, then what comes', async () => {
    const titles = await open('?key=title');
    const images = await open('?key=images');
    await eventually(() => expect(titles.events()).toHaveLength(20), 30_000);
    process.stderr.write(`page: what there was after ${Math.round(titles.firstMs() ?? 0)} ms\n`);
    const lines = await readAll(env, 'title');
    expect(titles.events()).toEqual(
      lines.slice(-20).map(({ partition, offset, timestamp, value }) => ({
        ...{ topic: 'title', partition, offset: String(offset), committedAt: timestamp, value },
      })),
    );
    expect(images.events()).toHaveLength(11);
    await tmdb.add(movie, 'title', itemNow({ value: 'the newest' }));
    expectOk(await runCli(['run', '--once'], env));
    await eventually(() => expect(titles.events().at(-1)?.value.after).toBe('the newest'), 30_000);
    expect(titles.events()).toHaveLength(21);
    const all = await open('');
    await eventually(() => expect(all.events()).toHaveLength(20));
    const times = all.events().map(({ committedAt }) => committedAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const each of [titles, images, all]) each.close();
    expect(faults).toEqual([]);
  }, 120_000);

  it('leaves no group behind', async () => {
    await page.close();
    const { asAdmin } = makeTopics();
    await eventually(async () => {
      const { groups } = await asAdmin(async (admin) => admin.listGroups());
      expect(groups.filter(({ groupId }) => groupId.startsWith(`tmdb-cdc/${env['TOPIC_PREFIX'] ?? ''}/read-`))).toEqual(
        [],
      );
    }, 20_000);
  }, 60_000);
});
