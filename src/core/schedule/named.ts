// Candidates that a list names, or that are to be asked as if it did.
import { candidateOf, place, setRate, type State } from './candidate.ts';
import { learnNamed } from './claims.ts';
import { endOf } from './list-state.ts';
import type { Day } from '../time.ts';

export interface Naming {
  readonly day: Day;
  readonly kind: 'news' | 'start' | 'closing';
  /** The ms that the list shows. */
  readonly taken: number;
  /** Whom the list named by this ms was known before. */
  readonly bound: number;
  readonly now: number;
}

/** A list names it. */
export const named = (state: State, id: number, { day, kind, taken, bound, now }: Naming): void => {
  const candidate = state.all.get(id) ?? candidateOf(id);
  learnNamed(candidate, { bound, endAt: endOf(day) });
  if (candidate.listed !== null && candidate.listed >= day) return;
  const isFresh = kind !== 'closing';
  const days = { listed: day, endAt: endOf(day), closeAt: endOf(day) + state.options.overlapMs };
  const order = kind === 'start' ? state.options.startKey(id) : state.order++;
  Object.assign(candidate, { ...days, isFresh, isStart: kind === 'start', namedAt: taken, order });
  state.all.set(id, candidate);
  setRate(state, candidate, { root: candidate.root, isActive: candidate.isActive || isFresh });
  place(state, candidate, now);
};

/** To be asked once more, as if a list had just named it. Gives whether it is a candidate. */
export const renew = (state: State, id: number, now: number): boolean => {
  const candidate = state.all.get(id);
  if (candidate === undefined) return false;
  const asNamed = { isFresh: true, isStart: true, namedAt: now, order: state.options.startKey(id) };
  Object.assign(candidate, asNamed, { known: -Infinity });
  setRate(state, candidate, { root: candidate.root, isActive: true });
  place(state, candidate, now);
  return true;
};
