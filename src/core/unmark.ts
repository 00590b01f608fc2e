// What takes back what was said, and what ends that.
import type { Change, Coverage } from './coverage.ts';
import { findBehind, nothing, type State } from './marks.ts';
import { startOf } from './time.ts';
import type { WatchChange, Watching } from './watch.ts';

/** What was said is no longer so. */
const sayAnew = (state: State): void =>
  void Object.assign(state, { bounds: null, lookedAt: -Infinity, givenAt: -Infinity });

/** What a change takes back of what was said. It is applied before anything else is asked. */
export const lower = (state: State, coverage: Coverage, { frontier, movies }: Change): void => {
  const through = coverage.frontier()?.through;
  if (frontier !== undefined && (frontier === null || through === undefined || frontier.through < through)) {
    state.floor = nothing;
    state.claim(-Infinity);
    sayAnew(state);
  }
  if (state.floor.observed === -Infinity) return; // nothing to take back: whoever enters is not known before an answer
  for (const [movieId, stored] of movies) {
    const after = stored?.from ?? frontier?.through ?? through;
    const before = coverage.at(movieId)?.from;
    if (before !== undefined && (after ?? before) >= before) continue;
    state.entered.add(movieId);
    sayAnew(state);
  }
};

/** What is watched has changed: of whom it was said before, nothing has. */
export const watch = (
  state: State,
  { ids, added, removed }: WatchChange,
  { hasLists, now }: Pick<Watching, 'hasLists' | 'now'>,
): void => {
  for (const movieId of removed) for (const each of [state.gone, state.entered]) each.delete(movieId);
  if (state.floor.observed > -Infinity) for (const movieId of added) state.entered.add(movieId);
  const isOther = hasLists !== state.hasLists;
  Object.assign(state, { watched: ids, hasLists, watch: null });
  sayAnew(state);
  if (isOther && state.coverage !== null) findBehind(state, state.coverage, now);
};

/** An answer, `taken` null where TMDB does not know the movie: it holds nothing up any more. */
export const settle = (state: State, movieId: number, taken: number | null): void => {
  if (taken === null) state.gone.add(movieId);
  else state.gone.delete(movieId);
  if (!state.entered.delete(movieId) || taken === null) return;
  const from = state.coverage?.at(movieId)?.from;
  const { observed, complete } = state.floor;
  const first = from === undefined ? -Infinity : startOf(from);
  state.floor = { observed: Math.min(observed, taken), complete: Math.min(complete, first) };
};
