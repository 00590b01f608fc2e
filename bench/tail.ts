// Reading a million events back: `tail --until now --format json > /dev/null`, and our reader alone, against kafkajs alone
// with avsc. Every side decodes every event; each time in a new process, measured from its start to its end.
//   node dev/broker.ts node bench/tail.ts      PROFILE=1: where the time goes; EVENTS=200000 ROUNDS=1: on a busy machine
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { startChild } from './child.ts';
import { against, median, print, whole } from './measure.ts';
import type { Question, Reply } from './read.ts';
import type * as Publishing from './side.ts';
import { cli, provision } from './stage.ts';

const itemsPerAnswer = 100;
const movies = 1000;
/** A multiple of what one round of all movies has. */
const events = Number(process.env['EVENTS'] ?? 1_000_000);
const rounds = Number(process.env['ROUNDS'] ?? 3);
const topCount = process.env['PROFILE'] === undefined ? 0 : Number(process.env['TOP'] ?? 12);
const leastRate = 0.7;
/** The last sizes may be above the earlier ones by so much and still count as flat. */
const drift = 1.1;
const flags = ['--disable-warning=TimeoutNegativeWarning'];

const sides = {
  tail: 'tail as JSON to /dev/null',
  reader: 'our reader, every event decoded',
  raw: 'kafkajs alone, with avsc',
} as const;
type Side = keyof typeof sides;

interface Read extends Reply {
  readonly seconds: number;
}

/** What the service publishes, in transactions of 500 events. */
const fill = async (env: NodeJS.ProcessEnv): Promise<void> => {
  const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
  const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer, seed: 1 });
  const publisher = startChild('side.ts', env, { flags });
  const question: Publishing.Question = { side: 'raw', url, movies, rounds: 1, top: 0 };
  for (let count = 0; count < events; count += movies * itemsPerAnswer) await publisher.ask(question);
  await Promise.all([publisher.close(), feed.close()]);
};

const read = async (side: Side, env: NodeJS.ProcessEnv, top: number): Promise<Read> => {
  const at = performance.now();
  const child = startChild('read.ts', env, { flags, stdout: 'ignore' });
  const question: Question = { side, events, top };
  const reply = await child.ask<Reply>(question);
  const seconds = (performance.now() - at) / 1000;
  await child.close();
  return { ...reply, seconds };
};

/** How many lines `tail` prints. */
const countLines = async (env: NodeJS.ProcessEnv): Promise<number> => {
  const args = [cli, 'tail', 'all', '--from', 'beginning', '--until', 'now', '--format', 'json'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let lines = 0;
  child.stdout.on('data', (piece: Buffer) => {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines += 1;
  });
  await ended;
  return lines;
};

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length;

/** The last third of a run against the third before it: the first one is the start. */
const growthOf = ({ sizes }: Read): number => {
  const third = Math.floor(sizes.length / 3);
  return mean(sizes.slice(-third)) / mean(sizes.slice(third, 2 * third));
};

const env = provision('tail');
await fill(env);
const lines = await countLines(env);
if (lines !== events) throw new Error(`tail printed ${lines} lines of ${events} events`);

const results: Record<Side, Read[]> = { tail: [], reader: [], raw: [] };
const names = Object.keys(sides) as Side[]; // of the table above
for (let round = 0; round < rounds; round += 1)
  for (const side of round % 2 === 0 ? names : names.toReversed()) results[side].push(await read(side, env, 0));

const [load = 0] = loadavg();
const cores = availableParallelism();
print('tail', `${whole(events)} events, ${rounds} rounds, medians; ${cores} cores, load ${load.toFixed(1)}`);
for (const side of names) {
  const of = (pick: (one: Read) => number): number => median(results[side].map(pick));
  const rate = of(({ seconds }) => events / seconds);
  const cpu = of(({ cpuSeconds }) => (cpuSeconds / events) * 100_000);
  print(`  ${sides[side]}`, `${whole(rate)} events/s, ${cpu.toFixed(2)} s CPU per 100,000 events`);
  const most = of(({ sizes }) => Math.max(...sizes)) / 1024 / 1024;
  const growth = of(growthOf);
  print(
    '',
    `RSS at most ${whole(most)} MB, last third to middle ${growth.toFixed(2)} (flat: ${growth < drift ? 'yes' : 'NO'})`,
  );
}
const ratioOf = (side: Side, pick: (one: Read) => number): number =>
  median(results[side].map((one, at) => pick(results.raw[at] ?? one) / pick(one)));
for (const side of ['tail', 'reader'] as const) {
  const ratio = ratioOf(side, ({ seconds }) => seconds);
  print(`  events/s, ${side} to kafkajs alone`, against(ratio, { least: leastRate }));
  print(`  events per CPU, ${side} to kafkajs alone`, ratioOf(side, ({ cpuSeconds }) => cpuSeconds).toFixed(2));
}
if (topCount > 0) for (const side of names) for (const line of (await read(side, env, topCount)).top) print(side, line);
