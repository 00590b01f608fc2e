// Prints what users wait for, each against a baseline of the same run. Never a test.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { randomBytes } from 'node:crypto';

const cli = new URL('../dist/bin/main.js', import.meta.url).pathname;
const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
const print = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(48)} ${value}\n`);

const env = {
  ...process.env,
  NODE_OPTIONS: '',
  TOPIC_PREFIX: `bench-${randomBytes(4).toString('hex')}.`,
  TMDB_TOKEN: 'any-token-will-do',
  WATCH: '558449',
  HTTP_PORT: '0',
};

const timeOf = (args: readonly string[]): number => {
  const at = performance.now();
  execFileSync(process.execPath, args, { env });
  return performance.now() - at;
};

const bareNode = median(Array.from({ length: 9 }, () => timeOf(['-e', '0'])));
const version = median(Array.from({ length: 9 }, () => timeOf([cli, '--version'])));
print('bare node', `${bareNode.toFixed(0)} ms`);
print('tmdb-cdc --version', `${version.toFixed(0)} ms, ${(version / bareNode).toFixed(1)} × bare node`);

const simulator = spawn(process.execPath, [cli, 'simulate', '--port', '0', '--edits-per-minute', '0'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [url] = (await once(createInterface({ input: simulator.stdout }), 'line')) as [string];
const withTmdb = { ...env, TMDB_URL: url };
execFileSync(process.execPath, [cli, 'provision'], { env });

const requests = async (): Promise<number> =>
  (await (await fetch(new URL('/requests', url))).text()).split('\n').length - 1;

const startOnce = async (): Promise<{ ms: number; rssMb: number }> => {
  const before = await requests();
  const at = performance.now();
  const service = spawn(process.execPath, [cli, 'run'], { env: withTmdb, stdio: 'ignore' });
  while ((await requests()) === before) await new Promise((resolve) => setTimeout(resolve, 5));
  const ms = performance.now() - at;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const status = readFileSync(`/proc/${service.pid ?? 0}/status`, 'utf8');
  service.kill('SIGTERM');
  await once(service, 'close');
  return { ms, rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024 };
};

const starts = [await startOnce(), await startOnce(), await startOnce()];
const start = median(starts.map(({ ms }) => ms));
print('run to the first TMDB request', `${start.toFixed(0)} ms, ${(start / bareNode).toFixed(1)} × bare node`);
print('RSS of the idle service', `${median(starts.map(({ rssMb }) => rssMb)).toFixed(0)} MB`);
simulator.kill();
