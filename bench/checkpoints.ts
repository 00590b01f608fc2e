// How long a start takes to load a million checkpoints, and what they weigh, against kafkajs reading the same records and
// keeping nothing; and what a checkpoint weighs in Kafka. The topic ends in transactions of one record each, so in commit
// markers.
//   node dev/broker.ts node bench/checkpoints.ts
import { startChild } from './child.ts';
import { median, print, whole } from './measure.ts';
import type { Loaded, Question } from './load.ts';
import { provision } from './stage.ts';

const movies = 1_000_000;
const rounds = 3;
const mostSeconds = 15;
const openMovies = 30_000;
const mostHot = 20_000;
const mb = (bytes: number): string => `${whole(bytes / 1024 / 1024)} MB`;

const ask = async (env: NodeJS.ProcessEnv, question: Question): Promise<Loaded> => {
  const child = startChild('load.ts', env, { flags: ['--expose-gc', '--disable-warning=TimeoutNegativeWarning'] });
  try {
    return await child.ask<Loaded>(question);
  } finally {
    await child.close();
  }
};

const env = provision('checkpoints');
await ask(env, { what: 'watched', movies });
const results: Record<'load' | 'skim', Loaded[]> = { load: [], skim: [] };
for (let round = 0; round < rounds; round += 1) {
  for (const what of ['load', 'skim'] as const) results[what].push(await ask(env, { what, movies }));
}

print('checkpoints', `${whole(movies)} records, ${rounds} rounds, medians; each in a new process`);
for (const [what, name] of [
  ['load', 'loaded'],
  ['skim', 'read and thrown away, kafkajs alone'],
] as const) {
  const all = results[what];
  const of = (pick: (one: Loaded) => number): number => median(all.map(pick));
  const seconds = of((one) => one.seconds);
  const goal = what === 'load' ? ` (goal < ${mostSeconds}: ${seconds < mostSeconds ? 'met' : 'NOT met'})` : '';
  print(`  ${name}`, `${seconds.toFixed(1)} s${goal}, ${of((one) => one.cpuSeconds).toFixed(1)} s CPU`);
  print('', `RSS at most ${mb(of((one) => one.mostRss))}, heap afterwards ${mb(of((one) => one.heap))}`);
}
const ratio = median(results.load.map((one, at) => one.seconds / (results.skim[at]?.seconds ?? NaN)));
print('  time, loaded to thrown away', ratio.toFixed(2));

/** Bytes of so many movies that are open, and of their frontier. */
const storedOf = async (count: number): Promise<number> => {
  const own = provision('checkpoints');
  await ask(own, { what: 'open', movies: count });
  return (await ask(own, { what: 'skim', movies: count + 1 })).stored;
};
const [alone, all] = [await storedOf(1), await storedOf(openMovies)];
const inKafka = median(results.skim.map(({ stored }) => stored)) / movies;
print('  in Kafka, bytes per movie of a million', whole(inKafka));
print(`  … of ${whole(openMovies)} open ones, 7.6 items each`, whole(all / openMovies));
print('  … of the hottest film, 1,100 items', `${whole(alone)} (goal < ${whole(mostHot)}: ${alone < mostHot ? 'met' : 'NOT met'})`); // prettier-ignore
