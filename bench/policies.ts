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

interface Turn {
  readonly id: number;
  day: number;
  polledAt: number;
}

/** The list of a day, page after page, every so often; yesterday's once more after midnight. */
const makeWalks = ({ world }: Setting, everyMs: number) => {
  let [day, page, walkedAt] = [0, 1, -Infinity];
  return (now: number): { readonly day: number; readonly ids: readonly (number | null)[] } | null => {
    if (now < walkedAt + everyMs && page === 1 && day === Math.floor(now / dayMs)) return null;
    const { ids, pages } = world.list({ day, page }, now);
    const asked = day;
    page = page < pages ? page + 1 : 1;
    if (page === 1) [day, walkedAt] = [Math.floor(now / dayMs), day === Math.floor(now / dayMs) ? now : -Infinity];
    return { day: asked, ids };
  };
};

/** The whole list every so often, and all that it named in turn; one of yesterday's until it is asked after midnight. */
export const runTurns = (setting: Setting, everyMs: number): Summary => {
  const { world, watched, requestsPerSecond } = setting;
  const isWatched = watches(watched);
  const ledger = makeLedger(world, isWatched);
  const walk = makeWalks(setting, everyMs);
  const known = new Map<number, Turn>();
  let [turns, at] = [[] as Turn[], 0];
  const name = (id: number | null, day: number): void => {
    if (id === null || !isWatched(id)) return;
    const turn = known.get(id) ?? { id, day: -1, polledAt: -Infinity };
    if (turn.day === -1) turns.push(turn);
    turn.day = Math.max(day, turn.day);
    known.set(id, turn);
  };
  const begin = (now: number): void => {
    const midnight = Math.floor(now / dayMs) * dayMs;
    const isOver = ({ day, polledAt }: Turn): boolean => (day + 1) * dayMs <= midnight && polledAt >= (day + 1) * dayMs;
    for (const turn of turns) if (isOver(turn)) known.delete(turn.id);
    [turns, at] = [turns.filter((turn) => known.has(turn.id)), 0];
  };
  const end = world.days * dayMs;
  for (let now = 0; now < end || (now < end + dayMs && !ledger.isDone()); now += 1000 / requestsPerSecond) {
    ledger.ask();
    const listed = walk(now);
    for (const id of listed?.ids ?? []) name(id, listed?.day ?? 0);
    if (listed !== null) continue;
    if (at >= turns.length) begin(now);
    const turn = turns[at++];
    if (turn === undefined) continue;
    turn.polledAt = ledger.poll(turn.id, now).taken;
  }
  return ledger.sum();
};

/** Every watched movie in turn: an edit waits for its movie's, wherever that is. */
export const turnsOfAll = (movies: number, requestsPerSecond: number) => {
  const round = movies / requestsPerSecond;
  return { mean: round / 2, median: round / 2, p95: round * 0.95 };
};
