// The resident size of the process after each 100,000 events of a million, on the whole path; and the most that the service
// has with a million movies from a file, and with everything watched, and how soon it polls its first movie.
//   node dev/broker.ts node bench/memory.ts
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startChild } from './child.ts';
import type * as Loading from './load.ts';
import { cpuOf, print, rateOf, whole } from './measure.ts';
import { startService } from './service.ts';
import type { Question, Reply } from './side.ts';
import { provision } from './stage.ts';

const rounds = 10;
const itemsPerAnswer = 100;
const movies = 1000;
const mostMb = 200;
/** The last sizes may be above the earlier ones by so much and still count as flat. */
const drift = 1.1;

const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer, seed: 1 });
const child = startChild('side.ts', provision('memory'), { flags: ['--disable-warning=TimeoutNegativeWarning'] });
const question: Question = { side: 'ours', url, movies, rounds, top: 0 };
const reply = await child.ask<Reply>(question);
await Promise.all([child.close(), feed.close()]);

const sizes = reply.sizes.map((bytes) => bytes / 1024 / 1024);
const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;
const growth = mean(sizes.slice(-3)) / mean(sizes.slice(2, 5));
const most = Math.max(...sizes);
print(
  'memory',
  `${whole(reply.events)} events in one run, ${whole(movies)} movies, ${itemsPerAnswer} items per answer`,
);
for (const [at, size] of sizes.entries())
  print(`  after ${whole(((at + 1) * reply.events) / rounds)}`, `${whole(size)} MB`);
print('  most', `${whole(most)} MB (goal < ${mostMb}: ${most < mostMb ? 'met' : 'NOT met'})`);
print('  the last three to the third to fifth', `${growth.toFixed(2)} (flat: ${growth < drift ? 'yes' : 'NO'})`);
print('  on the way', `${whole(rateOf(reply))} events/s, ${cpuOf(reply).toFixed(2)} s CPU per 100,000 events`);

const watched = 1_000_000;
const openMovies = 30_000;
const mostSeconds = 15;
const folder = mkdtempSync(join(tmpdir(), 'tmdb-cdc-memory-'));
const file = join(folder, 'watch');
const verdict = (value: number, goal: number): string => `(goal < ${goal}: ${value < goal ? 'met' : 'NOT met'})`;

const write = async (env: NodeJS.ProcessEnv, given: Loading.Question): Promise<void> => {
  const writer = startChild('load.ts', env, { flags: ['--disable-warning=TimeoutNegativeWarning'] });
  await writer.ask(given);
  await writer.close();
};

interface Case {
  readonly what: string;
  readonly most: number;
  readonly watch: string;
  readonly stored: Loading.Question | null;
  /** How long it is run after its first poll, in seconds. */
  readonly seconds: number;
}

/** One process from its start on; a list is added to at last, and read again. */
const weigh = async ({ what, most: goal, watch, stored, seconds }: Case): Promise<void> => {
  const tmdb = startChild('tmdb.ts', { ...process.env, NODE_OPTIONS: '' });
  const env = provision('memory');
  if (stored !== null) await write(env, stored);
  const { url: TMDB_URL } = await tmdb.ask<{ url: string }>({ movies: openMovies });
  const service = startService({ ...env, TMDB_URL, WATCH: watch, TMDB_REQUESTS_PER_SECOND: '40' });
  try {
    const first = await service.firstPoll();
    print(`${what}: first poll after`, `${first.toFixed(1)} s ${verdict(first, mostSeconds)}`);
    await setTimeout(1000 * seconds);
    print(`  at most`, `${whole(service.mostMb())} MB ${verdict(service.mostMb(), goal)}`);
    if (watch === 'all') return;
    appendFileSync(file, '2000000\n');
    await setTimeout(20_000);
    print(`  … and after the file has changed`, `${whole(service.mostMb())} MB ${verdict(service.mostMb(), goal)}`);
  } finally {
    await Promise.all([service.stop(), tmdb.close()]);
  }
};

writeFileSync(file, Array.from({ length: watched }, (_, at) => `${at + 1}\n`).join(''));
const ofList = { most: 512, watch: `@${file}` };
try {
  await weigh({ what: 'a million watched, fresh', ...ofList, stored: null, seconds: 90 });
  const million = { what: 'watched', movies: watched } as const;
  await weigh({ what: 'a million watched, started again', ...ofList, stored: million, seconds: 60 });
  const open = { what: 'open', movies: openMovies } as const;
  await weigh({ what: 'all watched, 30,000 open', most: 256, watch: 'all', stored: open, seconds: 90 });
} finally {
  rmSync(folder, { recursive: true });
}
