// What the candidates learn from lists and answers.
import {
  candidateOf,
  drop,
  makeState,
  place,
  scaleOf,
  setBack,
  setRate,
  type Candidate,
  type Options,
  type State,
} from './candidate.ts';
import { census } from './census.ts';
import { keep, letGo } from './kept.ts';
import { giveUp, leastKnown, learnAnswer } from './claims.ts';
import { named, renew, type Naming } from './named.ts';
import type { MovieAnswer } from './planned.ts';
import { observe, rootOf } from './rate.ts';
import { dayMs, type Day } from '../time.ts';

/** No poll is nearer to the one before, unless the interval is shorter. */
const floorMs = 60_000;
const floorOf = ({ options: { intervalMs } }: State): number =>
  intervalMs > 0 ? Math.min(intervalMs, floorMs) : floorMs;
/** An editor who was at work so shortly before an answer is looked for again as soon, or sooner where the budget allows. */
const editorMs = 180_000;
/** While an editor is at work, √λ is that of a change a minute. */
const rootOfOneAMinute = Math.sqrt(1 / 60_000);
/** So many times the least between two polls: after an outage everything is asked again within ten minutes. */
const mostFold = 10;
/** TMDB's `Date` tells whole seconds. */
const slackMs = 1000;
/** What cannot be read is given up after so many failures, and what a list named only so long after it should have been closed. */
const mostFailures = 6;
const giveUpMs = dayMs;

/** What an answer tells of the movie, `taken` being the ms that it shows. */
const learn = (state: State, candidate: Candidate, { items, newestAt, expiresAt, taken, now }: Learned): void => {
  const { isFresh, namedAt, endAt, closeAt } = candidate;
  const rate = observe(candidate.rate, items, now);
  const isStillFresh = isFresh && taken + slackMs < namedAt;
  const isSparing = state.options.intervalMs >= dayMs && closeAt !== Infinity;
  setRate(state, candidate, { root: rootOf(rate), isActive: isStillFresh || (!isSparing && taken < endAt) });
  const last = Math.max(taken, candidate.last);
  const isFollowed = newestAt !== null && taken - newestAt < editorMs;
  const scale = scaleOf(state, now);
  const followAt = isFollowed ? now + Math.min(editorMs, scale / rootOfOneAMinute) : Infinity;
  const due = Math.min(last + scale / candidate.root, followAt);
  const floor = Math.max(now + floorOf(state), expiresAt ?? 0);
  Object.assign(candidate, { rate, last, floor, due, isFollowed, isFresh: isStillFresh, failures: 0 });
};
interface Learned extends MovieAnswer {
  readonly taken: number;
  readonly now: number;
}

const polled = (state: State, id: number, { now, ...answer }: MovieAnswer & { readonly now: number }): void => {
  const taken = answer.taken ?? state.underWay.get(id) ?? now;
  state.underWay.delete(id);
  const candidate = state.all.get(id);
  if (answer.taken !== null) state.left.delete(id);
  if (candidate === undefined) return;
  learn(state, candidate, { ...answer, taken, now });
  learnAnswer(candidate, answer.taken);
  const isClosed = candidate.closeAt === -Infinity || (answer.taken !== null && answer.taken >= candidate.closeAt);
  if (isClosed && !candidate.isFresh) drop(state, id);
  else place(state, candidate, now);
};

/** Doubles from the floor on. One that TMDB does not know has nothing to show: it is known, whenever it may come back. */
const failed = (state: State, id: number, { now, isGone }: { now: number; isGone: boolean }): void => {
  state.underWay.delete(id);
  if (!state.all.has(id) && !state.options.isWatched(id)) return;
  const candidate = state.all.get(id) ?? candidateOf(id);
  candidate.floor = now + floorOf(state) * Math.min(2 ** candidate.failures++, mostFold);
  state.all.set(id, candidate);
  if (isGone) {
    candidate.known = Infinity;
    state.left.delete(id);
  }
  if (now >= candidate.closeAt + giveUpMs && candidate.failures >= mostFailures) giveUp(state, candidate);
  else place(state, candidate, now);
};

/** It was given and not asked: as if it had not been given. Gives whether it waits again. */
const release = (state: State, id: number, now: number): boolean => {
  state.underWay.delete(id);
  const candidate = state.all.get(id);
  if (candidate !== undefined) place(state, candidate, now);
  return candidate !== undefined;
};

export const makeCandidates = (options: Options) => {
  const state = makeState(options);
  const { all, underWay, wakes, fresh, followed, start, closing, ready } = state;
  return {
    has: (id: number): boolean => all.has(id),
    isUnderWay: (id: number): boolean => underWay.has(id),
    give: (id: number, now: number): void => void underWay.set(id, now),
    /** Each to the queue in which it may be asked now. */
    wake: (now: number): void => {
      for (let top = wakes.peek(); top !== null && top.key <= now; top = wakes.peek()) place(state, top.item, now);
    },
    wakesAt: (): number => wakes.peek()?.key ?? Infinity,
    queues: { fresh, followed, start, closing, ready },
    isCaughtUp: (): boolean => [fresh, start, closing].every((queue) => queue.peek() === null),
    listedFrom: (day: Day): number[] =>
      [...all.values()].flatMap(({ id, listed }) => (listed !== null && listed >= day ? [id] : [])),
    listedLast: (id: number): Day | null => all.get(id)?.listed ?? null,
    counts: () => ({ candidates: all.size, active: state.active }),
    census: (now: number) => census(state, now),
    polled: (id: number, answer: MovieAnswer & { readonly now: number }): void => polled(state, id, answer),
    failed: (id: number, how: { readonly now: number; readonly isGone: boolean }): void => failed(state, id, how),
    setBack: (ms: number, now: number): void => setBack(state, ms, now),
    release: (id: number, now: number): boolean => release(state, id, now),
    renew: (id: number, now: number): boolean => renew(state, id, now),
    named: (id: number, naming: Naming): void => named(state, id, naming),
    keep: (id: number, how: { readonly isStart: boolean; readonly now: number }): void => keep(state, id, how),
    letGo: (now: number): void => letGo(state, now),
    drop: (id: number): void => {
      state.left.delete(id);
      drop(state, id);
    },
    known: (): number => leastKnown(state),
  };
};
