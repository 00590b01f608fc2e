import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { metricTable } from '../../src/core/metric-table.ts';
import type { Status } from '../../src/core/status-json.ts';
import { eventually, runCli, startCli, token, type Env, type Running } from '../support/cli.ts';
import { readScrape, valueOf } from '../support/metrics.ts';
import { expectOk, itemAt, itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

beforeAll(async () => {
  tmdb = await startTmdb([550, 603]);
  env = await provisioned(
    settingsFor('operate', { TMDB_URL: tmdb.url, WATCH: '550,603', POLL_INTERVAL_SECONDS: '1', HTTP_PORT: '0' }),
  );
});
afterAll(() => tmdb.close());

interface Answer {
  readonly status: number | undefined;
  readonly text: string;
  readonly headers: IncomingMessage['headers'];
}

const ask = async (port: number, path: string, options: object = {}): Promise<Answer> => {
  const asked = request({ host: '127.0.0.1', port, path, agent: false, ...options }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text, headers: response.headers };
};

/** Where it listens, as its log says. */
const portOf = async (service: Running): Promise<number> =>
  eventually(() => {
    const line =
      service
        .err()
        .split('\n')
        .find((each) => each.includes('are served')) ?? '';
    return (JSON.parse(line) as { port: number }).port;
  }, 30_000);

const startService = async (more: Env = {}) => {
  const service = startCli(['run'], { ...env, ...more });
  return { service, port: await portOf(service) };
};

const stop = async ({ child, ended }: Running): Promise<void> => {
  child.kill('SIGTERM');
  expectOk(await ended);
};

const ready = async (port: number, limitMs = 40_000): Promise<Answer> =>
  eventually(async () => {
    const answer = await ask(port, '/readyz');
    expect(answer.status).toBe(200);
    return answer;
  }, limitMs);

describe('an instance that polls', () => {
  let running: Awaited<ReturnType<typeof startService>>;
  beforeAll(async () => {
    running = await startService();
    await ready(running.port);
  }, 60_000);
  afterAll(async () => stop(running.service));

  it('is live and ready, and tells each check', async () => {
    const { port } = running;
    expect(await ask(port, '/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(port, '/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    const { text } = await ask(port, '/readyz?verbose');
    expect(text.split('\n')).toEqual([
      '[+]loop turns',
      '[+]session open',
      '[+]tmdb no fault',
      '[+]progress polls end',
      '',
    ]);
    expect(await ask(port, '/livez', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it('counts what it publishes, and how late', async () => {
    const { port } = running;
    const before = (await ask(port, '/metrics')).text;
    await tmdb.add(550, 'title', itemNow({ value: 'operated' }));
    await tmdb.add(603, 'videos', { ...itemAt(Date.now()), id: 'not an id' });
    const text = await eventually(async () => {
      const scraped = (await ask(port, '/metrics')).text;
      expect(valueOf(scraped, 'tmdb_cdc_events_total', 'change_key="title",op="c"')).toBe(
        (valueOf(before, 'tmdb_cdc_events_total', 'change_key="title",op="c"') ?? NaN) + 1,
      );
      expect(valueOf(scraped, 'tmdb_cdc_dead_letters_total', 'reason="id"')).toBe(1);
      return scraped;
    }, 20_000);
    const { types, series } = readScrape(text);
    for (const { name, type } of Object.values(metricTable)) expect([name, types.get(name)]).toEqual([name, type]);
    expect(series.every(({ value }) => !Number.isNaN(value))).toBe(true);
    const value = (name: string, labels?: string): number => valueOf(text, `tmdb_cdc_${name}`, labels) ?? NaN;
    expect(value('state', 'state="active"')).toBe(1);
    expect(value('requests_total', 'lane="live",status="200"')).toBeGreaterThan(1);
    expect(value('polls_total', 'result="changed"')).toBeGreaterThan(0);
    expect(value('freshness_seconds_count')).toBeGreaterThan(0);
    expect(value('transactions_total', 'result="committed"')).toBeGreaterThan(1);
    expect(value('transaction_duration_seconds_count')).toBe(value('transactions_total', 'result="committed"'));
    expect(value('request_duration_seconds_count')).toBeGreaterThan(1);
    expect(value('movies', 'set="watched"')).toBe(2);
    expect(value('request_limit_per_second')).toBe(20);
    expect(Math.abs(value('clock_offset_seconds'))).toBeLessThan(60);
  });

  it('tells its status, and nothing that is nobody else’s business', async () => {
    const { port } = running;
    const { status, text, headers } = await ask(port, '/status');
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    const told = JSON.parse(text) as Status;
    expect(told).toMatchObject({ state: 'live', watching: 2, budget: { limit: 20 }, paused: null });
    expect(told.delay?.lastSeconds).toBeGreaterThanOrEqual(0);
    const all = text + (await ask(port, '/metrics')).text + (await ask(port, '/readyz?verbose')).text;
    for (const secret of [token, env['TOPIC_PREFIX'], tmdb.url, ...(process.env['KAFKA_BROKERS'] ?? '').split(',')])
      expect(all).not.toContain(secret);
  });

  it('refuses what it must', async () => {
    const { port } = running;
    expect(await ask(port, '/livez', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
    expect(await ask(port, '/status', { headers: { host: 'evil.example' } })).toMatchObject({ status: 403 });
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/metrics/', '/nothing'])
      expect(await ask(port, path)).toMatchObject({ status: 404 });
  });

  it('says degraded while TMDB is away, and stays ready', async () => {
    const { port } = running;
    await tmdb.fault({ status: 503, times: 100_000 });
    const { text } = await eventually(async () => {
      const answer = await ask(port, '/readyz');
      expect(answer.text).toMatch(/^degraded: TMDB_UNAVAILABLE, \d+ (s|min)\n$/);
      return answer;
    }, 40_000);
    expect(text).toBeTruthy();
    expect(await ask(port, '/readyz')).toMatchObject({ status: 200 });
    const told = JSON.parse((await ask(port, '/status')).text) as Status;
    expect(told).toMatchObject({ state: 'degraded', degraded: { code: 'TMDB_UNAVAILABLE' } });
    expect(told.lastFault?.code).toBe('TMDB_UNAVAILABLE');
    const scraped = (await ask(port, '/metrics')).text;
    expect(valueOf(scraped, 'tmdb_cdc_requests_total', 'lane="live",status="5xx"')).toBeGreaterThan(0);
    expect(valueOf(scraped, 'tmdb_cdc_faults_total', 'code="TMDB_UNAVAILABLE"')).toBeGreaterThan(0);
  }, 60_000);

  it('says paused while it is, stays ready, and exports nothing of completeness', async () => {
    const { port } = running;
    expectOk(await runCli(['pause', '--reason', 'a test'], env));
    const isPaused = async (): Promise<void> =>
      expect(JSON.parse((await ask(port, '/status')).text)).toMatchObject({
        ...{ state: 'paused', observedThrough: null, nextPollAt: null, paused: { reason: 'a test' } },
      });
    await eventually(isPaused, 20_000);
    expect(await ask(port, '/readyz')).toMatchObject({ status: 200, text: 'ok\n' });
    const { text } = await ask(port, '/metrics');
    expect(valueOf(text, 'tmdb_cdc_state', 'state="paused"')).toBe(1);
    expect(text).not.toMatch(/^tmdb_cdc_observed_through_timestamp_seconds/m);
    expectOk(await runCli(['resume'], env));
    await eventually(async () => {
      const told = JSON.parse((await ask(port, '/status')).text) as Status;
      expect(told).toMatchObject({ paused: null });
      expect(['live', 'degraded']).toContain(told.state);
    }, 20_000);
  }, 60_000);

  it('has a standby that is ready, and exports nothing that the owner alone knows', async () => {
    const { service, port } = await startService();
    await ready(port);
    expect(JSON.parse((await ask(port, '/status')).text)).toMatchObject({ state: 'standby', nextPollAt: null });
    const { series } = readScrape((await ask(port, '/metrics')).text);
    expect(series.find(({ name, value }) => name === 'tmdb_cdc_state' && value === 1)?.labels).toBe('state="standby"');
    expect(series.filter(({ name }) => name === 'tmdb_cdc_movies')).toEqual([]);
    await stop(service);
  }, 60_000);
});

describe('the probes of deploy/kubernetes.yaml', () => {
  interface Probe {
    readonly httpGet: { readonly path: string; readonly port: number };
    readonly timeoutSeconds: number;
  }
  interface Container {
    readonly args: readonly string[];
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly ports: readonly { readonly containerPort: number }[];
    readonly livenessProbe: Probe;
    readonly readinessProbe: Probe;
  }
  const manifest = parse(readFileSync('deploy/kubernetes.yaml', 'utf8')) as {
    spec: { template: { spec: { containers: [Container] } } };
  };
  const [container] = manifest.spec.template.spec.containers;

  const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as {
    services: { service: { healthcheck: { test: readonly string[] } } };
  };
  /** The exit code of its health check. */
  const checkAsCompose = async (): Promise<unknown> => {
    const [kind, command = '', ...args] = compose.services.service.healthcheck.test;
    expect(kind).toBe('CMD');
    return (await once(spawn(command, args, { stdio: 'inherit', env: { PATH: process.env['PATH'] } }), 'exit'))[0];
  };

  it('get an answer in their time, on their port, under the name of a pod; so does the health check of Compose', async () => {
    const host = container.env.find(({ name }) => name === 'HTTP_HOST')?.value;
    const { livenessProbe, readinessProbe } = container;
    const listening = container.ports[0]?.containerPort;
    expect([livenessProbe.httpGet.port, readinessProbe.httpGet.port]).toEqual([listening, listening]);
    const service = startCli(container.args, { ...env, HTTP_HOST: host, HTTP_PORT: String(listening) });
    await portOf(service);
    const send = async ({ httpGet: { path, port }, timeoutSeconds }: Probe): Promise<number> => {
      const signal = AbortSignal.timeout(timeoutSeconds * 1000);
      return (await fetch(`http://127.0.0.1:${port}${path}`, { signal })).status;
    };
    expect(await send(livenessProbe)).toBe(200);
    await eventually(async () => expect(await send(readinessProbe)).toBe(200), 40_000);
    expect(await checkAsCompose()).toBe(0);
    await stop(service);
    expect(await checkAsCompose()).toBe(1);
  }, 60_000);
});

describe('without Kafka', () => {
  it('it is live at once and not ready', async () => {
    const { service, port } = await startService({ KAFKA_BROKERS: '127.0.0.1:9' });
    expect(await ask(port, '/livez')).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await ask(port, '/readyz')).toMatchObject({ status: 503, text: 'starting\n' });
    expect((await ask(port, '/metrics')).status).toBe(200);
    await stop(service);
  }, 60_000);
});

describe('a port', () => {
  it('that is in use is one sentence and exit code 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr, stdout } = await runCli(['run'], { ...env, HTTP_PORT: String(port), LOG_LEVEL: 'error' });
    other.close();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      `tmdb-cdc: HTTP_UNAVAILABLE: port ${port} of 127.0.0.1 is in use: set HTTP_PORT to another one, or to off\n`,
    );
  });

  it('is not opened by run --once', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const fresh = await startTmdb([550]);
    const { port } = other.address() as AddressInfo;
    expectOk(await runCli(['run', '--once'], { ...env, TMDB_URL: fresh.url, HTTP_PORT: String(port) }));
    other.close();
    fresh.close();
  }, 60_000);

  it('that is off is none', async () => {
    const service = startCli(['run'], { ...env, HTTP_PORT: 'off' });
    await eventually(() => expect(service.err()).toContain('session open'), 40_000);
    expect(service.err()).not.toContain('are served');
    await stop(service);
  }, 60_000);
});

describe('the end', () => {
  it('comes at once, whoever still asks or never reads; a scrape meanwhile is whole or cut off', async () => {
    const fresh = await startTmdb([550]);
    const { service, port } = await startService({ TMDB_URL: fresh.url, WATCH: '550' });
    await ready(port);
    const sockets: Socket[] = [];
    for (let nth = 0; nth < 50; nth += 1) {
      const socket = connect(port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(nth % 20));
      sockets.push(socket);
    }
    const answers: (Answer | string)[] = [];
    const over = new AbortController();
    const scrapes = (async () => {
      while (!over.signal.aborted) answers.push(await ask(port, '/metrics').catch((error: unknown) => String(error)));
    })();
    await eventually(() => expect(answers.length).toBeGreaterThan(2));
    await stop(service);
    over.abort();
    await scrapes;
    for (const socket of sockets) socket.destroy();
    fresh.close();
    const whole = answers.filter((answer): answer is Answer => typeof answer !== 'string');
    expect(whole.length).toBeGreaterThan(2);
    for (const { status, text } of whole) expect([status, text.endsWith('\n')]).toEqual([200, true]);
    for (const reason of answers.filter((answer) => typeof answer === 'string'))
      expect(reason).toMatch(/ECONNREFUSED|ECONNRESET|socket hang up|aborted/);
    expect(service.err()).not.toContain('UNEXPECTED');
  }, 90_000);
});
