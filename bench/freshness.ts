// How long an edit waits for the answer that shows it, on virtual time: the plan as the service runs it, every watched
// movie in turn, and the whole list every so often with all that it named in turn. Deterministic, no broker.
//   node bench/freshness.ts                          QUICK=1: one day, two budgets; PLOT=docs/scheduling.svg draws them
import { writeFileSync } from 'node:fs';
import { idOf, makeWorld, type Summary, type World } from './edits.ts';
import { against, print, whole } from './measure.ts';
import { draw } from './plot.ts';
import { runPlan, runTurns, turnsOfAll, type Setting } from './policies.ts';

const hour = 3_600_000;
const isQuick = process.env['QUICK'] === '1';
const plotTo = process.env['PLOT'];
const days = isQuick ? 1 : 3;
const most = 1_000_000;
/** What closes a day lies behind the days that are measured, as it is no part of what ours is compared with. */
const overlapMs = 96 * hour;

const spell = (seconds: number): string => {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return seconds < 6000 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
};
const delays = ({ mean, median, p95 }: Pick<Summary, 'mean' | 'median' | 'p95'>): string =>
  `${spell(mean)} / ${spell(median)} / ${spell(p95)}`;
const cost = ({ requests, delivered, due }: Summary): string =>
  `${(requests / delivered).toFixed(2)} requests per change${delivered < due ? `, ${due - delivered} NEVER shown` : ''}`;

/** The best of its intervals: the mean falls, and then rises. */
const bestTurns = (setting: Setting): Summary & { readonly everySeconds: number } => {
  let best = { ...runTurns(setting, 60_000), everySeconds: 60 };
  for (const everySeconds of [120, 300, 600, 900, 1800]) {
    const next = { ...runTurns(setting, everySeconds * 1000), everySeconds };
    if (next.mean > best.mean) break;
    best = next;
  }
  return best;
};

interface Row {
  readonly what: string;
  readonly world: World;
  readonly watched?: ReadonlySet<number>;
  readonly budgets: readonly number[];
  readonly goals?: Readonly<Record<number, number>>;
}
const point = (row: Row, requestsPerSecond: number) => {
  const setting = { world: row.world, watched: row.watched ?? 'all', requestsPerSecond } as const;
  const ours = runPlan(setting, { intervalMs: 0, overlapMs });
  const turns = bestTurns(setting);
  const all = turnsOfAll(row.watched?.size ?? most, requestsPerSecond);
  const goal = row.goals?.[requestsPerSecond];
  const ratio = ours.mean / turns.mean;
  print(`${row.what}, ${requestsPerSecond} requests/s`, `${delays(ours)}, ${cost(ours)}`);
  print(`  list every ${turns.everySeconds} s, then in turn`, `${delays(turns)}, ${cost(turns)}`);
  print('  every watched movie in turn', delays(all));
  print('  ours ÷ list and turns, mean', goal === undefined ? ratio.toFixed(2) : against(ratio, { most: goal }));
  const part = ours.mean / all.mean;
  print('  ours ÷ every movie in turn, mean', `${part.toFixed(4)}${goal === undefined ? '' : ` (goal ≤ 0.005: ${part <= 0.005 ? 'met' : 'NOT met'})`}`); // prettier-ignore
  if (goal !== undefined && requestsPerSecond === 20) {
    print('  mean, seconds', against(ours.mean, { most: 83 }));
    print('  p95, minutes', against(ours.p95 / 60, { most: 3.1 }));
  }
  return { requestsPerSecond, ours: ours.mean, turns: turns.mean, all: all.mean };
};

const intervals = (world: World): void => {
  const setting = { world, watched: 'all', requestsPerSecond: 20 } as const;
  const rows = isQuick ? [900, 86_400] : [300, 900, 1800, 3600, 14_400, 86_400];
  for (const seconds of rows) {
    const summary = runPlan(setting, { intervalMs: seconds * 1000, overlapMs: 25 * hour });
    const perSecond = summary.requests / (days * 86_400);
    print(
      `POLL_INTERVAL_SECONDS=${seconds}`,
      `${delays(summary)}, ${perSecond.toFixed(1)} requests/s, ${cost(summary)}`,
    );
    if (seconds === 86_400) print('  requests per changed movie, lists and all', against(summary.requests / world.listed(), { most: 3.6 })); // prettier-ignore
  }
};

/** What the polls that close a day cost the others. */
const closing = (world: World): void => {
  for (const requestsPerSecond of isQuick ? [20] : [4, 20]) {
    const setting = { world, watched: 'all', requestsPerSecond } as const;
    print(`with days closed, ${requestsPerSecond} requests/s`, delays(runPlan(setting, { intervalMs: 0, overlapMs: 25 * hour }))); // prettier-ignore
  }
};

const bursts = makeWorld({ movies: most, days, burst: 5, isCached: false });
const goals = { 4: 0.22, 20: 0.37, 40: 0.5 };
const budgets = isQuick ? [4, 20] : [1, 4, 20, 40];
print('mean / median / p95 of edit → answer that shows it', `${whole(bursts.count())} edits in ${days} days`);
const points = budgets.map((budget) => point({ what: 'bursts', world: bursts, budgets, goals }, budget));
if (plotTo !== undefined) writeFileSync(plotTo, draw(points));
intervals(bursts);
if (!isQuick) closing(bursts);

const watched = new Set(Array.from({ length: 10_000 }, (_, rank) => idOf(rank)));
const cached = makeWorld({ movies: most, days, burst: 5, isCached: true });
const poisson = makeWorld({ movies: most, days, burst: 1, isCached: false });
const others: readonly Row[] = [
  { what: 'bursts, the 10,000 busiest', world: bursts, watched, budgets: [4, 20] },
  { what: 'bursts, answers 10 min old at most', world: cached, budgets: [4, 20] },
  { what: 'single edits', world: poisson, budgets: [4, 20] },
];
for (const row of isQuick ? [] : others) for (const budget of row.budgets) point(row, budget);
