import { makeWorld } from './edits.ts';
import { runPlan, runTurns } from './policies.ts';
const days = Number(process.env['DAYS'] ?? 3);
const world = makeWorld({
  movies: 1e6,
  days,
  burst: Number(process.env['BURST'] ?? 5),
  isCached: process.env['CACHED'] === '1',
});
let n = 0;
for (const t of world.edits.values()) n += t.length;
console.log(
  world.edits.size,
  n,
  [0, 1, 2].map((d) => world.list({ day: d, page: 1 }, (d + 1) * 86400000 + 700000).results),
);
const hour = 3_600_000;
for (const B of (process.env['B'] ?? '4').split(',').map(Number)) {
  for (const i of (process.env['I'] ?? '0').split(',').map(Number)) {
    const t = performance.now();
    console.log(
      B,
      'plan',
      i,
      runPlan(
        { world, watched: 'all', requestsPerSecond: B },
        { intervalMs: i * 1000, overlapMs: Number(process.env['O'] ?? 12) * hour },
      ),
      (performance.now() - t) / 1000,
    );
  }
  if (process.env['X'])
    for (const x of process.env['X'].split(',').map(Number)) {
      const t = performance.now();
      console.log(
        B,
        'turns',
        x,
        runTurns({ world, watched: 'all', requestsPerSecond: B }, x * 1000),
        (performance.now() - t) / 1000,
      );
    }
}
