// CPU of our path without Kafka: answers of 10 items to bytes, into memory.
import { startChild } from './child.ts';
import { makePath } from './path.ts';
import { measure, cpuOf } from './measure.ts';
import { openStage } from './stage.ts';
const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer: 10, seed: 1 });
const stage = await openStage();
const run = makePath(stage, url);
const sink = { publish: async () => Promise.resolve(), close: async () => Promise.resolve() };
const movies = Array.from({ length: 5000 }, (_, at) => at + 1);
const all: number[] = [];
for (let i = 0; i < 9; i++) all.push(cpuOf(await measure(async () => run(sink, { movies, rounds: 1, onRound: () => undefined }))));
console.log(all.map((v) => v.toFixed(3)).join(' '), 'min', Math.min(...all.slice(2)).toFixed(3));
await feed.close();
process.exit(0);
