import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makePlan, needsLists } from '../../../../src/core/schedule/plan.ts';
import type {
  Plan,
  ListAnswer,
  ListPage,
  MovieAnswer,
  Next,
  PlanOptions,
} from '../../../../src/core/schedule/planned.ts';
import { addDays, dayMs, dayOf, startOf } from '../../../../src/core/time.ts';

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
    [20, 20, 10],
    [12_000, 20, 30],
    [14_000, 1, 600],
  ])('%s candidates at %s requests/s: the end is looked at every %s seconds', (count, requestsPerSecond, seconds) => {
    const plan = planOf({ requestsPerSecond });
    const ids = range(0, count);
    for (const page of range(1, Math.ceil(count / 100) + 1)) {
      const next = nextList(plan, noon); // what movies it gives meanwhile is not answered
      expect(next).toEqual({ day, page });
      plan.listed(next, pageOf(ids, page, noon), noon);
    }
    const lookAt = until(plan, noon, (next) => 'list' in next);
    expect(lookAt).toBeGreaterThanOrEqual(noon + (seconds - 1) * second);
    expect(lookAt).toBeLessThanOrEqual(noon + (seconds + 1) * second);
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
    const ids = range(1, 4001);
    let asked = 0;
    const lists = {
      // With every fifth answer another one in front.
      get [day]() {
        return [...range(100_000, 100_000 + Math.floor(asked++ / 5)).reverse(), ...ids];
      },
    };
    const { pages } = run(plan, { lists }, { from: noon, to: noon + 3 * hour, everyMs: 250 });
    const walks = pages.filter(({ page }) => page === 1).length;
    expect(walks).toBeGreaterThan(20); // every half hour would be 7
    expect(walks).toBeLessThan(65); // 40 pages are a twentieth of the budget every 200 s
  });

  it('walks yesterday once more after midnight, until the walk shows its end', () => {
    const plan = begun([1], { overlapMs: dayMs });
    const end = midnight + dayMs;
    const walks: number[] = [];
    for (let now = end; now < end + hour; now += second) {
      const next = plan.next(now);
      if ('movieId' in next) plan.polled(next.movieId, nothing(now), now);
      if (!('list' in next)) continue;
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

  it.each([5, minute, 3 * hour])(
    'a clock that is set back by %i ms over midnight looks at the day as before',
    (backMs) => {
      const plan = planOf();
      const midnight = noon + 12 * hour;
      run(plan, { lists: { [day]: range(1, 300) } }, { from: noon, to: midnight + 3, everyMs: 50 });
      const from = midnight + 3 - backMs;
      const { pages } = run(plan, { lists: { [day]: range(1, 350) } }, { from, to: midnight + hour, everyMs: 50 });
      const looks = pages.filter((page) => page.day === day && page.at < midnight);
      expect(looks.length).toBeGreaterThan(Math.max(0, (backMs - 2 * minute) / (2 * minute)));
      const after = pages.filter((page) => page.day === dayOf(midnight) && page.at >= midnight);
      expect(after.length).toBeGreaterThan(30);
    },
  );

  it.each([
    ['in the middle', 2],
    ['at the end', 4],
    ['at the start', 1],
  ])('a page that cannot be read hides none behind it, and proves nothing: %s', (_, broken) => {
    const plan = planOf();
    const ids = range(1, 351);
    const isHidden = (id: number): boolean => Math.ceil(id / 100) === broken;
    const healedAt = noon + 3 * dayMs;
    let [now, failedAt] = [noon, -Infinity];
    const polled = new Set<number>();
    while (now < healedAt) {
      const next = plan.next(now);
      if ('until' in next) now = Math.min(healedAt, Math.max(now + 1, next.until));
      else if ('movieId' in next) {
        polled.add(next.movieId);
        plan.polled(next.movieId, nothing(now), now);
      } else if (next.list.page === broken && next.list.day === day) {
        expect(now - failedAt).toBeGreaterThanOrEqual(10_000);
        failedAt = now;
        plan.listFailed(next.list, now);
      } else plan.listed(next.list, pageOf(next.list.day === day ? ids : [], next.list.page, now), now);
    }
    expect(healedAt - failedAt).toBeLessThan(20 * minute);
    if (broken > 1) expect([...polled].sort((a, b) => a - b)).toEqual(ids.filter((id) => !isHidden(id)));
    expect([plan.isRead(day), plan.walked(day)]).toEqual([false, null]); // the frontier stays
    run(plan, { lists: { [day]: ids } }, { from: healedAt, to: healedAt + 90 * minute, everyMs: 50 });
    expect([plan.isRead(day), plan.walked(day)?.size]).toEqual([true, ids.length]);
  });

  it('after an outage, however long, each list is asked for within ten minutes', () => {
    const plan = planOf({ overlapMs: 48 * hour });
    const asked = new Map<string, number>();
    for (let now = noon; now < noon + 6 * hour; now += second) {
      const next = plan.next(now);
      if (!('list' in next)) continue;
      expect(now - (asked.get(next.list.day) ?? now)).toBeLessThan(10 * minute + 5 * second);
      asked.set(next.list.day, now);
      plan.listFailed(next.list, now);
    }
    expect(asked.size).toBe(3);
    for (const at of asked.values()) expect(at).toBeGreaterThan(noon + 6 * hour - 10 * minute - 5 * second);
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

describe('order', () => {
  it('new ones come first, in the order of the list', () => {
    const plan = begun(range(1, 60), { intervalMs: 0 });
    const at = noon + 2 * minute; // all that it knows may be asked again
    const { then } = readLists(plan, { [day]: [...range(1, 60), 700, 300, 500] }, at);
    expect([then, plan.next(at), plan.next(at)]).toEqual([700, 300, 500].map((movieId) => ({ movieId })));
  });

  it('a movie is not given while it is under way, and several are', () => {
    const plan = begun([], { intervalMs: 0 });
    const at = noon + 2 * minute;
    expect(readLists(plan, { [day]: [1, 2] }, at).then).toEqual({ movieId: 1 });
    expect(plan.next(at)).toEqual({ movieId: 2 });
    for (const wait of range(0, 600)) expect(movieOf(plan.next(at + wait * second))).toBeNull();
  });

  it('a movie that the list of a new day names is new again, even while it is under way', () => {
    const plan = begun([1, 2], { overlapMs: dayMs });
    const at = midnight + dayMs + minute;
    const tomorrow = addDays(day, 1);
    const { then } = readLists(plan, { [day]: [1, 2], [tomorrow]: [2] }, at);
    expect(then).toEqual({ movieId: 2 });
    expect(plan.listedLast(2)).toBe(tomorrow);
    plan.polled(2, nothing(at - 10 * minute), at); // a copy from before it was listed
    expect(until(plan, at, (next) => movieOf(next) === 2) - at).toBe(minute);
  });

  it('a movie that is listed while it is under way is not given a second time', () => {
    const plan = begun([1], { intervalMs: 0, overlapMs: dayMs });
    const at = midnight + dayMs - second;
    expect(readLists(plan, { [day]: [1] }, at).then).toEqual({ movieId: 1 });
    const lists = { [day]: [1], [addDays(day, 1)]: [1] };
    expect(movieOf(readLists(plan, lists, at + 2 * second).then)).toBeNull();
    expect(plan.listedLast(1)).toBe(addDays(day, 1));
  });

  it('pages of a walk and movies that wait take turns', () => {
    const plan = planOf();
    const { polls, pages } = run(plan, { lists: { [day]: range(0, 3000) } }, { from: noon, to: noon + 2 * second });
    expect(pages).toHaveLength(20);
    expect(polls).toHaveLength(20);
  });

  it('the earliest due comes first: the one that changes more is asked more often, by the root', () => {
    const rates = new Map([[1, 64], [2, 16], [3, 4]]); // prettier-ignore
    const plan = planOf({ intervalMs: 30 * minute });
    const answer = (movieId: number, now: number): MovieAnswer => ({
      ...nothing(now),
      items: ((rates.get(movieId) ?? 0) * 10 * minute) / dayMs, // as if so many came, whenever it is asked
    });
    const { polls } = run(plan, { lists: { [day]: [1, 2, 3, 4] }, answer }, { from: midnight, to: midnight + dayMs });
    const [a = 0, b = 0, c = 0, d = 0] = [1, 2, 3, 4].map((id) => timesOf(polls, id).length);
    expect(d).toBeGreaterThan(20);
    expect(a).toBeGreaterThan(b);
    expect(b).toBeGreaterThan(c);
    expect(c).toBeGreaterThanOrEqual(d);
  });

  it('λ is (1 + items) ÷ (1 day + time watched): due = last + k ÷ √λ', () => {
    const plan = planOf({ intervalMs: hour });
    readLists(plan, { [day]: [1, 2, 3] }, noon);
    plan.polled(1, nothing(noon), noon);
    plan.next(noon);
    plan.polled(2, { ...nothing(noon), items: 3 }, noon);
    plan.next(noon);
    plan.polled(3, { ...nothing(noon), items: 15 }, noon);
    let at = noon;
    for (const [id, after] of [
      [3, hour / 4],
      [2, hour / 2],
      [1, hour],
    ] as const) {
      at = until(plan, at, (next) => movieOf(next) === id);
      expect(at - noon).toBeCloseTo(after, -1);
    }
  });

  it('with nothing due, 0 asks on, the others leave the budget', () => {
    const at = noon + 2 * minute;
    expect(readLists(begun([1], { intervalMs: 0 }), { [day]: [1] }, at).then).toEqual({ movieId: 1 });
    expect(readLists(begun([1]), { [day]: [1] }, at).then).toHaveProperty('until');
  });

  it('k is what the budget gives where the interval asks for more', () => {
    const ids = range(1, 6001);
    const plan = planOf({ requestsPerSecond: 1, intervalMs: minute });
    const { polls, pages } = run(plan, { lists: { [day]: ids } }, { from: noon, to: noon + 4 * hour, everyMs: 1000 });
    expect(polls.length + pages.length).toBeGreaterThan(4 * 3600 * 0.97);
    const counts = ids.filter((id) => id % 100 === 0).map((id) => timesOf(polls, id).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(1); // a round takes 6000 s
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
  });
});

describe('following the editor', () => {
  const edited = (agoMs: number) => (movieId: number, now: number): MovieAnswer => ({ ...nothing(now), newestAt: movieId === 1 ? now - agoMs : null }); // prettier-ignore

  it.each([
    [15 * minute, 60],
    [hour, 95], // hour × √(a day ÷ a minute)
    [12 * hour, 180],
  ])('interval %s: an item younger than three minutes brings the movie back in %s s', (intervalMs, seconds) => {
    const plan = begun([1, 2], { intervalMs }, edited(170 * second));
    const back = until(plan, noon + 10 * second, (next) => movieOf(next) !== null);
    expect(back - noon).toBeGreaterThanOrEqual((seconds - 1) * second);
    expect(back - noon).toBeLessThan((seconds + 1) * second);
  });

  it('it comes before those that are overdue, though not always', () => {
    const plan = begun(range(1, 2001), { intervalMs: 0, requestsPerSecond: 4 }, edited(0));
    const { polls } = run(
      plan,
      { lists: { [day]: range(1, 2001) }, answer: edited(0) },
      { from: noon + hour, to: noon + 2 * hour, everyMs: 250 },
    );
    const gaps = timesOf(polls, 1).map((at, nth, all) => at - (all[nth - 1] ?? at));
    expect(Math.max(...gaps)).toBeLessThan(3.1 * minute);
    expect(polls.length).toBeGreaterThan(14_000);
  });

  it('an older one does not', () => {
    const plan = begun([1, 2], { intervalMs: hour }, edited(181 * second));
    expect(until(plan, noon + 10 * second, (next) => movieOf(next) !== null) - noon).toBeGreaterThan(59 * minute);
  });
});

describe('floors', () => {
  it('no movie is asked within 60 s, nor before the cached copy expires, nor before it is due again', () => {
    const plan = begun([1, 2], { intervalMs: 0 }, (movieId, now) => ({
      ...nothing(now),
      expiresAt: movieId === 1 ? now + 10 * minute : null,
    }));
    const { polls } = run(
      plan,
      {
        lists: { [day]: [1, 2] },
        answer: (id, now) => ({ ...nothing(now), expiresAt: id === 1 ? now + 10 * minute : null }),
      },
      { from: noon + 10 * second, to: noon + hour },
    );
    const gaps = (id: number) => timesOf(polls, id).map((at, nth, all) => at - (all[nth - 1] ?? -Infinity));
    expect(timesOf(polls, 1)).toHaveLength(5);
    expect(Math.min(...gaps(1))).toBeGreaterThanOrEqual(10 * minute);
    expect(timesOf(polls, 2).length).toBeGreaterThan(57);
    expect(Math.min(...gaps(2))).toBeGreaterThanOrEqual(minute);
  });

  it('a movie that fails is asked again after 1, 2, 4, 8 and then every 10 minutes, and keeps nobody from being asked', () => {
    const plan = begun([]);
    readLists(plan, { [day]: [1, 2] }, noon + minute);
    plan.next(noon + minute);
    const times: number[] = [];
    let others = 0;
    for (let now = noon + minute; now < noon + hour; now += second) {
      const next = plan.next(now);
      if ('list' in next) plan.listed(next.list, pageOf([1, 2], 1, now), now);
      if (now === noon + minute) plan.failed(1, now);
      if (now === noon + minute) plan.polled(2, nothing(now), now);
      if (movieOf(next) === 2) others++;
      if (movieOf(next) === 2) plan.polled(2, nothing(now), now);
      if (movieOf(next) !== 1) continue;
      times.push(Math.round((now - noon) / minute));
      plan.failed(1, now);
    }
    expect(times).toEqual([2, 4, 8, 16, 26, 36, 46, 56]);
    expect(others).toBeGreaterThan(2);
  });
});

describe('closing', () => {
  it('a movie that is gone is given up a day after its day was to be closed, and asked again once it is listed', () => {
    const plan = begun([7]);
    const lists = { [day]: [7], [addDays(day, 3)]: [7] };
    const failedAt: number[] = [];
    for (let now = noon + minute; now < midnight + 5 * dayMs; now += 10 * second) {
      const next = plan.next(now);
      if ('list' in next) plan.listed(next.list, pageOf(lists[next.list.day] ?? [], next.list.page, now), now);
      if (!('movieId' in next)) continue;
      plan.failed(7, now);
      failedAt.push(now);
    }
    expect(failedAt.some((at) => at > midnight + 1.9 * dayMs)).toBe(true);
    expect(failedAt.filter((at) => at > midnight + 2.1 * dayMs && at < midnight + 3 * dayMs)).toEqual([]);
    expect(failedAt.some((at) => at > midnight + 3 * dayMs)).toBe(true);
  });

  it('a day counts as read once a whole walk showed its end, not before it was walked at all', () => {
    const plan = planOf({ overlapMs: hour });
    const now = midnight + 2 * dayMs;
    plan.walk(day, now);
    expect(plan.isRead(day)).toBe(false);
    for (let next = plan.next(now); 'list' in next; next = plan.next(now)) {
      const isOurs = next.list.day === day;
      plan.listed(next.list, pageOf([], next.list.page, isOurs ? midnight + dayMs - 1 : now), now);
    }
    expect(plan.isRead(day)).toBe(false);
    run(plan, { lists: {} }, { from: now, to: now + hour });
    expect(plan.isRead(day)).toBe(true);
  });

  const overlapMs = 6 * hour;
  const closeAt = midnight + dayMs + overlapMs;
  const world = { lists: { [day]: [1, 2, 3] } };

  it('a movie is polled once more when its day ends, rests, is polled when its day is closed, and is dropped', () => {
    const plan = planOf({ overlapMs });
    const { polls } = run(plan, world, { from: noon, to: closeAt + hour });
    const late = timesOf(polls, 1).filter((at) => at >= midnight + dayMs);
    expect(late).toHaveLength(2);
    expect(late[0]).toBeLessThan(midnight + dayMs + 30 * minute);
    expect(late[1]).toBeGreaterThanOrEqual(closeAt);
    expect(late[1]).toBeLessThan(closeAt + minute);
    expect(plan.counts()).toEqual({ candidates: 0, active: 0, asked: 0 });
  });

  it('only an answer that is young enough closes, and one that does not tell does not', () => {
    for (const taken of [null, closeAt - 1]) {
      const plan = planOf({ overlapMs });
      run(
        plan,
        { ...world, answer: (_id, now) => nothing(now >= closeAt ? taken : now) },
        { from: noon, to: closeAt + hour },
      );
      expect(plan.listedLast(1)).toBe(day);
      run(plan, world, { from: closeAt + hour, to: closeAt + 2 * hour });
      expect(plan.listedLast(1)).toBeNull();
    }
  });

  it('one that is listed again the next day is closed with that', () => {
    const plan = planOf({ overlapMs });
    const lists = { ...world.lists, [addDays(day, 1)]: [2] };
    run(plan, { lists }, { from: noon, to: closeAt + hour });
    expect([1, 2, 3].map(plan.listedLast)).toEqual([null, addDays(day, 1), null]);
  });

  it('the whole list is walked first, by itself, and told until the day is closed', () => {
    const plan = planOf({ overlapMs });
    run(plan, world, { from: noon, to: closeAt - minute });
    expect(plan.walked(day)).toBeNull();
    const { polls, pages } = run(plan, { lists: { [day]: [1, 2, 3, 4] } }, { from: closeAt, to: closeAt + hour });
    const walk = pages.find((page) => page.day === day)?.at ?? Infinity;
    expect(walk - closeAt).toBeLessThan(second);
    expect(
      polls
        .filter(({ movieId }) => movieId <= 4)
        .map(({ movieId }) => movieId)
        .sort(),
    ).toEqual([1, 2, 3, 4]);
    expect(Math.min(...polls.map(({ at }) => at))).toBeGreaterThan(walk);
    expect(plan.walked(day)).toEqual(new Set([1, 2, 3, 4]));
    plan.close(day);
    expect(plan.walked(day)).toBeNull();
  });

  it('a walk of older copies is repeated; meanwhile no day is closed, though none waits longer than an hour', () => {
    const plan = planOf({ overlapMs });
    run(plan, world, { from: noon, to: closeAt });
    let walks = 0;
    const polls: number[] = [];
    for (let now = closeAt; now < closeAt + 2 * hour; now += second) {
      const next = plan.next(now);
      if ('movieId' in next) polls.push(now - closeAt);
      if ('movieId' in next) plan.polled(next.movieId, nothing(now), now);
      if (!('list' in next)) continue;
      walks += Number(next.list.day === day);
      plan.listed(next.list, pageOf(next.list.day === day ? [1, 2, 3] : [], 1, closeAt - 1), now);
      expect(plan.walked(day)).toBeNull();
    }
    expect(walks).toBe(4); // after 0, 10, 30, 70 minutes
    expect(polls).toHaveLength(3);
    expect(Math.min(...polls)).toBeGreaterThanOrEqual(hour);
  });

  it('an old day is walked on request, and what it names is polled once', () => {
    const plan = planOf({ overlapMs });
    const old = addDays(day, -5);
    plan.walk(old, noon);
    const { polls } = run(plan, { lists: { [old]: range(1, 151) } }, { from: noon, to: noon + hour });
    expect(polls.map(({ movieId }) => movieId).toSorted((a, b) => a - b)).toEqual(range(1, 151));
    expect(plan.walked(old)?.size).toBe(150);
  });

  it('a total that grows while a list is walked has its tail walked again, one that shrinks the whole', () => {
    const walk = (lengths: readonly number[]): number[] => {
      const plan = planOf();
      const pages: number[] = [];
      plan.walk(addDays(day, -5), noon);
      for (let now = noon; now < noon + minute; now += second) {
        const next = plan.next(now);
        if (!('list' in next)) continue;
        const isIt = next.list.day === addDays(day, -5);
        const ids = range(0, isIt ? (lengths[Math.min(pages.length, lengths.length - 1)] ?? 0) : 0);
        if (isIt) pages.push(next.list.page);
        plan.listed(next.list, pageOf(ids, next.list.page, now), now);
      }
      expect(plan.walked(addDays(day, -5))).not.toBeNull();
      return pages;
    };
    expect(walk([250])).toEqual([1, 2, 3]);
    expect(walk([250, 310])).toEqual([1, 2, 3, 4, 3, 4]);
    expect(walk([250, 240])).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('at its largest, the interval leaves the first poll, the last one, and the looks', () => {
    const plan = planOf({ overlapMs: dayMs, intervalMs: dayMs });
    const ids = range(1, 51);
    const answer = (_id: number, now: number): MovieAnswer => ({
      taken: now,
      items: 5,
      newestAt: now,
      expiresAt: null,
    });
    const { polls, pages } = run(plan, { lists: { [day]: ids }, answer }, { from: midnight, to: midnight + 3 * dayMs });
    for (const id of ids) expect(timesOf(polls, id)).toHaveLength(2);
    expect(pages.length).toBeLessThan(3 * (144 + 48) + 4);
  });
});

describe('starting', () => {
  it('begins with the days that are open', () => {
    const plan = planOf({ overlapMs: 2 * dayMs });
    const { asked } = readLists(plan, {}, noon);
    expect(asked.map((page) => page.day).sort()).toEqual([-2, -1, 0].map((days) => addDays(day, days)));
  });

  it.each([true, false])(
    'restarts that come before the end of a round still reach every movie (with lists: %s)',
    (hasLists) => {
      const ids = range(1, 101);
      const reached = new Set<number>();
      for (const nth of range(0, 60)) {
        const from = noon + nth * 77 * second;
        const plan = planOf({ hasLists, watched: ids });
        const { polls } = run(plan, { lists: { [day]: ids } }, { from, to: from + 10 * second, everyMs: second });
        for (const { movieId } of polls) reached.add(movieId);
      }
      expect(reached.size).toBe(100);
    },
  );

  it('what is asked for is polled once, beside what is due', () => {
    const plan = begun(range(1, 101), { intervalMs: 0, watched: range(1, 2000) });
    plan.ask(range(1000, 1100));
    const { polls } = run(
      plan,
      { lists: { [day]: range(1, 101) } },
      { from: noon + 2 * minute, to: noon + 2 * minute + 15 * second },
    );
    const others = polls.filter(({ movieId }) => movieId >= 1000);
    expect(new Set(others.map(({ movieId }) => movieId)).size).toBe(100);
    expect(others).toHaveLength(100);
    expect(polls.length - others.length).toBeGreaterThan(90);
  });
});

describe('the watch list', () => {
  it('only what is watched becomes a candidate, also what is watched later', () => {
    const plan = begun(range(1, 11), { watched: [3] });
    expect(plan.counts().candidates).toBe(1);
    plan.watch([5], noon + 10 * second);
    expect([3, 5, 7].map(plan.listedLast)).toEqual([day, day, null]);
    expect(movieOf(readLists(plan, { [day]: range(1, 11) }, noon + 11 * second).then)).toBe(5);
    plan.unwatch([3]);
    expect(plan.listedLast(3)).toBeNull();
  });

  it('what is asked for is polled once, though no list names it', () => {
    const plan = begun([], { watched: [3] });
    plan.watch([5], noon + 10 * second);
    plan.ask([5, 6]);
    const { polls } = run(plan, { lists: {} }, { from: noon + 10 * second, to: noon + hour });
    expect([5, 6].map((id) => timesOf(polls, id).length)).toEqual([1, 0]);
  });

  it('what fails once it is no longer watched is not asked again, what was asked for is, six times', () => {
    for (const [isKept, count] of [
      [true, 6],
      [false, 1],
    ] as const) {
      // prettier-ignore
      const plan = begun([], { watched: [5] });
      plan.ask([5]);
      let failures = 0;
      for (let now = noon + 10 * second; now < noon + 3 * hour; now += second) {
        const next = plan.next(now);
        if ('list' in next) plan.listed(next.list, pageOf([], 1, now), now);
        if (!('movieId' in next)) continue;
        if (!isKept) plan.unwatch([5]);
        plan.failed(5, now);
        failures++;
      }
      expect([failures, plan.counts().candidates]).toEqual([count, 0]);
    }
  });

  it('each has its turn once a week, evenly, over restarts too, but not while a list names it', () => {
    const ids = range(1, 1001);
    const counts = new Map<number, number>();
    const hours = new Map<number, number>();
    for (const nth of range(0, 7 * 24)) {
      const from = noon + nth * hour;
      const plan = planOf({ watched: ids });
      const { polls } = run(plan, { lists: { [dayOf(from)]: [1] } }, { from, to: from + hour });
      const others = polls.filter(({ movieId }) => movieId !== 1);
      hours.set(nth, others.length);
      for (const { movieId } of others) counts.set(movieId, (counts.get(movieId) ?? 0) + 1);
    }
    expect(counts.size).toBe(999);
    expect(Math.max(...counts.values())).toBe(1);
    expect(Math.max(...hours.values())).toBeLessThan(10);
    expect(Math.min(...hours.values())).toBeGreaterThan(3);
  });

  it('the turns are kept while all of the budget is spent', () => {
    const plan = planOf({ watched: range(1, 500_001), intervalMs: 0, requestsPerSecond: 4 });
    const ids = range(1, 2001);
    const { polls } = run(plan, { lists: { [day]: ids } }, { from: noon, to: noon + hour, everyMs: 250 });
    const ring = polls.filter(({ movieId }) => movieId > 2000).length;
    expect(ring / (500_000 / 168)).toBeGreaterThan(0.85);
  });

  it('who is watched already is not asked again for days that are closed, and a newcomer is asked', () => {
    const plan = planOf({ watched: range(1, 100), intervalMs: 12 * hour });
    const later = noon + 2 * dayMs;
    const lists = { [day]: range(1, 102) };
    run(plan, { lists }, { from: noon, to: later, everyMs: 50 });
    plan.watch(range(1, 101), later);
    const { polls } = run(plan, { lists }, { from: later, to: later + 10 * minute, everyMs: 50 });
    expect(timesOf(polls, 100)).toHaveLength(1);
    expect(timesOf(polls, 101)).toHaveLength(0);
    expect(polls.length).toBeLessThan(6);
    plan.unwatch([7]);
    plan.watch(range(1, 101), later + 10 * minute);
    const again = run(plan, { lists }, { from: later + 10 * minute, to: later + 20 * minute, everyMs: 50 });
    expect(timesOf(again.polls, 7)).toHaveLength(1);
    expect(again.polls.length).toBeLessThan(6);
  });

  it('turns that were missed while it slept leave every other poll to the due', () => {
    const plan = begun(range(1, 501), { watched: range(1, 500_001), intervalMs: 0, overlapMs: 3 * dayMs });
    const wakeAt = noon + 11 * hour;
    const { polls } = run(plan, { lists: { [day]: range(1, 501) } }, { from: wakeAt, to: wakeAt + 3 * minute });
    const late = polls.filter(({ at }) => at > wakeAt + minute);
    const listed = late.filter(({ movieId }) => movieId <= 500).length;
    expect(listed / late.length).toBeGreaterThan(0.3); // each may be asked once a minute, 8 a second of 20
    expect(listed / late.length).toBeLessThan(0.6);
  });

  it('without lists every watched movie is polled for good, and no list is asked for', () => {
    const plan = planOf({ watched: [1, 2], hasLists: false, intervalMs: hour });
    const { polls, pages } = run(plan, { lists: {} }, { from: noon, to: noon + 3 * dayMs });
    expect(pages).toHaveLength(0);
    expect(timesOf(polls, 1).length).toBeGreaterThan(40);
    expect(timesOf(polls, 1).length).toBeLessThan(72);
  });

  it('one that grows comes to lists, and one that shrinks back from them', () => {
    const plan = planOf({ watched: [1, 2], hasLists: false, intervalMs: hour, overlapMs: 2 * dayMs });
    run(plan, { lists: {} }, { from: noon, to: noon + 9 * dayMs });
    const later = noon + 9 * dayMs;
    const today = dayOf(later);
    plan.useLists(true, later);
    plan.watch(range(3, 1001), later);
    const { polls, pages } = run(plan, { lists: { [today]: [2, 3] } }, { from: later, to: later + 10 * hour });
    expect(new Set(pages.map((page) => page.day))).toEqual(new Set([-2, -1, 0].map((days) => addDays(today, days))));
    expect(timesOf(polls, 1).length).toBeLessThanOrEqual(2);
    expect([2, 3].map((id) => timesOf(polls, id).length > 5)).toEqual([true, true]);
    expect(polls.length).toBeLessThan(150); // turns of the ring are not made up for

    const end = later + 10 * hour;
    plan.unwatch(range(4, 1001));
    plan.useLists(false, end);
    const after = run(plan, { lists: {} }, { from: end, to: end + 4 * dayMs });
    expect(after.pages).toHaveLength(0);
    for (const id of [1, 2, 3])
      for (const nth of range(0, 4)) {
        const isOfDay = (at: number): boolean => Math.floor((at - end) / dayMs) === nth;
        expect(timesOf(after.polls, id).filter(isOfDay).length).toBeGreaterThan(10);
      }
  });

  it('a page that comes when lists are no longer used names nobody', () => {
    const plan = planOf({ watched: [1] });
    const page = nextList(plan, noon);
    plan.useLists(false, noon);
    plan.listed(page, pageOf([1], 1, noon), noon);
    const { polls } = run(plan, { lists: {} }, { from: noon, to: noon + 5 * dayMs });
    expect(Math.max(...timesOf(polls, 1))).toBeGreaterThan(noon + 4.9 * dayMs);
  });

  it('a small one is cheaper without lists', () => {
    expect(needsLists(30, 20, 15 * minute)).toBe(false);
    expect(needsLists(300, 20, 15 * minute)).toBe(true);
    expect(needsLists(300, 20, 4 * hour)).toBe(false);
    expect(needsLists(1_000_000, 20, dayMs)).toBe(true);
  });
});

it('whatever happens: one page a day and one poll a movie at a time, floors kept, every listed movie reached and closed', () => {
  const step = fc.record({ wait: fc.integer({ min: 1, max: 20_000 }), fails: fc.integer({ min: 0, max: 9 }), age: fc.integer({ min: 0, max: 600_000 }), grows: fc.integer({ min: 0, max: 9 }) }); // prettier-ignore
  const check = (
    steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
    intervalMs: number,
  ): void => {
    const plan = planOf({ intervalMs, overlapMs: 2 * hour });
    const underWay: { next: Next; at: number }[] = [];
    const polledAt = new Map<number, number>();
    const list: number[] = [];
    let now = midnight + dayMs - 2 * hour;
    const settle = ({ next }: { next: Next }, { fails, age }: { fails: number; age: number }): void => {
      if ('list' in next) {
        if (fails === 0) plan.listFailed(next.list, now);
        else plan.listed(next.list, pageOf(next.list.day === day ? list : [], next.list.page, now - age), now);
      }
      if (!('movieId' in next)) return;
      polledAt.set(next.movieId, now);
      if (fails === 0) plan.failed(next.movieId, now);
      else plan.polled(next.movieId, { taken: now - age, items: fails, newestAt: now - age, expiresAt: null }, now);
    };
    const ask = (): boolean => {
      const next = plan.next(now);
      if ('until' in next) return false;
      if ('movieId' in next) expect(now - (polledAt.get(next.movieId) ?? -Infinity)).toBeGreaterThanOrEqual(minute);
      for (const other of underWay) expect(other.next).not.toEqual(next);
      if ('list' in next)
        for (const { next: other } of underWay) expect('list' in other && other.list.day).not.toBe(next.list.day);
      underWay.push({ next, at: now });
      return true;
    };
    for (const { wait, fails, age, grows } of steps) {
      now += wait;
      if (now < midnight + dayMs) list.push(...range(list.length, list.length + grows));
      while (ask() && underWay.length < 5);
      const [first] = underWay.splice(0, 1);
      if (first !== undefined) settle(first, { fails, age });
    }
    for (const each of underWay) settle(each, { fails: 1, age: 0 });
    const reached = new Set(polledAt.keys());
    const { polls } = run(plan, { lists: { [day]: list } }, { from: now, to: now + 8 * hour });
    for (const { movieId } of polls) reached.add(movieId);
    expect(reached.size).toBe(list.length);
    expect(plan.counts().candidates).toBe(0);
    expect(plan.walked(day)?.size).toBe(list.length);
  };
  fc.assert(fc.property(fc.array(step, { minLength: 10, maxLength: 120 }), fc.constantFrom(0, 15 * minute, dayMs), check), { numRuns: 25 }); // prettier-ignore
});

it.each([1, 2])('what was given and not asked after all is due at once: %i', (id) => {
  const plan = begun([], { watched: [1, 2] });
  readLists(plan, { [day]: [1] }, noon + minute);
  if (id === 1) plan.release(1, noon + minute);
  else plan.ask([2]);
  const given: number[] = [];
  for (let now = noon + minute; given.length < 3; now += 100) {
    const next = plan.next(now);
    if ('list' in next) plan.listed(next.list, pageOf([1], 1, now), now);
    if (!('movieId' in next)) continue;
    given.push(next.movieId);
    plan.release(next.movieId, now);
  }
  expect(given).toEqual([id, id, id]);
});

it.each([hour, 30 * dayMs])('a clock that is set back by %i ms delays nobody', (ms) => {
  const plan = begun([1, 2]);
  const before = run(plan, { lists: { [day]: [1, 2] } }, { from: noon, to: noon + 3 * hour });
  expect(timesOf(before.polls, 1).length).toBeGreaterThan(1);
  const from = noon + 3 * hour - ms;
  const { polls } = run(plan, { lists: { [dayOf(from)]: [1, 2] } }, { from, to: from + hour });
  expect(timesOf(polls, 1).length).toBeGreaterThan(1);
});
