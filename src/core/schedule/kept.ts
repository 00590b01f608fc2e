// Candidates where no lists are used.
import { candidateOf, place, setRate, type State } from './candidate.ts';

/** Watched without lists: it is asked for good. */
export const keep = (
  state: State,
  id: number,
  { isStart, now }: { readonly isStart: boolean; readonly now: number },
): void => {
  const known = state.all.get(id);
  if (known?.closeAt === Infinity) return;
  const order = isStart ? state.options.startKey(id) : state.order++;
  const candidate = known ?? { ...candidateOf(id), isFresh: true, isStart, order };
  const unknown = { known: Math.min(candidate.known, candidate.seen) };
  Object.assign(candidate, { listed: null, endAt: Infinity, closeAt: Infinity, ...unknown });
  state.all.set(id, candidate);
  setRate(state, candidate, { root: candidate.root, isActive: true });
  place(state, candidate, now);
};

/** Lists are there from now on: whoever was kept is asked once more. */
export const letGo = (state: State, now: number): void => {
  for (const candidate of state.all.values()) {
    if (candidate.closeAt !== Infinity) continue;
    Object.assign(candidate, { endAt: -Infinity, closeAt: -Infinity });
    place(state, candidate, now);
  }
};
