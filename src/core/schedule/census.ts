import { queueOf, type State } from './candidate.ts';

/** How many wait for their turn, and how many failed when they were asked last. */
export const census = (state: State, now: number): { readonly due: number; readonly failing: number } => {
  let [due, failing] = [0, 0];
  for (const candidate of state.all.values()) {
    if (candidate.failures > 0) failing += 1;
    if (!state.underWay.has(candidate.id) && queueOf(state, candidate, now)[0] !== state.wakes) due += 1;
  }
  return { due, failing };
};
