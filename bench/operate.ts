// What health, metrics and status cost: throughput of the publish path with and without, in turns; memory and start of the
// service with HTTP_PORT off and on; the time of a scrape. Somebody asks for the metrics every second meanwhile.
//   node dev/broker.ts node bench/operate.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { startChild } from './child.ts';
import { against, cpuOf, median, print, rateOf, whole } from './measure.ts';
import type { Question, Reply } from './side.ts';
import { cli, provision } from './stage.ts';

const rounds = Number(process.env['ROUNDS'] ?? 7);
const starts = Number(process.env['STARTS'] ?? 5);
const [events, itemsPerAnswer] = [50_000, 10];
/** In a session so often: what the opening of one costs is not asked for. */
const times = 4;
const sides = ['ours', 'observed'] as const;

const race = async (url: string): Promise<Record<(typeof sides)[number], Reply[]>> => {
  const env = provision('operate');
  const open = () => startChild('side.ts', env, { flags: ['--disable-warning=TimeoutNegativeWarning'] });
  const children = { ours: open(), observed: open() };
  const results: Record<(typeof sides)[number], Reply[]> = { ours: [], observed: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const question: Question = { side, url, movies: events / itemsPerAnswer, rounds: times, top: 0 };
        const reply = await children[side].ask<Reply>(question);
        if (round > 0) results[side].push(reply); // the first is for the compilers
      }
    }
    return results;
  } finally {
    await Promise.all(sides.map(async (side) => children[side].close()));
  }
};

const freePort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
};

interface Started {
  readonly startMs: number;
  readonly mb: number;
  readonly scrapesMs: readonly number[];
  readonly bytes: number;
}

const scrape = async (port: string): Promise<{ ms: number; bytes: number }> => {
  const at = performance.now();
  const { length } = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return { ms: performance.now() - at, bytes: length };
};

/** Once with all of it or with nothing of it, until it has been idle for a while. */
const startOnce = async (env: NodeJS.ProcessEnv, tmdb: string, port: string): Promise<Started> => {
  const count = async (): Promise<number> =>
    (await (await fetch(new URL('/requests', tmdb))).text()).split('\n').length;
  const [before, at] = [await count(), performance.now()];
  const service = spawn(process.execPath, [cli, 'run'], { env: { ...env, HTTP_PORT: port }, stdio: 'ignore' });
  while ((await count()) === before) await setTimeout(5);
  const startMs = performance.now() - at;
  await setTimeout(3000);
  const scrapes = [];
  for (let nth = 0; nth < 50 && port !== 'off'; nth += 1) scrapes.push(await scrape(port));
  const status = readFileSync(`/proc/${service.pid ?? 0}/status`, 'utf8');
  service.kill('SIGTERM');
  await once(service, 'close');
  const mb = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024;
  return { startMs, mb, scrapesMs: scrapes.map(({ ms }) => ms), bytes: scrapes.at(-1)?.bytes ?? 0 };
};

const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer, seed: 1 });
const { ours, observed } = await race(url);
await feed.close();
const ratio = (of: typeof rateOf): number => median(observed.map((one, at) => of(one) / of(ours[at] ?? one)));
print('operate', `${rounds} rounds of ${whole(times * events)} events, medians; a scrape every second`);
print(
  '  without',
  `${whole(median(ours.map(rateOf)))} events/s, ${median(ours.map(cpuOf)).toFixed(2)} s CPU per 100,000`,
);
print('  with', `${whole(median(observed.map(rateOf)))} events/s, ${median(observed.map(cpuOf)).toFixed(2)} s CPU`);
print('  events/s, with to without', against(ratio(rateOf), { least: 0.97 }));
print('  CPU per event, with to without', ratio(cpuOf).toFixed(3));

const env = { ...provision('operate'), WATCH: '558449', LOG_LEVEL: 'error' };
const simulator = spawn(process.execPath, [cli, 'simulate', '--port', '0', '--edits-per-minute', '0'], {
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = (await once(simulator.stdout, 'data')) as [Buffer];
const tmdb = line.toString().trim();
const [on, off]: [Started[], Started[]] = [[], []];
for (let nth = 0; nth < starts; nth += 1) {
  off.push(await startOnce({ ...env, TMDB_URL: tmdb }, tmdb, 'off'));
  on.push(await startOnce({ ...env, TMDB_URL: tmdb }, tmdb, await freePort()));
}
simulator.kill();
const more = (of: (one: Started) => number): number => median(on.map(of)) - median(off.map(of));
print(
  '  start, to the first request of TMDB',
  `${against(more(({ startMs }) => startMs) / 1000, { most: 0.15 })} s more`,
);
print(
  '  RSS of the idle service, scraped',
  `${against(
    more(({ mb }) => mb),
    { most: 25 },
  )} MB more`,
);
const scrapes = median(on.flatMap(({ scrapesMs }) => scrapesMs));
print('  a scrape', `${against(scrapes, { most: 20 })} ms, ${whole(on[0]?.bytes ?? 0)} bytes`);
