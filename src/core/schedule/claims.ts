// Until when all is published that TMDB shows, as far as lists and answers prove it.
import { drop, type Candidate, type State } from './candidate.ts';

/**
 * A list proves that whoever it did not name by then had nothing of its day. A movie that it names from then on is known
 * until then, or until its youngest answer, and from its answer of after the day's end on until another list names it.
 * What TMDB shows of a day only after its end is for the poll that closes the day: nothing here waits for it.
 */
export const learnNamed = (candidate: Candidate, { bound, endAt }: { bound: number; endAt: number }): void => {
  if (candidate.seen < endAt) candidate.known = Math.min(candidate.known, Math.max(candidate.seen, bound));
};

/** An answer that shows `taken`, null where it does not tell. Before the day's end another one has to follow. */
export const learnAnswer = (candidate: Candidate, taken: number | null): void => {
  if (taken === null) return;
  candidate.seen = Math.max(candidate.seen, taken);
  const isSettled = !candidate.isFresh && taken >= candidate.endAt;
  candidate.known = isSettled ? Infinity : Math.max(candidate.known, taken);
};

/** The least of all movies. Looks at each candidate: a millisecond for 30,000. */
export const leastKnown = ({ all, left }: State): number => {
  let least = Infinity;
  for (const { known } of all.values()) if (known < least) least = known;
  for (const known of left.values()) if (known < least) least = known;
  return least;
};

/** It cannot be read, and rests; what is not known of it stays unknown. */
export const giveUp = (state: State, candidate: Candidate): void => {
  const known = Math.min(candidate.known, state.left.get(candidate.id) ?? Infinity);
  if (known < Infinity) state.left.set(candidate.id, known);
  drop(state, candidate.id);
};
