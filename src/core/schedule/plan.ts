import { makeState, popMovie, start, useLists, type State } from './pick.ts';
import type { ListAnswer, ListPage, Next, Plan, PlanOptions, Remark } from './planned.ts';
import { dayMs } from '../time.ts';

/** A caller that has nothing to do looks again by then. */
const idleMs = 60_000;
const mostSlewMs = 1000;

type Budget = Pick<PlanOptions, 'requestsPerSecond' | 'intervalMs'>;

/** From one look at today's end to the next: a twentieth of a round over the candidates. */
export const lookEvery = (active: number, { requestsPerSecond, intervalMs }: Budget): number =>
  intervalMs >= dayMs ? 600_000 : Math.min(600_000, Math.max(10_000, (active / requestsPerSecond / 20) * 1000));

/** Everything here is measured by the clock, and the clock can be set. */
const follow = (state: State, now: number): void => {
  const ms = state.now - now;
  state.now = now;
  if (ms < mostSlewMs) return;
  state.candidates.setBack(ms, now);
  state.lists.setBack(ms);
};

const next = (state: State, now: number): Next => {
  if (!state.isStarted) start(state, now);
  follow(state, now);
  const { candidates, lists, options, members, hasLists } = state;
  candidates.wake(now);
  const list = hasLists ? lists.due(now, lookEvery(candidates.counts().active, options)) : { until: Infinity };
  const isList = 'day' in list;
  // Pages of a walk and movies take turns.
  const movieId = isList && !(list.isWalk && state.wasWalk) ? null : popMovie(state, now);
  state.wasWalk = isList && list.isWalk && movieId === null;
  if (movieId !== null) {
    candidates.give(movieId, now);
    return { movieId };
  }
  if (isList) {
    lists.ask(list.day);
    state.spent.count(now);
    return { list: { day: list.day, page: list.page } };
  }
  const ringAt = hasLists ? (members.ring(now)?.at ?? Infinity) : Infinity;
  return { until: Math.min(candidates.wakesAt(), list.until, ringAt, now + idleMs) };
};

const listed = (state: State, { at, answer, now }: Listing): Remark | null => {
  const { lists, candidates, members, claim } = state;
  const bound = lists.bound(at.day, claim); // before this answer
  const found = lists.answered(at, answer, now);
  if (found === null || !state.hasLists) return null;
  const [kind, taken] = [found.kind, answer.taken ?? now];
  for (const id of found.ids) if (members.has(id)) candidates.named(id, { day: at.day, kind, taken, bound, now });
  return found.remark;
};
interface Listing {
  readonly at: ListPage;
  readonly answer: ListAnswer;
  readonly now: number;
}

interface Watched {
  readonly ids: readonly number[];
  readonly added: readonly number[];
  readonly now: number;
}

const watch = (state: State, { ids, added, now }: Watched): void => {
  const { members, candidates, lists, hasLists } = state;
  const [asked, isNew] = [new Set(added), new Set(ids.filter((id) => !members.has(id)))];
  if ([...isNew].some((id) => !asked.has(id))) state.late = lists.lastRead() ?? state.late;
  members.add(ids);
  for (const id of ids) {
    if (!hasLists) candidates.keep(id, { isStart: false, now });
    // Whoever was watched when a list of a closing day was read has had its poll by it, or will have.
    for (const by of lists.naming(id))
      if (by.kind === 'news' || isNew.has(id)) candidates.named(id, { ...by, taken: now, bound: -Infinity, now });
  }
};

const unwatch = ({ members, candidates }: State, ids: readonly number[]): void => {
  members.remove(ids);
  for (const id of ids) candidates.drop(id);
};

const known = ({ isStarted, members, hasLists, lists, candidates, claim }: State, count: number): number =>
  isStarted && members.count() >= count
    ? Math.min(candidates.known(), hasLists ? lists.bounds(claim) : Infinity)
    : -Infinity;

/**
 * Which request comes next: new first; then whoever is most overdue for how often it changes; stay with a movie while
 * somebody edits it. due = last + k ÷ √λ, λ = (1 + items seen) ÷ (1 day + time watched), both fading by half a day,
 * k = Σ√λ ÷ requests per second, or as POLL_INTERVAL_SECONDS has it (docs/scheduling.md). It has no clock.
 */
export const makePlan = (options: PlanOptions): Plan => {
  const state = makeState(options);
  const { candidates, asked } = state;
  return {
    next: (now) => next(state, now),
    listed: (at, answer, now) => listed(state, { at, answer, now }),
    listFailed: ({ day }, now) => state.lists.failed(day, now),
    releaseList: ({ day }) => state.lists.release(day),
    polled: (movieId, answer, now) => candidates.polled(movieId, { ...answer, now }),
    failed: (movieId, now, isGone = false) => candidates.failed(movieId, { now, isGone }),
    release: (movieId, now) => {
      if (!candidates.release(movieId, now)) asked.add([movieId]);
    },
    watch: (ids, now, added = []) => watch(state, { ids: [...ids], added, now }),
    late: () => state.late,
    unwatch: (ids) => unwatch(state, [...ids]),
    useLists: (hasLists, now) => useLists(state, hasLists, now),
    ask: asked.add,
    renew: (ids, now) => {
      for (const id of ids) if (!candidates.renew(id, now)) asked.add([id]);
    },
    walk: (day, now) => state.lists.walk(day, now),
    walked: (day) => state.lists.walked(day),
    isRead: (day) => state.lists.isRead(day),
    close: (day) => state.lists.close(day),
    listedFrom: candidates.listedFrom,
    listedLast: candidates.listedLast,
    isCaughtUp: () => state.isStarted && state.lists.areRead() && asked.count() === 0 && candidates.isCaughtUp(),
    claim: (ms) => void (state.claim = ms),
    known: (count) => known(state, count),
    counts: () => ({ ...candidates.counts(), asked: asked.count() }),
    census: (now) => {
      const { due, failing } = candidates.census(now);
      return { due: due + asked.count(), failing };
    },
  };
};

const dailyPages = 100;
const quickMs = 10_000;

/**
 * Whether a watch list costs fewer requests a day with TMDB's lists than polled movie by movie. Lists: looks, half-hourly
 * walks of half a day's pages, two walks after the day; each movie once a week; and one movie in ten is polled anyway.
 */
export const needsLists = (watchedCount: number, requestsPerSecond: number, intervalMs: number): boolean => {
  // No look at a list is as quick as polling every few seconds, where the budget is enough for it.
  if (intervalMs > 0 && intervalMs < quickMs && watchedCount <= 60 * requestsPerSecond) return false;
  const quietMs = intervalMs * 1.56; // a movie without changes: √λ sinks to 0.64 of one change a day
  const everyMs = Math.max(60_000, quietMs, (watchedCount / requestsPerSecond) * 1000);
  const alone = (watchedCount * dayMs) / everyMs;
  const looks = dayMs / lookEvery(watchedCount / 10, { requestsPerSecond, intervalMs });
  const lists = looks + 48 * (dailyPages / 2) + 2 * dailyPages + watchedCount / 7 + alone / 10;
  return lists < alone;
};
