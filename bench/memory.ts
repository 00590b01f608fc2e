// The resident size of the process after each 100,000 events of a million, on the whole path.
//   node dev/broker.ts node bench/memory.ts
import { startChild } from './child.ts';
import { cpuOf, print, rateOf, whole } from './measure.ts';
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
