import type { Coverage } from '../coverage.ts';
import { startOf, type Day } from '../time.ts';

export interface CrowdOptions {
  readonly overlapMs: number;
  /** Whether a movie is in the pipeline already, whoever asked. */
  readonly isBusy: (movieId: number) => boolean;
}

/** What came of a movie that was not brought to its day. */
export interface Failure {
  /** The session is over, and it is no fault of the movie. */
  readonly isOver: boolean;
  /** No later attempt will be answered otherwise. */
  readonly isFinal?: boolean;
  readonly now: number;
}

/** A movie that is in the pipeline already is tried again after so many ms; so is one that cannot be read. */
const busyMs = 500;
const failedMs = 60_000;
/** After an answer from before its days were settled: a copy, which a cache may keep for a day. */
const copyMs = 600_000;
/** One that cannot be read is left after so many attempts, but none is counted while TMDB answers nobody. */
const mostTries = 3;
const illAfter = 20;

const makeState = (options: CrowdOptions) => ({
  ...options,
  ready: [] as number[],
  later: new Map<number, number>(),
  /** What was published of those in the pipeline when they were asked. */
  underWay: new Map<number, Day>(),
  tries: new Map<number, number>(),
  /** Those that could not be read, and whether they are gone for good. */
  left: new Map<number, boolean>(),
  streak: 0,
  wakesAt: Infinity,
});
type State = ReturnType<typeof makeState>;

const wait = (state: State, movieId: number, until: number): void => {
  state.later.set(movieId, until);
  state.wakesAt = Math.min(state.wakesAt, until);
};

const wake = (state: State, now: number): void => {
  if (state.wakesAt > now) return;
  state.wakesAt = Infinity;
  for (const [movieId, until] of state.later) {
    if (until > now) state.wakesAt = Math.min(state.wakesAt, until);
    else if (state.later.delete(movieId)) state.ready.push(movieId);
  }
};

const fail = (state: State, movieId: number, { isOver, isFinal = false, now }: Failure): void => {
  const { underWay, tries, left } = state;
  underWay.delete(movieId);
  if (!isOver) state.streak += 1;
  const count = (tries.get(movieId) ?? 0) + (isOver || state.streak > illAfter ? 0 : 1);
  tries.set(movieId, count);
  if (isFinal || count >= mostTries) left.set(movieId, isFinal);
  else wait(state, movieId, isOver ? now : now + failedMs);
};

/** Movies that are brought back to a day, window by window, each once in the pipeline at a time. */
export const makeCrowd = (options: CrowdOptions) => {
  const state = makeState(options);
  const { later, underWay, tries, left, isBusy, overlapMs } = state;
  return {
    left: left as ReadonlyMap<number, boolean>,
    add: (movieId: number): void => void state.ready.push(movieId),
    /** The next one, or when there may be one; null: all are there, or left. */
    next: (coverage: Coverage, to: Day, now: number): { movieId: number } | { until: number } | null => {
      wake(state, now);
      for (let movieId = state.ready.pop(); movieId !== undefined; movieId = state.ready.pop()) {
        const { since } = coverage.at(movieId) ?? { since: to };
        const settledAt = startOf(since) + overlapMs;
        if (since <= to || left.has(movieId) || underWay.has(movieId)) continue;
        if (isBusy(movieId)) wait(state, movieId, now + busyMs);
        else if (settledAt > now) wait(state, movieId, settledAt);
        else return { movieId };
      }
      return underWay.size + later.size > 0 ? { until: state.wakesAt } : null;
    },
    give: (movieId: number, since: Day): void => void underWay.set(movieId, since),
    /** It was polled, and the coverage says what came of it. */
    polled: (movieId: number, since: Day, now: number): void => {
      const before = underWay.get(movieId) ?? since;
      underWay.delete(movieId);
      tries.delete(movieId);
      state.streak = 0;
      if (since < before) state.ready.push(movieId);
      else wait(state, movieId, now + copyMs);
    },
    failed: (movieId: number, how: Failure): void => fail(state, movieId, how),
    /** A new session: what was under way is asked again. */
    reopen: (): void => {
      state.ready.push(...underWay.keys(), ...later.keys());
      for (const each of [underWay, later]) each.clear();
      state.wakesAt = Infinity;
    },
  };
};
export type Crowd = ReturnType<typeof makeCrowd>;
