// What can be said of how complete the topics are.
import { boundsOf, fingerprintOf, leastFrom, sizeOf, type Bounds, type Watched } from './bounds.ts';
import type { Change, Coverage } from './coverage.ts';
import type { Watermark } from './events.ts';
import { firstMissed } from './missed.ts';
import { makePace } from './pace.ts';
import { addDays, dayOf, laterOf, startOf, type Day } from './time.ts';

export interface MarkingOptions {
  readonly watched: Watched;
  /** Whether TMDB's lists tell of the movies of a list. */
  readonly hasLists: boolean;
  readonly overlapMs: number;
  readonly requestsPerSecond: number;
  /** See `Plan`. */
  readonly known: (count: number) => number;
  readonly claim: (ms: number) => void;
  readonly late: () => Day | null;
}

/** Nothing is looked at more often, in ms. */
export const leastMs = 1000;
/** Bounds are looked for in a pass over all movies: at a million once in 50 s. */
const perMs = 20;

/** Nothing was said. */
export const nothing = { observed: -Infinity, complete: -Infinity };

export const makeState = (options: MarkingOptions) => ({
  ...options,
  coverage: null as Coverage | null,
  /** What was said last, and is true of all but `entered`. */
  floor: nothing,
  /** Until nobody is behind this day, `known` does not speak for everybody; null: it does. */
  behind: null as Day | null,
  gone: new Set<number>(),
  /** Those of which less is published than the floor says, until they have an answer. */
  entered: new Set<number>(),
  /** What backfill has under way. */
  backfilled: new Set<number>(),
  pace: makePace(),
  ...{ bounds: null as Bounds | null, lookedAt: -Infinity, watch: null as string | null },
  ...{ given: null as Watermark | null, givenAt: -Infinity, triedAt: -Infinity, isFinal: false },
  /** What was said last holds of what is watched up to this day alone, which has still to be said; null: it holds. */
  back: null as Day | null,
  /** That is being committed: nothing is begun before. */
  saying: null as Change | null,
  turnAt: Infinity,
});
export type State = ReturnType<typeof makeState>;

export const isWithin = (ms: number, since: number, now: number): boolean => Math.abs(now - since) < ms; // the clock can be set

const watchOf = (state: State): string => (state.watch ??= fingerprintOf(state.watched));

/** A process that was suspended for longer than the overlap knows nothing of the lists of some days. */
export const turn = (state: State, now: number): void => {
  const open = dayOf(now - state.overlapMs);
  if (state.turnAt < Infinity && open > addDays(dayOf(state.turnAt), 1))
    state.behind = laterOf(state.behind ?? open, open);
  state.turnAt = now;
};

/** Whom the lists and answers that are known do not speak for: whoever was not polled since they begin. */
export const findBehind = (state: State, coverage: Coverage, now: number): void => {
  if (state.watched === 'all') {
    // Days before the overlap of which there is no frontier yet are listed one after another, as they are closed.
    const after = coverage.frontier()?.through ?? dayOf(now - state.overlapMs);
    state.behind = laterOf(laterOf(state.coverage?.frontier()?.through ?? after, after), state.behind ?? after);
    return;
  }
  const first = firstMissed(state.overlapMs, now);
  if (state.hasLists && state.floor.observed < startOf(first)) state.behind = laterOf(state.behind ?? first, first);
};

/** Somebody has set checkpoints back: whose, the coverage before tells. */
const findSetBack = ({ coverage: before, watched, entered }: State, coverage: Coverage): void => {
  const ids = watched === 'all' ? [...coverage.records()].map(([movieId]) => movieId) : watched;
  for (const movieId of ids)
    if ((before?.at(movieId)?.from ?? '') > (coverage.at(movieId)?.from ?? '')) entered.add(movieId);
};

export const open = (
  state: State,
  { coverage, last, now }: { coverage: Coverage; last: Watermark | null; now: number },
) => {
  const isOurs = last?.watch === watchOf(state);
  const floor = isOurs
    ? { observed: last.observed_through ?? -Infinity, complete: last.complete_through ?? -Infinity }
    : nothing;
  if (floor.observed < state.floor.observed || floor.complete < state.floor.complete) findSetBack(state, coverage);
  Object.assign(state, {
    floor,
    given: last,
    back: isOurs ? null : leastFrom(coverage, state),
    saying: null,
    bounds: null,
    lookedAt: -Infinity,
    givenAt: -Infinity,
    triedAt: -Infinity,
  });
  state.backfilled.clear();
  findBehind(state, coverage, now);
  state.claim(floor.observed);
  state.coverage = coverage;
  state.pace.begin(now);
};

const findBounds = (state: State, coverage: Coverage, now: number): Bounds | null => {
  if (isWithin(Math.max(leastMs, sizeOf(coverage, state.watched) / perMs), state.lookedAt, now)) return state.bounds;
  state.lookedAt = now;
  state.bounds = boundsOf(coverage, state);
  return state.bounds;
};

/**
 * What is true now: of what is committed, since an answer counts once its events are. Null while movies have no record.
 * Nothing goes back but by a movie that enters or is set back. After a start nothing is known but what was said last.
 */
export const look = (state: State, now: number): Watermark | null => {
  turn(state, now);
  const bounds = state.coverage === null ? null : findBounds(state, state.coverage, now);
  if (bounds === null) return null;
  const { since, from, entered } = bounds;
  const spent = state.pace.perSecond(now);
  const spare = spent === null ? null : Math.max(0, state.requestsPerSecond - spent);
  const said = { at: now, spare_requests_per_second: spare, watch: watchOf(state) };
  if (since === null || from === null) return { ...said, observed_through: null, complete_through: null, since: null };
  const late = state.late();
  if (late !== null) state.behind = laterOf(state.behind ?? late, addDays(late, 1));
  if (state.behind !== null && from >= state.behind) state.behind = null;
  const { floor } = state;
  const first = startOf(from); // whatever TMDB showed before that is of a day before
  const known =
    state.behind === null ? Math.min(state.known(state.watched === 'all' ? 0 : state.watched.length), now) : -Infinity;
  const most = entered === null ? Infinity : startOf(entered);
  const observed = Math.max(first, Math.min(Math.max(floor.observed, known), most));
  const complete = Math.min(Math.max(floor.complete, first), most);
  return { ...said, observed_through: observed, complete_through: complete, since: startOf(since) };
};
