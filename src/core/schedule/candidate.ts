// A movie that may have something to tell, and the queue in which it waits.
import { makeHeap, type Heap } from './heap.ts';
import type { PlanOptions } from './planned.ts';
import { rootOfOneADay, type Rate } from './rate.ts';
import type { Day } from '../time.ts';

/** A poll that has to wait for the walk of its day is looked at again as often. */
const heldMs = 30_000;

export interface Candidate {
  readonly id: number;
  /** The last day that listed it. */
  listed: Day | null;
  /** Its day ends then, and is closed then. Without lists: never. */
  endAt: number;
  closeAt: number;
  /** Named, and without an answer that is as young as the list that named it (of `namedAt`). */
  isFresh: boolean;
  /** It was named before the plan began. */
  isStart: boolean;
  namedAt: number;
  order: number;
  /** The ms that its youngest answer shows. */
  last: number;
  /** The ms that its youngest answer with a date shows. */
  seen: number;
  /** What TMDB showed of it by then is published; Infinity while only another list can tell of more (see `claims.ts`). */
  known: number;
  /** Not to be asked before. */
  floor: number;
  due: number;
  rate: Rate | null;
  /** √λ; in the sum while it is active, i.e. while something may have happened since its last answer. */
  root: number;
  isActive: boolean;
  /** An editor was at work when it was asked last. */
  isFollowed: boolean;
  failures: number;
  ticket: number;
}

export const candidateOf = (id: number): Candidate => ({
  ...{ id, listed: null, endAt: -Infinity, closeAt: -Infinity, isFresh: false, isStart: false, namedAt: -Infinity },
  ...{
    order: 0,
    last: -Infinity,
    seen: -Infinity,
    known: Infinity,
    floor: -Infinity,
    due: -Infinity,
    rate: null,
    root: rootOfOneADay,
  },
  ...{ isActive: false, isFollowed: false, failures: 0, ticket: 0 },
});

export interface Options extends Pick<PlanOptions, 'requestsPerSecond' | 'intervalMs' | 'overlapMs'> {
  /** Requests per second that the due do not have. */
  readonly spentPerSecond: (now: number) => number;
  readonly isWatched: (id: number) => boolean;
  readonly isClosable: (day: Day, now: number) => boolean;
  readonly startKey: (id: number) => number;
}

export const makeState = (options: Options) => ({
  options,
  all: new Map<number, Candidate>(),
  /** What was given and is not answered, and when it was given. */
  underWay: new Map<number, number>(),
  /** Those that were given up, and what is known of them. */
  left: new Map<number, number>(),
  /** Until they may be asked. */
  wakes: makeHeap<Candidate>(),
  fresh: makeHeap<Candidate>(),
  followed: makeHeap<Candidate>(),
  start: makeHeap<Candidate>(),
  closing: makeHeap<Candidate>(),
  ready: makeHeap<Candidate>(),
  sum: 0,
  active: 0,
  order: 0,
});
export type State = ReturnType<typeof makeState>;

/** Keeps the sum of the roots. */
export const setRate = (
  state: State,
  candidate: Candidate,
  to: { readonly root: number; readonly isActive: boolean },
): void => {
  state.sum += (to.isActive ? to.root : 0) - (candidate.isActive ? candidate.root : 0);
  state.active += Number(to.isActive) - Number(candidate.isActive);
  if (state.active === 0) state.sum = 0; // what rounding has left
  Object.assign(candidate, to);
};

/** `k` of the rule: due = last + k ÷ √λ. */
export const scaleOf = (
  { sum, options: { requestsPerSecond, spentPerSecond, intervalMs } }: State,
  now: number,
): number => {
  const perMs = Math.max(requestsPerSecond - spentPerSecond(now), requestsPerSecond / 4) / 1000;
  return Math.max(sum / perMs, intervalMs * rootOfOneADay);
};

const isHeld = ({ options }: State, { listed }: Candidate, now: number): boolean =>
  listed !== null && !options.isClosable(listed, now);

/** The queue in which a candidate waits. Whole budget: whatever is past its floor may be asked, the most overdue first. */
export const queueOf = (state: State, candidate: Candidate, now: number): readonly [Heap<Candidate>, number] => {
  const { floor, due, closeAt, isFresh, isActive, order } = candidate;
  if (floor > now) return [state.wakes, floor];
  if (isFresh) return [candidate.isStart ? state.start : state.fresh, order];
  if (now >= closeAt) return isHeld(state, candidate, now) ? [state.wakes, now + heldMs] : [state.closing, closeAt];
  if (isActive && candidate.isFollowed && due <= now) return [state.followed, due];
  if (isActive && (due <= now || (state.options.intervalMs === 0 && !candidate.isFollowed))) return [state.ready, due];
  return [state.wakes, isActive ? Math.min(due, closeAt) : closeAt];
};

/** To the queue where it waits, out of the one where it was. */
export const place = (state: State, candidate: Candidate, now: number): void => {
  candidate.ticket++;
  if (state.underWay.has(candidate.id)) return;
  const [queue, key] = queueOf(state, candidate, now);
  queue.push(key, candidate);
};

export const drop = (state: State, id: number): void => {
  const candidate = state.all.get(id);
  if (candidate === undefined) return;
  setRate(state, candidate, { root: candidate.root, isActive: false });
  candidate.ticket++;
  state.all.delete(id);
};

/** The clock was set back by so many ms: what was to come in so long still does. */
export const setBack = (state: State, ms: number, now: number): void => {
  for (const candidate of state.all.values()) {
    const { floor, due, last, rate } = candidate;
    Object.assign(candidate, { floor: floor - ms, due: due - ms, last: last - ms });
    if (rate !== null) candidate.rate = { ...rate, at: rate.at - ms };
    place(state, candidate, now);
  }
};
