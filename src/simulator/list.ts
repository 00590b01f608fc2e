import { startOf } from '../core/time.ts';
import { lastPage, type Window } from './rules.ts';
import type { Entry } from './world.ts';

interface Row {
  readonly id: number | null;
  readonly adult: boolean | null;
  readonly softcore: boolean | null;
}

const pageSize = 100;

const rowOf = (id: number): Row => ({ id, adult: false, softcore: false });
const nobody: Row = { id: null, adult: null, softcore: null };

/** A number without an order, the same each time: rows that changed places while they are paged could never all be read. */
const mixed = (id: number): number => Math.imul(id ^ (id >>> 16), 0x45d9f3b) >>> 0;

/** What TMDB's list has done to its rows, in the order in which they are done here. */
const twists = {
  /** In no order, as in 2020–22. */
  unordered: (rows) => rows.toSorted((a, b) => mixed(a.id ?? 0) - mixed(b.id ?? 0)),
  /** More pages than TMDB answers: movies without a change follow. */
  endless: (rows) => [
    ...rows,
    ...Array.from({ length: Math.max(0, lastPage * pageSize + 50 - rows.length) }, (_, place) => rowOf(1e9 + place)),
  ],
  nullAdult: (rows) => rows.map((row) => ((row.id ?? 0) % 3 === 0 ? { ...row, adult: null, softcore: null } : row)),
  /** Rows of no movie, between the others. */
  nullIds: (rows) => rows.flatMap((row, place) => (place % 40 === 0 ? [nobody, row] : [row])),
  /** The last row of a page is also the first of the next. */
  repeated: (rows) => rows.flatMap((row, place) => (place > 0 && place % (pageSize - 1) === 0 ? [row, row] : [row])),
} as const satisfies Readonly<Record<string, (rows: readonly Row[]) => readonly Row[]>>;

/** moving: the totals are others on each page. overlong: everything on each page, under false counters, as in 2019–22. */
export const quirkNames = ['unordered', 'endless', 'nullAdult', 'nullIds', 'repeated', 'moving', 'overlong'] as const;
export type Quirk = (typeof quirkNames)[number];

interface Shown {
  readonly rows: readonly Row[];
  /** It is the same for every instant in `[from, until)`, ms, as long as no entry is added. */
  readonly from: number;
  readonly until: number;
  readonly entries: number;
}

export interface Asking extends Window {
  readonly now: number;
  readonly page: number;
  readonly quirks: readonly Quirk[];
}

/** Each movie that changed in the window, oldest first change first: TMDB's order since 2023. */
const show = (entries: readonly Entry[], { start, end, now, quirks }: Asking): Shown => {
  const [first, last] = [startOf(start), startOf(end)];
  const changed = new Map<number, number>();
  let [from, until] = [-Infinity, Infinity];
  for (const { movieId, at, visibleAt } of entries) {
    if (at < first || at >= last) continue;
    if (visibleAt > now) until = Math.min(until, visibleAt);
    else {
      from = Math.max(from, visibleAt);
      changed.set(movieId, Math.min(at, changed.get(movieId) ?? Infinity));
    }
  }
  const sorted = [...changed].sort(([, a], [, b]) => a - b).map(([id]) => rowOf(id));
  const rows = Object.entries(twists)
    .filter(([name]) => quirks.some((quirk) => quirk === name))
    .reduce((before: readonly Row[], [, twist]) => twist(before), sorted);
  return { rows, from, until, entries: entries.length };
};

const pageOf = (rows: readonly Row[], { page, quirks }: Asking) => {
  if (quirks.includes('overlong')) return { results: rows, page: 1, total_pages: 1, total_results: 1 };
  const total = rows.length + (quirks.includes('moving') ? (page * 3) % 4 : 0);
  const results = rows.slice((page - 1) * pageSize, page * pageSize);
  return { results, page, total_pages: Math.ceil(total / pageSize), total_results: total };
};

/** TMDB's list of the movies that changed in `[start, end)`, a page of it. A walk over its pages works it out once. */
export const makeListOf = (entries: readonly Entry[]) => {
  const known = new Map<string, Shown>();
  return (asking: Asking) => {
    const name = [asking.start, asking.end, ...asking.quirks].join(' ');
    const found = known.get(name);
    if (found?.entries === entries.length && asking.now >= found.from && asking.now < found.until)
      return pageOf(found.rows, asking);
    if (known.size === 20) known.clear();
    const shown = show(entries, asking);
    known.set(name, shown);
    return pageOf(shown.rows, asking);
  };
};
