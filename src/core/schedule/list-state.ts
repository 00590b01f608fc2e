// One day's list in time: how often its end is looked at, and when it is walked whole.
import { beginLook, beginWalk, makeDayList, passOver, read, type DayList, type Done } from './day-list.ts';
import type { ListAnswer, ListPage, PlanOptions, Remark } from './planned.ts';
import { dayMs, startOf, type Day } from '../time.ts';

const minute = 60_000;
/** Today's list is walked whole as often, whatever its end shows. */
const walkEveryMs = 30 * minute;
/** Walks for which the end gives cause take no more than this part of the budget. */
const walkShare = 0.05;

/** `over`: walked until the walk shows the day's end. `closing`: until it shows the end + overlap. */
export type Stage = 'open' | 'over' | 'quiet' | 'closing' | 'walked';

export interface ListState {
  readonly day: Day;
  stage: Stage;
  list: DayList;
  lookedAt: number;
  walkAt: number;
  walkedAt: number;
  isUnderWay: boolean;
  /** Its page under way was asked in an earlier stage: the walk begins afresh. */
  isStale: boolean;
  retryAt: number;
  failures: number;
  repeats: number;
  /** What its last whole walk that showed the day's end shows; 0 before. */
  taken: number;
  /** What it named before the plan began is no news. */
  isNews: boolean;
  /** As of this ms it is known whom the list names; -Infinity: not at all. */
  shown: number;
}

/** What a list names, and whether that is news, from before the plan began, or to be asked once more to close the day. */
export interface Found {
  readonly ids: readonly number[];
  readonly kind: 'news' | 'start' | 'closing';
  readonly remark: Remark | null;
}

export type ListOptions = Pick<PlanOptions, 'requestsPerSecond' | 'overlapMs'>;

export const endOf = (day: Day): number => startOf(day) + dayMs;
const backoff = (firstMs: number, failures: number, mostMs: number): number =>
  Math.min(firstMs * 2 ** failures, mostMs);

export const stateOf = (day: Day, stage: Stage, isNews: boolean): ListState => ({
  ...{ day, stage, isNews, list: makeDayList(), lookedAt: -Infinity, walkAt: stage === 'open' ? Infinity : -Infinity },
  ...{
    walkedAt: -Infinity,
    isUnderWay: false,
    isStale: false,
    retryAt: -Infinity,
    failures: 0,
    repeats: 0,
    taken: 0,
    shown: -Infinity,
  },
});

export const enter = (state: ListState, stage: Stage): void => {
  if (stage === 'closing') state.list = makeDayList();
  if (!state.isUnderWay) state.list.reading = null;
  Object.assign(state, { stage, walkAt: -Infinity, isStale: state.isUnderWay, repeats: 0 });
};

/** A walk shows what its stage is for, or is repeated: pages can be copies from before it. */
const settle = (state: ListState, { taken }: Done, { now, overlapMs }: { now: number; overlapMs: number }): void => {
  if (taken === null || taken < endOf(state.day) + (state.stage === 'closing' ? overlapMs : 0)) {
    state.walkAt = now + backoff(10 * minute, state.repeats++, 60 * minute);
    return;
  }
  Object.assign(state, { taken, walkAt: Infinity });
  if (state.stage === 'over') Object.assign(state, { stage: 'quiet', list: makeDayList() });
  if (state.stage === 'closing') state.stage = 'walked';
};

const finish = (state: ListState, done: Done, { now, ...options }: ListOptions & { readonly now: number }): void => {
  state.isNews = true;
  if (!done.isDoubtful && done.taken !== null) state.shown = Math.max(state.shown, done.taken);
  if (done.isWalk) Object.assign(state, { walkedAt: now, walkAt: now + walkEveryMs });
  if (done.isWalk && state.stage !== 'open') settle(state, done, { now, ...options });
  if (!done.isDoubtful) return;
  const pages = Math.ceil(state.list.rows / 100);
  const restMs = (pages * 1000) / (options.requestsPerSecond * walkShare);
  state.walkAt = Math.min(state.walkAt, Math.max(now, state.walkedAt + restMs));
};

export const dueAt = ({ stage, list, retryAt, walkAt, lookedAt, isUnderWay }: ListState, lookMs: number): number => {
  if (isUnderWay) return Infinity;
  if (list.reading !== null) return retryAt;
  return Math.max(retryAt, Math.min(walkAt, stage === 'open' ? lookedAt + lookMs : Infinity));
};

/** The page that is due, with its reading begun. */
export const pageOf = (state: ListState, now: number): ListPage & { readonly isWalk: boolean } => {
  const { list, day } = state;
  if (list.reading === null && state.walkAt > now) {
    beginLook(list);
    state.lookedAt = now;
  }
  const { page, isWalk } = (list.reading ??= beginWalk());
  return { day, page, isWalk };
};

export const take = (
  state: ListState,
  answer: ListAnswer,
  options: ListOptions & { readonly now: number },
): Found | null => {
  const { list, stage, isNews, isStale } = state;
  Object.assign(state, { isUnderWay: false, isStale: false, failures: 0, retryAt: -Infinity });
  if (list.reading === null) return null; // asked before its list was begun afresh
  const { found, remark, done } = read(list, list.reading, answer);
  if (isStale) list.reading = null;
  else if (done !== null) finish(state, done, options);
  return { ids: found, remark, kind: stage === 'closing' ? 'closing' : isNews ? 'news' : 'start' };
};

/** After as many failures in a row the pages behind are asked for: one page must not hide them for good. */
const patience = 3;

/** The page under way could not be read. */
export const postpone = (state: ListState, options: ListOptions & { readonly now: number }): void => {
  const { list, isStale } = state;
  const retryAt = options.now + backoff(10_000, state.failures++, 10 * minute);
  Object.assign(state, { isUnderWay: false, isStale: false, retryAt });
  if (isStale) list.reading = null;
  if (list.reading === null || state.failures < patience) return;
  const done = passOver(list, list.reading);
  if (done !== null) finish(state, done, options);
};
