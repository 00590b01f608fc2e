import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makePlan, needsLists, type Plan } from '../../../src/core/plan.ts';
import type { ListAnswer, ListPage, MovieAnswer, Next, PlanOptions } from '../../../src/core/planned.ts';
import { addDays, dayMs, dayOf, startOf } from '../../../src/core/time.ts';

const day = '2026-03-10';
const midnight = startOf(day);
const noon = midnight + dayMs / 2;
const second = 1000;
const minute = 60_000;
const hour = 60 * minute;

const options: PlanOptions = {
  requestsPerSecond: 20,
  intervalMs: 15 * minute,
  overlapMs: 0,
  watched: 'all',
  hasLists: true,
};
const planOf = (some: Partial<PlanOptions> = {}): Plan => makePlan({ ...options, ...some });

const pageOf = (ids: readonly (number | null)[], page: number, taken: number | null): ListAnswer => ({
  ids: ids.slice(100 * (page - 1), 100 * page),
  pages: Math.max(1, Math.ceil(ids.length / 100)),
  results: ids.length,
  taken,
});
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const nothing = (taken: number | null): MovieAnswer => ({ taken, items: 0, newestAt: null, expiresAt: null });

type Lists = Record<string, readonly (number | null)[]>;
/** Answers all pages that are due, until something else is. */
const readLists = (plan: Plan, lists: Lists, now: number): { asked: ListPage[]; then: Next } => {
  const asked: ListPage[] = [];
  for (;;) {
    const next = plan.next(now);
    if (!('list' in next)) return { asked, then: next };
    asked.push(next.list);
    plan.listed(next.list, pageOf(lists[next.list.day] ?? [], next.list.page, now), now);
  }
};
const movieOf = (next: Next): number | null => ('movieId' in next ? next.movieId : null);

interface World {
  readonly lists: Lists;
  readonly answer?: (movieId: number, now: number) => MovieAnswer;
}
/** Runs with answers at once, a request every so many ms, and tells what was asked when. */
const run = (
  plan: Plan,
  { lists, answer }: World,
  { from, to, everyMs = 50 }: { from: number; to: number; everyMs?: number },
) => {
  const polls: { movieId: number; at: number }[] = [];
  const pages: { day: string; page: number; at: number }[] = [];
  for (let now = from; now < to;) {
    const next = plan.next(now);
    if ('until' in next) {
      now = Math.max(now + 1, next.until);
      continue;
    }
    if ('list' in next) {
      pages.push({ ...next.list, at: now });
      plan.listed(next.list, pageOf(lists[next.list.day] ?? [], next.list.page, now), now);
    } else {
      polls.push({ movieId: next.movieId, at: now });
      plan.polled(next.movieId, answer?.(next.movieId, now) ?? nothing(now), now);
    }
    now += everyMs;
  }
  return { polls, pages };
};
const timesOf = (polls: readonly { movieId: number; at: number }[], movieId: number): number[] =>
  polls.filter((poll) => poll.movieId === movieId).map(({ at }) => at);
/** A plan that has read the list of the day, and polled what it named. */
const begun = (ids: readonly number[], some: Partial<PlanOptions> = {}, answer?: World['answer']): Plan => {
  const plan = planOf(some);
  run(plan, { lists: { [day]: ids }, ...(answer && { answer }) }, { from: noon, to: noon + 9 * second, everyMs: 1 });
  return plan;
};

