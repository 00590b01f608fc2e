// Which day's list is asked next: today's end again and again, each day whole once it is over, and to close it.
import { dueAt, endOf, enter, pageOf, postpone, stateOf, take } from './list-state.ts';
import type { Found, ListOptions, ListState, Stage } from './list-state.ts';
import type { ListAnswer, ListPage } from './planned.ts';
import { addDays, dayMs, dayOf, startOf, type Day } from '../time.ts';

/** The polls that close a day wait for its walk, but no longer. */
const patienceMs = 3_600_000;
/** A walked day that nobody closes is forgotten. */
const keepMs = 3 * dayMs;

const makeDays = ({ overlapMs }: ListOptions) => {
  const states = new Map<Day, ListState>();
  let today: Day | null = null;
  const add = (day: Day, stage: Stage, isNews: boolean): void => {
    if (!states.has(day)) states.set(day, stateOf(day, stage, isNews));
  };
  const roll = (now: number): void => {
    const open = dayOf(now - overlapMs);
    const isNews = today !== null;
    for (const state of states.values()) if (state.stage === 'open') enter(state, 'over');
    today = dayOf(now);
    const again = states.get(today); // by a clock that was set back
    if (again === undefined)
      add(today, 'open', isNews); // the first that is asked
    else enter(again, 'open');
    for (let day = open; day < today; day = addDays(day, 1)) add(day, 'over', isNews);
  };
  return {
    states,
    add,
    move: (now: number): void => {
      if (dayOf(now) !== today) roll(now);
      for (const state of states.values()) {
        const closeAt = endOf(state.day) + overlapMs;
        if (now >= closeAt && (state.stage === 'over' || state.stage === 'quiet')) enter(state, 'closing');
        if (now >= state.walkedAt + keepMs && state.stage === 'walked') states.delete(state.day);
      }
    },
  };
};

/** Today's list before any other. */
const dueOf = (states: readonly ListState[], lookMs: number, now: number) => {
  const all = states.map((state) => ({ state, at: dueAt(state, lookMs) }));
  const due = all.find(({ state, at }) => at <= now && state.stage === 'open') ?? all.find(({ at }) => at <= now);
  if (due !== undefined) return pageOf(due.state, now);
  return { until: Math.min(...all.map(({ at }) => at)) };
};

const isRead = ({ walkedAt, list }: ListState): boolean => walkedAt > -Infinity && list.reading === null;

const namedBy = (states: readonly ListState[], movieId: number) =>
  states
    .filter(({ list }) => list.known.has(movieId))
    .map(({ day, stage }) => ({ day, kind: stage === 'closing' || stage === 'walked' ? 'closing' : 'news' }) as const);

/** Until when a list has told whom it names, at least `claim`; Infinity once that was so at the end of its day. */
const boundOf = ({ day, shown }: Pick<ListState, 'day' | 'shown'>, claim: number): number => {
  const known = Math.max(startOf(day), shown, claim);
  return known >= endOf(day) ? Infinity : known;
};

const makeBounds = (states: ReadonlyMap<Day, ListState>) => ({
  bound: (day: Day, claim: number): number => boundOf(states.get(day) ?? { day, shown: -Infinity }, claim),
  /** The last day before today whose list was read: whom it named may be forgotten by now. */
  lastRead: (): Day | null =>
    [...states.values()].reduce<Day | null>(
      (last, { day, stage, shown }) => (stage !== 'open' && shown > -Infinity && day > (last ?? '') ? day : last),
      null,
    ),
  /** Until when every list has told whom it names. */
  bounds: (claim: number): number =>
    states.size === 0 ? -Infinity : Math.min(...[...states.values()].map((state) => boundOf(state, claim))),
});

const setBack = (state: ListState, ms: number): void => {
  for (const name of ['lookedAt', 'walkAt', 'walkedAt', 'retryAt'] as const) state[name] -= ms;
};

export const makeLists = (options: ListOptions) => {
  const { states, add, move } = makeDays(options);
  const closeAt = (day: Day): number => endOf(day) + options.overlapMs;
  return {
    ...makeBounds(states),
    /** The page to ask now, or when there is one. `lookMs`: from one look at today's end to the next. */
    due: (now: number, lookMs: number) => {
      move(now);
      return dueOf([...states.values()], lookMs, now);
    },
    ask: (day: Day): void => void Object.assign(states.get(day) ?? {}, { isUnderWay: true }),
    answered: ({ day, page }: ListPage, answer: ListAnswer, now: number): Found | null => {
      const state = states.get(day);
      const isAsked = state?.isUnderWay === true && (state.list.reading?.page ?? page) === page;
      return isAsked ? take(state, answer, { ...options, now }) : null;
    },
    failed: (day: Day, now: number): void => {
      const state = states.get(day);
      if (state !== undefined) postpone(state, { ...options, now });
    },
    /** It was not asked after all. */
    release: (day: Day): void => void Object.assign(states.get(day) ?? {}, { isUnderWay: false }),
    walk: (day: Day, now: number): void => {
      if (now >= closeAt(day)) add(day, 'closing', true);
    },
    walked: (day: Day): ReadonlySet<number> | null => {
      const { stage, list } = states.get(day) ?? {};
      return stage === 'walked' && list !== undefined ? list.known : null;
    },
    areRead: (): boolean => [...states.values()].every(isRead), // each was walked once
    isRead: (day: Day): boolean => (states.get(day)?.taken ?? 0) >= endOf(day), // whole, after the day's end
    setBack: (ms: number): void => states.forEach((state) => setBack(state, ms)),
    close: (day: Day): void => void states.delete(day),
    /** Whether the polls that close the day need not wait for its walk any more. */
    isClosable: (day: Day, now: number): boolean =>
      (states.get(day)?.stage ?? 'walked') === 'walked' || now >= closeAt(day) + patienceMs,
    /** The days whose lists, as far as they are known, name a movie. */
    naming: (movieId: number) => namedBy([...states.values()], movieId),
  };
};
