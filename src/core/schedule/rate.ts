import { dayMs } from '../time.ts';

/** What was seen of a movie, and for how long it was watched: both fade to a half within a day. */
export interface Rate {
  readonly items: number;
  readonly watchedMs: number;
  readonly at: number;
}

/** An answer with so many new items. The first one says how much was new, not since when. */
export const observe = (rate: Rate | null, items: number, now: number): Rate => {
  if (rate === null) return { items, watchedMs: 0, at: now };
  const kept = 2 ** (-(now - rate.at) / dayMs);
  const watchedMs = rate.watchedMs * kept + (dayMs / Math.LN2) * (1 - kept);
  return { items: rate.items * kept + items, watchedMs, at: now };
};

/** √λ with λ = (1 + items seen) ÷ (1 day + time watched) changes per ms. */
export const rootOf = (rate: Rate | null): number =>
  Math.sqrt((1 + (rate?.items ?? 0)) / (dayMs + (rate?.watchedMs ?? 0)));

/** The root of one change a day. */
export const rootOfOneADay = Math.sqrt(1 / dayMs);
