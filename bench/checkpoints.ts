// How long a start takes to load a million checkpoints, and what they weigh, against kafkajs reading the same records and
// keeping nothing. The topic ends in transactions of one record each, so in commit markers.
//   node dev/broker.ts node bench/checkpoints.ts
import { startChild } from './child.ts';
import { median, print, whole } from './measure.ts';
import type { Loaded, Question } from './load.ts';
import { provision } from './stage.ts';

const movies = 1_000_000;
const rounds = 3;
const mostSeconds = 15;
const mb = (bytes: number): string => `${whole(bytes / 1024 / 1024)} MB`;

const env = provision('checkpoints');
const ask = async (question: Question): Promise<Loaded> => {
  const child = startChild('load.ts', env, { flags: ['--expose-gc', '--disable-warning=TimeoutNegativeWarning'] });
  try {
    return await child.ask<Loaded>(question);
  } finally {
    await child.close();
  }
};

await ask({ what: 'write', movies });
const results: Record<'load' | 'skim', Loaded[]> = { load: [], skim: [] };
for (let round = 0; round < rounds; round += 1) {
  for (const what of ['load', 'skim'] as const) results[what].push(await ask({ what, movies }));
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
