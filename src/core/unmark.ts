// What takes back what was said, and what ends that.
import type { Task } from './agenda.ts';
import { leastFrom } from './bounds.ts';
import type { Change, Coverage } from './coverage.ts';
import { findBehind, nothing, type State } from './marks.ts';
import { earlierOf, startOf } from './time.ts';
import { setBack } from './watermark.ts';
import type { WatchChange, Watching } from './watch.ts';

/** What was said is no longer so. */
const sayAnew = (state: State): void =>
  void Object.assign(state, { bounds: null, lookedAt: -Infinity, givenAt: -Infinity });

/** The first day of which less is published by a change than before, and those of whom that is so; null where there is none. */
const takenBack = (coverage: Coverage, { frontier, movies }: Change) => {
  const through = coverage.frontier()?.through;
  const isLower = frontier !== undefined && frontier !== null && (through === undefined || frontier.through < through);
  const back = movies.flatMap(([movieId, stored]) => {
    const after = stored?.from ?? frontier?.through ?? through;
    const before = coverage.at(movieId)?.from;
    return after !== undefined && (before === undefined || after < before) ? [[movieId, after] as const] : [];
  });
  const days = [...(isLower ? [frontier.through] : []), ...back.map(([, day]) => day)].sort();
  return days[0] === undefined ? null : { day: days[0], isLower, movies: back.map(([movieId]) => movieId) };
};

/**
 * What a change takes back of what was said: that is to be said with it, since nobody else may be there to say it. The
 * change is applied before anything else is asked.
 */
export const lower = (state: State, coverage: Coverage, { change, now }: { change: Change; now: number }) => {
  const back = takenBack(coverage, change);
  if (back === null) return null;
  sayAnew(state);
  const said = setBack(state.given, back.day, now);
  state.given = said ?? state.given;
  if (state.floor.observed === -Infinity) return said; // whoever enters is not known before an answer
  for (const movieId of back.movies) state.entered.add(movieId);
  if (back.isLower) {
    state.floor = nothing;
    state.claim(-Infinity);
  }
  return said;
};

/** That less is published of what is watched now than was said last: alone, where no change takes it back. */
export const takeBack = (state: State, now: number): Task | null => {
  const said = state.back === null ? null : setBack(state.given, state.back, now);
  state.back = null;
  if (said === null) return null;
  const saying: Change = { movies: [] };
  Object.assign(state, { given: said, saying });
  return { change: saying, said };
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
  const back = state.coverage === null ? null : leastFrom(state.coverage, { watched: added, gone: state.gone });
  if (back !== null) state.back = earlierOf(state.back ?? back, back);
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
