// Every bench, one after another; each prints ratios against a baseline of its own run. Never a test: exit code 0
// whatever the figures are. A quiet machine makes better figures.
//   node dev/broker.ts node bench/all.ts            or with the names of some: node bench/all.ts encode publish
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const names = [
  'start',
  'encode',
  'publish',
  'operate',
  'budget',
  'memory',
  'checkpoints',
  'tail',
  'freshness',
] as const;
const chosen = process.argv.slice(2);

for (const name of names.filter((each) => chosen.length === 0 || chosen.includes(each))) {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status } = spawnSync(process.execPath, [file], { env, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1; // it broke: that is no figure
  process.stdout.write('\n');
}
