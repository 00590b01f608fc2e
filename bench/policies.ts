// The ways to spend a budget that are compared: our plan, and the whole list in turns.
import { makePlan, type PlanOptions } from './build.ts';
import { dayMs, makeLedger, type Summary, type World } from './edits.ts';

const originMs = Date.parse('2026-03-02T00:00:00Z');
const dayNumber = (day: string): number => (Date.parse(`${day}T00:00:00Z`) - originMs) / dayMs;
const shift = (ms: number | null): number | null => (ms === null ? null : ms + originMs);

export interface Setting {
  readonly world: World;
  readonly watched: 'all' | ReadonlySet<number>;
  readonly requestsPerSecond: number;
}
const watches = (watched: Setting['watched']) => (id: number) => watched === 'all' || watched.has(id);

/** The real plan. It runs until its last candidate is closed where that is what is measured. */
export const runPlan = (
  { world, watched, requestsPerSecond }: Setting,
  some: Pick<PlanOptions, 'intervalMs' | 'overlapMs'>,
): Summary => {
  const plan = makePlan({ ...some, watched, requestsPerSecond, hasLists: true });
  const ledger = makeLedger(world, watches(watched));
  const end = world.days * dayMs;
  for (let now = 0; now < end || (now < end + 4 * dayMs && !ledger.isDone());) {
    const at = now + originMs;
    const next = plan.next(at);
    if ('until' in next) {
      now = Math.max(now + 1000 / requestsPerSecond, next.until - originMs);
      continue;
    }
    ledger.ask();
    if ('list' in next) {
      const answer = world.list({ ...next.list, day: dayNumber(next.list.day) }, now);
      plan.listed(next.list, { ...answer, taken: shift(answer.taken) }, at);
    } else {
      const { items, ...times } = ledger.poll(next.movieId, now);
      const [taken, newestAt, expiresAt] = [times.taken, times.newestAt, times.expiresAt].map(shift);
      plan.polled(
        next.movieId,
        { items, taken: taken ?? null, newestAt: newestAt ?? null, expiresAt: expiresAt ?? null },
        at,
      );
    }
    now += 1000 / requestsPerSecond;
  }
  return ledger.sum();
};

/** The whole list every so often, and all that it named in turn. Yesterday's have one turn more. */
export const runTurns = ({ world, watched, requestsPerSecond }: Setting, everyMs: number): Summary => {
  const isWatched = watches(watched);
  const ledger = makeLedger(world, isWatched);
  const end = world.days * dayMs;
  let [today, known, turns, at] = [-1, new Set<number>(), [] as { id: number; day: number }[], 0];
  let [page, walkedAt] = [1, -Infinity];
  const walk = (now: number, day: number): void => {
    const { ids, pages } = world.list({ day, page }, now);
    for (const id of ids)
      if (id !== null && isWatched(id) && !known.has(id)) {
        known.add(id);
        turns.push({ id, day });
      }
    [page, walkedAt] = page < pages ? [page + 1, walkedAt] : [1, now];
  };
  for (let now = 0; now < end || (now < end + dayMs && !ledger.isDone()); now += 1000 / requestsPerSecond) {
    const day = Math.floor(now / dayMs);
    if (day !== today) [today, known, page, walkedAt] = [day, new Set(), 1, -Infinity];
    ledger.ask();
    if (now >= walkedAt + everyMs) {
      walk(now, day);
      continue;
    }
    if (at >= turns.length) [turns, at] = [turns.filter((turn) => turn.day === day), 0];
    const turn = turns[at++];
    if (turn === undefined) continue;
    ledger.poll(turn.id, now);
  }
  return ledger.sum();
};

/** Every watched movie in turn: an edit waits for its movie's, wherever that is. */
export const turnsOfAll = (movies: number, requestsPerSecond: number) => {
  const round = movies / requestsPerSecond;
  return { mean: round / 2, median: round / 2, p95: round * 0.95 };
};
