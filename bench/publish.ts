// Events per second and CPU of the whole path (TMDB's answers → Kafka, exactly once), against kafkajs alone with the
// same bytes, keys, headers and partitions in transactions of 500. Rounds take turns; each side is a process of its own.
//   node dev/broker.ts node bench/publish.ts              PROFILE=1: where the time goes, ten functions with most of it
import { availableParallelism, loadavg } from 'node:os';
import { startChild } from './child.ts';
import { against, cpuOf, median, print, rateOf, whole, type Measured } from './measure.ts';
import type { Question, Reply } from './side.ts';
import { provision } from './stage.ts';

const rounds = Number(process.env['ROUNDS'] ?? 7);
const eventsPerRound = 100_000;
const topCount = process.env['PROFILE'] === undefined ? 0 : Number(process.env['TOP'] ?? 10);

/** CPU seconds per 100,000 events of the engine of Redpanda Connect with the same work, measured beforehand. */
const cases = [
  { itemsPerAnswer: 10, leastRate: 0.55, mostCpu: 2.4, engine: 6.8 },
  { itemsPerAnswer: 100, leastRate: 0.8, mostCpu: 1.7, engine: 8.4 },
] as const;

const sides = ['ours', 'raw', 'alike'] as const;

const race = async (url: string, movies: number) => {
  const env = provision('publish');
  const open = () => startChild('side.ts', env, { flags: ['--disable-warning=TimeoutNegativeWarning'] });
  const children = { ours: open(), raw: open(), alike: open() };
  const results: Record<(typeof sides)[number], Reply[]> = { ours: [], raw: [], alike: [] };
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const question: Question = { side, url, movies, rounds: 1, top: 0 };
        const reply = await children[side].ask<Reply>(question);
        if (round > 0) results[side].push(reply); // the first is for the compilers
      }
    }
    const more: Question = { side: 'ours', url, movies, rounds: 1, top: topCount };
    return { ...results, top: topCount === 0 ? [] : (await children.ours.ask<Reply>(more)).top };
  } finally {
    await Promise.all(sides.map(async (side) => children[side].close()));
  }
};

const show = (name: string, all: readonly Measured[]): void =>
  print(
    `  ${name}`,
    `${whole(median(all.map(rateOf)))} events/s, ${median(all.map(cpuOf)).toFixed(2)} s CPU per 100,000 events`,
  );

const medianRatio = (ours: readonly Measured[], raw: readonly Measured[], of: (one: Measured) => number): number =>
  median(ours.map((one, at) => of(one) / of(raw[at] ?? one)));

const [load = 0] = loadavg();
const cores = availableParallelism();
print(
  'this machine',
  `${cores} cores, load ${load.toFixed(1)}${load > cores / 2 ? ': busy, believe CPU more than time' : ''}`,
);

for (const { itemsPerAnswer, leastRate, mostCpu, engine } of cases) {
  const feed = startChild('feed.ts', { ...process.env, NODE_OPTIONS: '' });
  const { url } = await feed.ask<{ url: string }>({ itemsPerAnswer, seed: 1 });
  const { ours, raw, alike, top } = await race(url, eventsPerRound / itemsPerAnswer);
  await feed.close();
  print(
    `publish, ${itemsPerAnswer} items per answer`,
    `${ours.length} rounds of ${whole(eventsPerRound)} events, medians`,
  );
  show('our path, exactly once', ours);
  show('kafkajs alone, transactions of 500', raw);
  show('kafkajs alone, compressing as we do', alike);
  print('  events/s, ours to kafkajs alone', against(medianRatio(ours, raw, rateOf), { least: leastRate }));
  print('  CPU per event, ours to kafkajs alone', against(medianRatio(ours, raw, cpuOf), { most: mostCpu }));
  const [alikeRate, alikeCpu] = [rateOf, cpuOf].map((of) => medianRatio(ours, alike, of).toFixed(2));
  print('  … to kafkajs alone, compressing as we do', `events/s ${alikeRate ?? ''}, CPU ${alikeCpu ?? ''}`);
  print('  Redpanda Connect, at least once, no headers', `${engine} s CPU per 100,000 events (measured before)`);
  for (const line of top) print('', line);
}
