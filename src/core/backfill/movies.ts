import type { Change, Coverage } from '../coverage.ts';
import { makeCrowd, type CrowdOptions } from './crowd.ts';
import { reopened } from './opening.ts';
import type { Day } from '../time.ts';

export interface MoviesOptions extends CrowdOptions {
  /** Each is to be polled by live polling soon. */
  readonly ask: (movies: readonly number[], now: number) => void;
}

/** What is to be done. `isOver`: all are there, but for those that TMDB does not know. */
export type MoviesTask =
  { readonly movieId: number } | { readonly change: Change } | { readonly until: number } | { readonly isOver: true };

/** How many movies are looked at in one turn. */
const atOnce = 20_000;
/** After a pass that left some: those that have no record yet, or could not be read. */
const soonMs = 1000;
const againMs = 600_000;

const makeState = (options: MoviesOptions) => ({
  ...options,
  crowd: makeCrowd(options),
  pass: null as Iterator<number> | null,
  /** What the pass goes over. */
  movies: [] as Iterable<number>,
  /** Movies of this pass that are to be looked at again soon. */
  waiting: 0,
  beginAt: -Infinity,
  /** TMDB does not know them. */
  gone: new Set<number>(),
});
type State = ReturnType<typeof makeState>;

export interface At {
  readonly to: Day;
  readonly now: number;
}

const reopenOne = ({ overlapMs, ask }: State, coverage: Coverage, { movieId, to, now }: At & { movieId: number }) => {
  const after = reopened(coverage.at(movieId), { overlapMs, now, wanted: to });
  if (after === undefined) return null;
  ask([movieId], now);
  return { movies: [[movieId, coverage.asStored(after)]] } satisfies Change;
};

/** Looks for one that is not there yet and can be asked now; null where the pass is over. */
const pull = (state: State, coverage: Coverage, { to, now }: At): MoviesTask | null => {
  for (let count = 0; count < atOnce; count += 1) {
    const each = state.pass?.next();
    if (each === undefined || each.done === true) return null;
    const [movieId, at] = [each.value, coverage.at(each.value)];
    if (at === undefined || (at.since > to && state.isBusy(movieId))) state.waiting += 1;
    else if (at.since > to && !state.gone.has(movieId)) {
      state.crowd.add(movieId);
      const change = reopenOne(state, coverage, { movieId, to, now });
      if (change !== null) return { change };
      const next = state.crowd.next(coverage, to, now);
      if (next !== null && 'movieId' in next) return next;
    }
  }
  return { until: now };
};

/** `isWhole`: nobody is watched by now that the pass did not know of. */
const endPass = (state: State, isWhole: boolean, now: number): MoviesTask => {
  const { crowd, gone, waiting } = state;
  state.pass = null;
  const unread = [...crowd.left].filter(([, isGone]) => !isGone).length;
  for (const [movieId, isGone] of crowd.left) if (isGone) gone.add(movieId);
  if (waiting + unread === 0 && isWhole) return { isOver: true };
  state.crowd = makeCrowd(state);
  state.beginAt = now + (unread > 0 && waiting === 0 && isWhole ? againMs : soonMs);
  return { until: state.beginAt };
};

/** Movies one by one, in passes over the list until each is there. */
export const makeMovies = (options: MoviesOptions) => {
  const state = makeState(options);
  return {
    crowd: () => state.crowd,
    /** All are there. How many TMDB does not know: whoever asks for more days asks for those again. */
    end: (): number => {
      const { size } = state.gone;
      state.gone.clear();
      return size;
    },
    next: (coverage: Coverage, { movies, to, now }: At & { movies: Iterable<number> }): MoviesTask => {
      if (state.pass === null && state.beginAt > now) return { until: state.beginAt };
      if (state.pass === null) Object.assign(state, { movies, pass: movies[Symbol.iterator](), waiting: 0 });
      const first = state.crowd.next(coverage, to, now);
      if (first !== null && 'movieId' in first) return first;
      const pulled = pull(state, coverage, { to, now }) ?? state.crowd.next(coverage, to, now);
      return pulled ?? endPass(state, !Array.isArray(movies) || movies === state.movies, now);
    },
    reopen: (): void => {
      Object.assign(state, { crowd: makeCrowd(options), pass: null, beginAt: -Infinity });
    },
  };
};
