import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startCli, type Env, type Running } from '../support/cli.ts';
import { expectOk, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

const isHere = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let service: Running;
let prometheus: ChildProcess;
let [port, prometheusPort, dir] = [0, 0, ''];

/** Prometheus itself, asked every second. */
const startPrometheus = (): void => {
  const config = [
    'global: { scrape_interval: 1s, scrape_timeout: 1s }',
    `scrape_configs: [{ job_name: tmdb-cdc, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]`,
  ].join('\n');
  writeFileSync(join(dir, 'prometheus.yml'), config);
  const listen = `--web.listen-address=127.0.0.1:${prometheusPort}`;
  const args = [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`, listen];
  prometheus = spawn('prometheus', args, { stdio: 'ignore' });
};

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const query = async (text: string): Promise<readonly Result[]> => {
  const url = `http://127.0.0.1:${prometheusPort}/api/v1/query?query=${encodeURIComponent(text)}`;
  const answer = (await (await fetch(url)).json()) as { status: string; data: { result: readonly Result[] } };
  expect(answer.status).toBe('success');
  return answer.data.result;
};

const tests = (): void => {
  beforeAll(async () => {
    mkdirSync('.cache', { recursive: true });
    dir = mkdtempSync(`${process.cwd()}/.cache/prometheus-`);
    [port, prometheusPort] = [await freePort(), await freePort()];
    tmdb = await startTmdb([550]);
    const env: Env = await provisioned(
      settingsFor('prometheus', { TMDB_URL: tmdb.url, WATCH: '550', HTTP_PORT: String(port) }),
    );
    service = startCli(['run'], env);
    startPrometheus();
  }, 60_000);
  afterAll(async () => {
    prometheus.kill();
    if (prometheus.exitCode === null) await once(prometheus, 'exit');
    service.child.kill('SIGTERM');
    expectOk(await service.ended);
    tmdb.close();
    rmSync(dir, { recursive: true });
  }, 30_000);

  it('scrapes the service and finds what it published', async () => {
    await eventually(async () => {
      expect((await query('up{job="tmdb-cdc"}'))[0]?.value[1]).toBe('1');
      expect(Number((await query('sum(tmdb_cdc_events_total)'))[0]?.value[1])).toBeGreaterThan(0);
      expect((await query('tmdb_cdc_state == 1'))[0]?.metric['state']).toBe('active');
      expect(await query('histogram_quantile(0.95, tmdb_cdc_freshness_seconds_bucket)')).toHaveLength(1);
    }, 60_000);
  }, 90_000);

  it('is told every name as promtool wants it', async () => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });
};

if (isHere) describe('Prometheus', tests);
else describe.skip("Prometheus: Debian's package prometheus is not here", tests);
