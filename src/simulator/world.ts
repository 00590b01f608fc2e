import type { Json } from '../core/json.ts';
import { dayOf, startOf } from '../core/time.ts';

/** One change as TMDB holds it. Times in ms since 1970; it is shown from `visibleAt` on. */
export interface Entry {
  readonly movieId: number;
  readonly key: string;
  readonly item: Json;
  readonly at: number;
  readonly visibleAt: number;
}

/** A number in [0, 1) for each call, the same row for the same seed (mulberry32). */
export const makeRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** TMDB's answer about `[start, end)`, days in UTC, as it is at `now`: groups in the order in which they began. */
export const answerOf = (
  entries: readonly Entry[],
  movieId: number,
  { start, end, now }: { start: string; end: string; now: number },
) => {
  const shown = entries.filter(
    (entry) =>
      entry.movieId === movieId && entry.visibleAt <= now && entry.at >= startOf(start) && entry.at < startOf(end),
  );
  const groups = Map.groupBy(shown, ({ key }) => key);
  return { changes: [...groups].map(([key, all]) => ({ key, items: all.map(({ item }) => item) })) };
};

/** The window of a request without dates: since about 2023 from yesterday's midnight to now. */
export const defaultWindow = (now: number): { start: string; end: string } => ({
  start: dayOf(now - 86_400_000),
  end: dayOf(now + 86_400_000),
});