describe('looking', () => {
  it('asks for the end alone, and for what comes behind it while there is more', () => {
    const plan = begun(range(1, 251));
    expect(readLists(plan, { [day]: range(1, 260) }, noon + 30 * second).asked).toEqual([{ day, page: 3 }]);
    const long = readLists(plan, { [day]: range(1, 460) }, noon + minute);
    expect(long.asked).toEqual([3, 4, 5].map((page) => ({ day, page })));
  });

  it('begins behind a full page', () => {
    const plan = begun(range(1, 301));
    expect(readLists(plan, { [day]: range(1, 301) }, noon + 30 * second).asked).toEqual([{ day, page: 4 }]);
  });

  it.each([
    [20, 10],
    [12_000, 30],
    [900_000, 600],
  ])('%s candidates are looked for every %s seconds', (count, seconds) => {
    const plan = planOf({ requestsPerSecond: 20 });
    const ids = range(1, Math.min(count, 49_900) + 1);
    // Each stays to be asked: nothing is answered.
    const slow = count > 50_000 ? planOf({ requestsPerSecond: 1 }) : plan;
    for (const page of range(1, Math.ceil(ids.length / 100) + 1)) {
      const next = nextList(slow, noon);
      expect(next).toEqual({ day, page });
      slow.listed(next, pageOf(ids, page, noon), noon);
    }
    const looks = until(slow, noon, (next) => 'list' in next);
    expect(looks).toBeGreaterThanOrEqual(noon + (seconds - 1) * second);
    expect(looks).toBeLessThanOrEqual(noon + (seconds + 1) * second);
  });

  it.each([
    ['a new one at the front', [999, ...range(1, 250)], [3, 1, 2, 3]],
    [
      'a new one in the last page, before one that was known',
      [...range(1, 245), 999, ...range(245, 250)],
      [3, 1, 2, 3],
    ],
    ['one that is gone', range(2, 250), [3, 1, 2, 3]],
    ['only new ones behind', range(1, 255), [3]],
    ['a row without an id behind', [...range(1, 250), null], [3]],
  ])('%s: the whole is walked, or not', (_what, ids, pages) => {
    const plan = begun(range(1, 250));
    const at = noon + 10 * minute; // the last walk is no longer near
    const { pages: asked } = run(plan, { lists: { [day]: ids } }, { from: at, to: at + 9 * second });
    expect(asked.map(({ page }) => page)).toEqual(pages);
    expect(plan.listedLast(999)).toBe(ids.includes(999) ? day : null);
  });

  it('walks the whole every half hour, whatever the end shows', () => {
    const plan = planOf();
    const { pages } = run(plan, { lists: { [day]: range(1, 250) } }, { from: noon, to: noon + 95 * minute });
    expect(pages.filter(({ page }) => page === 1).map(({ at }) => Math.round((at - noon) / minute))).toEqual([
      0, 30, 60, 90,
    ]);
  });

  it('walks that a disordered list gives cause for take a twentieth of the budget', () => {
    const plan = planOf({ requestsPerSecond: 4 });
    const ids = range(1, 2001);
    let asked = 0;
    const lists = {
      // With each minute or so another one in front.
      get [day]() {
        return [...range(100_000, 100_000 + Math.floor(asked++ / 100)).reverse(), ...ids];
      },
    };
    const { pages } = run(plan, { lists }, { from: noon, to: noon + 3 * hour, everyMs: 250 });
    const walks = pages.filter(({ page }) => page === 1).length;
    expect(walks).toBeGreaterThan(20); // every half hour would be 7
    expect(walks).toBeLessThan((2 * 10_800) / (20 / (4 * 0.05))); // each once more, for its total grew meanwhile
  });

  it('walks yesterday once more after midnight, until the walk shows its end', () => {
    const plan = begun([1], { overlapMs: dayMs });
    const end = midnight + dayMs;
    const walks: number[] = [];
    for (let now = end; now < end + hour; now += second) {
      const next = plan.next(now);
      if ('movieId' in next) plan.polled(next.movieId, nothing(now), now);
      if (!('list' in next)) continue;
      if (next.list.day === addDays(day, -1)) throw new Error('closed already');
      if (next.list.day === day) walks.push(now - end);
      plan.listed(next.list, pageOf(next.list.day === day ? [1, 2] : [], 1, now - 10 * minute), now);
    }
    expect(walks).toHaveLength(2); // the first was a copy of ten minutes before
    expect(walks[1]).toBeGreaterThanOrEqual(10 * minute);
    expect(plan.listedLast(2)).toBe(day);
  });

  it('asks a page that failed again, later each time', () => {
    const plan = planOf();
    const times: number[] = [];
    for (let now = noon; now < noon + 5 * minute; now += second) {
      const next = plan.next(now);
      if (!('list' in next)) continue;
      times.push((now - noon) / second);
      plan.listFailed(next.list, now);
    }
    expect(times).toEqual([0, 10, 30, 70, 150]);
  });

  it('pages of one day come one at a time', () => {
    const plan = planOf();
    expect(plan.next(noon)).toEqual({ list: { day, page: 1 } });
    expect(plan.next(noon)).toHaveProperty('until');
  });

  it('a list whose rows all come on page 1 is reported once, and read whole', () => {
    const plan = planOf();
    const next = nextList(plan, noon);
    expect(plan.listed(next, { ids: range(1, 2688), pages: 1, results: 1, taken: noon }, noon)).toBe('OVERLONG');
    expect(plan.counts().candidates).toBe(2687);
    run(plan, { lists: {} }, { from: noon, to: noon + 5 * second, everyMs: 1 });
    const again = nextList(plan, noon + minute);
    expect(again.page).toBe(1);
    expect(plan.listed(again, { ids: range(1, 2689), pages: 1, results: 1, taken: noon }, noon + minute)).toBeNull();
    expect(plan.counts().candidates).toBe(2688);
  });

  it('a list that goes on behind page 500 is reported once, and page 501 is not asked for', () => {
    const plan = planOf();
    const remarks: (string | null)[] = [];
    const pages: number[] = [];
    for (;;) {
      const next = plan.next(noon);
      if ('until' in next) break;
      if (!('list' in next)) continue;
      pages.push(next.list.page);
      remarks.push(plan.listed(next.list, { ids: [next.list.page], pages: 501, results: 50_100, taken: noon }, noon));
    }
    expect(pages).toEqual(range(1, 501));
    expect(remarks.filter((remark) => remark !== null)).toEqual(['CUT']);
  });
});

const nextList = (plan: Plan, now: number): ListPage => {
  for (;;) {
    const next = plan.next(now);
    if ('list' in next) return next.list;
    if ('until' in next) throw new Error('no list is due');
  }
};
/** When the first answer of a kind comes. */
const until = (plan: Plan, from: number, isIt: (next: Next) => boolean): number => {
  for (let now = from; ;) {
    const next = plan.next(now);
    if (isIt(next)) return now;
    if ('until' in next) now = Math.max(now + 1, next.until);
  }
};
void addDays;
void dayOf;
void fc;
void needsLists;
void movieOf;
void timesOf;
