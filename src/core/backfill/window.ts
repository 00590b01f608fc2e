import { chunksOf } from '../chunks.ts';
import { isFresh, type Change, type Coverage, type Frontier } from '../coverage.ts';
import { makeCrowd, type CrowdOptions, type Failure } from './crowd.ts';
import type { ListAnswer } from '../schedule/planned.ts';
import { makeRangeWalk, type RangePage } from './range-walk.ts';
import { addDays, startOf, type Day } from '../time.ts';

/** Days before the frontier's, of which every movie is to be published. */
export interface Span {
  readonly start: Day;
  /** The frontier's `since`. */
  readonly end: Day;
}

/** What is to be done for it. `isOver`: the frontier can move. */
export type WindowTask =
  { readonly list: RangePage } | { readonly movieId: number } | { readonly until: number } | { readonly isOver: true };

/** One window of a watch on everything: its list, and each movie on it. It outlives sessions. */
export const makeWindow = ({ start, end }: Span, options: CrowdOptions) => {
  const settledAt = startOf(end) + options.overlapMs;
  // A day more on either side: TMDB may file an item by its id, a second off its time.
  const walk = makeRangeWalk({ start: addDays(start, -1), end: addDays(end, 1) }, settledAt);
  const crowd = makeCrowd(options);
  /** What has days of its own that begin later is no matter of the frontier's. */
  const isDue = (coverage: Coverage, movieId: number): boolean => {
    const { since } = coverage.at(movieId) ?? { since: start };
    return since > start && since <= end && !crowd.left.has(movieId);
  };
  const nextMovie = (coverage: Coverage, now: number): WindowTask | null => {
    const next = crowd.next(coverage, start, now);
    if (next !== null || !walk.isDone()) return next;
    for (const movieId of walk.ids) if (isDue(coverage, movieId)) crowd.add(movieId);
    return crowd.next(coverage, start, now);
  };
  return {
    ...{ start, end, crowd, walk },
    next: (coverage: Coverage, now: number): WindowTask => {
      if (settledAt > now) return { until: settledAt };
      const page = walk.next(now);
      if ('page' in page) return { list: page };
      const movie = nextMovie(coverage, now);
      if (movie === null) return walk.isDone() ? { isOver: true } : page;
      return 'until' in movie ? { until: Math.min(movie.until, page.until) } : movie;
    },
    listed: (coverage: Coverage, answer: ListAnswer, now: number): void => {
      for (const movieId of walk.listed(answer, now)) if (isDue(coverage, movieId)) crowd.add(movieId);
    },
    listFailed: ({ isOver, isFinal = false, now }: Failure): void => {
      if (isFinal) walk.cut();
      else if (!isOver) walk.failed(now);
    },
    reopen: (): void => {
      walk.reopen();
      crowd.reopen();
    },
  };
};
export type BackfillWindow = ReturnType<typeof makeWindow>;

/**
 * The frontier goes back over a window. A movie that could not be read keeps its own days, so that the frontier does not
 * speak for it; null while one of those is in the pipeline.
 */
export const moveSince = (
  coverage: Coverage,
  { start, end, walk }: BackfillWindow,
  isBusy: (movieId: number) => boolean,
): Change | null => {
  const frontier = coverage.frontier();
  const hasOwn = (movieId: number): boolean => (coverage.record(movieId)?.since ?? null) !== null;
  const left = [...walk.ids].filter((movieId) => !hasOwn(movieId));
  if (frontier?.since !== end || left.some(isBusy)) return null;
  return {
    frontier: { since: start, through: frontier.through, ...(isFresh(frontier) ? { fresh: true } : {}) },
    movies: left.flatMap((movieId) => {
      const at = coverage.at(movieId);
      return at === undefined ? [] : [[movieId, at]];
    }),
  };
};

/** What of a record the frontier does not say; null where that is nothing. */
const restOf = (coverage: Coverage, movieId: number, { through }: Frontier) => {
  const { from = null, seen = [] } = coverage.record(movieId) ?? {};
  return (from === null || from === through) && seen.length === 0 ? null : { since: null, from, seen };
};

/**
 * Records of which `since` is the frontier's by now: what the frontier says is left out, some at a time. A null: only
 * movies in the pipeline are left, and each next one looks at those again.
 */
export const trimSince = function* (
  coverage: Coverage,
  isBusy: (movieId: number) => boolean,
): Generator<Change | null, undefined> {
  const waiting: number[] = [];
  const trim = (movieId: number): Change['movies'][number] | null => {
    const frontier = coverage.frontier();
    if (frontier === null || coverage.record(movieId)?.since !== frontier.since) return null;
    if (!isBusy(movieId)) return [movieId, restOf(coverage, movieId, frontier)];
    waiting.push(movieId);
    return null;
  };
  yield* chunksOf(coverage.records(), ([movieId]) => trim(movieId));
  while (waiting.length > 0) {
    yield null;
    yield* chunksOf(waiting.splice(0), trim);
  }
};
