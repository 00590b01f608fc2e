// Movies that have changed within an overlap of 48 hours, by rank.
import { addDays, dayOf, startOf } from './build.ts';

/** The hottest film had 1,100 items in three days; the others follow as in freshness.ts. */
export const itemsOf = (rank: number): number => Math.max(1, Math.round(33_000 / (rank + 30)));

/** The oldest day that is open. */
export const openDay = (): string => addDays(dayOf(Date.now()), -2);

/** A moment of the open days for each item, in ms. */
export const timesOf = (rank: number, random: () => number): number[] => {
  const [from, now] = [startOf(openDay()), Date.now()];
  return Array.from({ length: itemsOf(rank) }, () => from + random() * (now - from));
};
