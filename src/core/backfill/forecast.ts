import { takeDays } from '../checkpoint.ts';
import type { Extent } from './extent.ts';
import type { ListAnswer } from '../schedule/planned.ts';
import { lastPage } from '../schedule/day-list.ts';
import { isTooLong } from './range-walk.ts';
import { addDays, daysIn, laterOf, type Day } from '../time.ts';

export interface Forecast {
  readonly windows: number;
  readonly requests: number;
  /** How many of them ask for lists. */
  readonly pages: number;
}

/** How many lists are looked at: the first page of each. */
const samples = 5;

interface Span {
  readonly start: Day;
  readonly end: Day;
}

/** The windows from a day back to another one, the latest first. */
export const spansOf = (to: Day, since: Day): Span[] => {
  const spans: Span[] = [];
  for (let end = since; end > to; end = addDays(end, -takeDays))
    spans.push({ start: laterOf(to, addDays(end, -takeDays)), end });
  return spans;
};

/** Which of the windows are looked at: the first, the last, and some between. */
export const sampled = (count: number): number[] => {
  const most = Math.min(samples, count);
  return Array.from({ length: most }, (_, nth) => (most === 1 ? 0 : Math.round((nth * (count - 1)) / (most - 1))));
};

/** What the first page of a window's list says of its cost; null: the list is too long, and half as many days are to be asked. */
export const costOf = (span: Span, answer: ListAnswer) => {
  if (isTooLong(answer) && daysIn(span) > 1) return null;
  const named = new Set(answer.ids.filter((id) => id !== null)).size;
  const pages = Math.min(answer.pages, lastPage);
  const rows = isTooLong(answer) ? lastPage * answer.ids.length : answer.results;
  const movies = answer.ids.length === 0 ? 0 : (rows * named) / answer.ids.length;
  const days = daysIn(span);
  return { windows: 1 / days, pages: Math.max(1, pages) / days, movies: movies / days };
};
export type Cost = NonNullable<ReturnType<typeof costOf>>;

const between = (costs: readonly (readonly [at: number, cost: Cost])[], at: number): Cost => {
  const none = { windows: 0, pages: 0, movies: 0 };
  const after = costs.findIndex(([place]) => place >= at);
  const [right, cost] = costs[after] ?? costs.at(-1) ?? [0, none];
  const [left, before] = costs[after - 1] ?? [right, cost];
  const share = right === left ? 0 : (at - left) / (right - left);
  const mix = (a: number, b: number): number => a + (b - a) * share;
  return {
    windows: mix(before.windows, cost.windows),
    pages: mix(before.pages, cost.pages),
    movies: mix(before.movies, cost.movies),
  };
};

/** The whole from some of the windows, each cost per day. */
export const forecastOf = (
  { movieWindows, reopened }: Extent,
  spans: readonly Span[],
  costs: readonly (readonly [at: number, cost: Cost])[],
): Forecast => {
  const all = spans.map((span, at) => ({ days: daysIn(span), ...between(costs, at) }));
  const sum = (value: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + value(one) * one.days, 0);
  const pages = Math.round(sum((one) => one.pages));
  const movies = Math.round(sum((one) => one.movies)) + movieWindows + reopened;
  return { windows: Math.round(sum((one) => one.windows)) + movieWindows, requests: pages + movies, pages };
};
