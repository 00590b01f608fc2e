import { closeDay, owing, trimming } from './closing.ts';
import { isFresh, type Change, type Coverage, type Frontier } from './coverage.ts';
import type { Plan } from './schedule/planned.ts';
import { addDays, startOf, type Day } from './time.ts';

export interface KeeperOptions {
  readonly plan: Pick<Plan, 'walk' | 'walked' | 'isRead' | 'listedFrom' | 'listedLast' | 'ask' | 'close'>;
  readonly overlapMs: number;
  /** Movies that are under way, and those whose last poll failed. */
  readonly busy: ReadonlySet<number>;
  readonly failed: ReadonlySet<number>;
}

/** How often it is looked whether a day can be closed, in ms. */
const everyMs = 1000;

/** The days whose walks close a day: what TMDB files under the day before is asked for with that one, but for the first. */
const walkedFor = (frontier: Frontier): Day[] => {
  const { through } = frontier;
  return isFresh(frontier) ? [addDays(through, -1), through] : [through];
};

/** Who is left behind when a day is closed; null while somebody has still to be waited for. */
const leaving = (coverage: Coverage, frontier: Frontier, { plan, busy, failed }: KeeperOptions): number[] | null => {
  const day = frontier.through;
  const listed = [...walkedFor(frontier).map((each) => plan.walked(each) ?? []), plan.listedFrom(day)];
  const owed = [...new Set(listed.flatMap((ids) => owing(coverage, day, ids)))];
  const isLeft = (movieId: number): boolean =>
    !busy.has(movieId) && (failed.has(movieId) || (plan.listedLast(movieId) ?? '') > day);
  const waited = owed.filter((movieId) => !isLeft(movieId));
  plan.ask(waited.filter((movieId) => !busy.has(movieId) && plan.listedLast(movieId) === null));
  return waited.length > 0 ? null : owed;
};

const settledAt = ({ through }: Frontier, overlapMs: number): number => startOf(addDays(through, 1)) + overlapMs;

interface State extends KeeperOptions {
  /** What is to be trimmed since the last day was closed. */
  trims: Iterator<Change, undefined>;
  writing: Change | null;
  lookedAt: number;
}

const nothing = (): State['trims'] => [].values();

const close = (state: State, coverage: Coverage, now: number): Change | null => {
  const { plan, overlapMs, busy } = state;
  const frontier = coverage.frontier();
  if (frontier === null || Math.abs(now - state.lookedAt) < everyMs) return null;
  state.lookedAt = now;
  if (now < settledAt(frontier, overlapMs)) return null;
  const [days, after] = [walkedFor(frontier), addDays(frontier.through, 1)];
  for (const each of [...days, after]) plan.walk(each, now);
  const isWalked = days.every((each) => plan.walked(each) !== null) && plan.isRead(after);
  const behind = isWalked ? leaving(coverage, frontier, state) : null;
  if (behind === null) return null;
  const left = new Set(behind);
  state.trims = trimming(coverage, (movieId) => left.has(movieId) || busy.has(movieId));
  for (const each of days) plan.close(each);
  return closeDay(coverage, frontier, behind);
};

/**
 * Moves the frontier over a day once the day is settled: its list was read whole after that, and each movie on it has an
 * answer from after that. A movie that cannot be read, or that a later day lists, is left behind and holds nobody up. It
 * need not stand on the list of the day itself: TMDB may file an item by its id, a second off its time.
 */
export const makeKeeper = (options: KeeperOptions) => {
  const state: State = { ...options, trims: nothing(), writing: null, lookedAt: -Infinity };
  return {
    /** A new session: whatever was not written is found again. */
    open: (): void => void Object.assign(state, { trims: nothing(), writing: null }),
    /** What is to be written, one thing at a time. */
    next: (coverage: Coverage, now: number): Change | null => {
      if (state.writing !== null) return null;
      state.writing = state.trims.next().value ?? close(state, coverage, now);
      return state.writing;
    },
    written: (change: Change): void => {
      if (state.writing === change) state.writing = null;
    },
    /** When to look again, in ms. */
    until: (coverage: Coverage, now: number): number => {
      const frontier = coverage.frontier();
      return frontier === null ? Infinity : Math.max(settledAt(frontier, options.overlapMs), now + everyMs);
    },
  };
};
