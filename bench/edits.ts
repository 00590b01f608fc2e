// A world of edits on virtual time: who is edited when, what TMDB's lists name, and how old its answers are.
import { makeRandom, type ListAnswer } from './build.ts';

export const dayMs = 86_400_000;
const changedPerDay = 12_000;
const copyMs = 600_000;

export interface WorldOptions {
  readonly movies: number;
  readonly days: number;
  /** Edits that come in a row, a minute apart. */
  readonly burst: number;
  /** Whether answers are copies, ten minutes old at most. */
  readonly isCached: boolean;
}

/** A prime above the million: every rank has an id of its own, and no order is left. */
const prime = 1_000_003;
export const idOf = (rank: number): number => ((rank * 611_953) % prime) + 1;

/** Rates 1 ÷ (rank + 30), scaled so that so many different movies change in a day; running sums, in changes a day. */
const ratesOf = (movies: number): Float64Array => {
  const changed = (scale: number): number => {
    let sum = 0;
    for (let rank = 0; rank < movies; rank++) sum -= Math.expm1(-scale / (rank + 30));
    return sum;
  };
  let [low, high] = [0, 1e6];
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    [low, high] = changed(middle) < changedPerDay ? [middle, high] : [low, middle];
  }
  const sums = new Float64Array(movies);
  for (let rank = 0, sum = 0; rank < movies; rank++) sums[rank] = sum += low / (rank + 30);
  return sums;
};

/** How many of sorted values are at most `value`. */
export const countUpTo = (values: ArrayLike<number>, value: number): number => {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const editsOf = ({ movies, days, burst }: WorldOptions, random: () => number): Map<number, number[]> => {
  const sums = ratesOf(movies);
  const total = sums[movies - 1] ?? 0;
  const edits = new Map<number, number[]>();
  for (let at = 0; at < days * dayMs; at -= (Math.log(1 - random()) / total) * dayMs) {
    const id = idOf(countUpTo(sums, random() * total));
    const times = edits.get(id) ?? [];
    if (times.length === 0) edits.set(id, times);
    for (let nth = 0; nth < burst; nth++) times.push(Math.floor(at) + nth * 60_000);
  }
  for (const times of edits.values()) times.sort((a, b) => a - b);
  return edits;
};

interface List {
  readonly ids: number[];
  readonly times: number[];
}

/** Each day's movies in the order of their first edit of the day. */
const listsOf = (edits: ReadonlyMap<number, readonly number[]>): Map<number, List> => {
  const firsts = [...edits].flatMap(([id, times]) => {
    const days = new Map<number, number>();
    for (const at of times.toReversed()) days.set(Math.floor(at / dayMs), at);
    return [...days].map(([day, at]) => ({ id, day, at }));
  });
  const lists = new Map<number, List>();
  for (const { id, day, at } of firsts.sort((a, b) => a.at - b.at)) {
    const list = lists.get(day) ?? { ids: [], times: [] };
    lists.set(day, list);
    list.ids.push(id);
    list.times.push(at);
  }
  return lists;
};

export const makeWorld = (options: WorldOptions) => {
  const edits = editsOf(options, makeRandom(11));
  const lists = listsOf(edits);
  /** Each address has its copy renewed every ten minutes, at a moment of its own. */
  const takenOf = (address: number, now: number): number => {
    if (!options.isCached) return now;
    const phase = (address * 48_271) % copyMs;
    return Math.floor((now - phase) / copyMs) * copyMs + phase;
  };
  return {
    ...options,
    edits,
    takenOf,
    count: (): number => [...edits.values()].reduce((sum, times) => sum + times.length, 0),
    /** Movies, each as often as a day's list names it. */
    listed: (): number => [...lists.values()].reduce((sum, { ids }) => sum + ids.length, 0),
    expiresAt: (taken: number): number | null => (options.isCached ? taken + copyMs : null),
    list: ({ day, page }: { readonly day: number; readonly page: number }, now: number): ListAnswer => {
      const { ids, times } = lists.get(day) ?? { ids: [], times: [] };
      const taken = takenOf(7919 * day + page, now);
      const results = countUpTo(times, taken);
      const rows = ids.slice(100 * (page - 1), Math.min(100 * page, results));
      return { ids: rows, results, pages: Math.max(1, Math.ceil(results / 100)), taken };
    },
  };
};
export type World = ReturnType<typeof makeWorld>;

/** Edit → the first answer that shows it. */
export const makeLedger = (world: World, isWatched: (id: number) => boolean) => {
  const seen = new Map<number, number>();
  const delays: number[] = [];
  let requests = 0;
  const due = [...world.edits].reduce((sum, [id, times]) => sum + (isWatched(id) ? times.length : 0), 0);
  return {
    due,
    isDone: (): boolean => delays.length === due,
    ask: (): void => {
      requests++;
    },
    /** What an answer of a movie shows at `now`. */
    poll: (id: number, now: number) => {
      const times = world.edits.get(id) ?? [];
      const taken = world.takenOf(id, now);
      const before = seen.get(id) ?? 0;
      let count = before;
      for (let at = times[count]; at !== undefined && at <= taken; at = times[++count]) delays.push(now - at);
      seen.set(id, count);
      return { taken, items: count - before, newestAt: times[count - 1] ?? null, expiresAt: world.expiresAt(taken) };
    },
    sum: () => {
      const sorted = Float64Array.from(delays).sort();
      const at = (part: number): number => (sorted[Math.floor(part * sorted.length)] ?? NaN) / 1000;
      const mean = sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length / 1000;
      return { mean, median: at(0.5), p95: at(0.95), requests, delivered: sorted.length, due };
    },
  };
};
export type Summary = ReturnType<ReturnType<typeof makeLedger>['sum']>;
