// Which of the movies that wait comes next.
import { makeAsked } from './asked.ts';
import type { Candidate } from './candidate.ts';
import { makeCandidates } from './candidates.ts';
import type { Heap } from './heap.ts';
import { makeLists } from './lists.ts';
import { makeMembers } from './members.ts';
import type { PlanOptions } from './planned.ts';
import type { Day } from '../time.ts';

const spentMs = 3_600_000;

/** How many requests per second the due do not have, of late. */
const makeSpent = () => {
  let perMs = 0;
  let at = -Infinity;
  const fade = (now: number): void => {
    perMs *= Math.exp((at - now) / spentMs);
    at = now;
  };
  return {
    count: (now: number): void => {
      fade(now);
      perMs += 1 / spentMs;
    },
    perSecond: (now: number): number => 1000 * perMs * Math.exp((at - now) / spentMs),
  };
};

export const makeState = (options: PlanOptions) => {
  const members = makeMembers(options.watched);
  const state = { lists: makeLists(options), hasLists: options.hasLists };
  const asked = makeAsked();
  const spent = makeSpent();
  const candidates = makeCandidates({
    ...options,
    spentPerSecond: spent.perSecond,
    isWatched: members.has,
    isClosable: (day, now) => state.lists.isClosable(day, now),
    startKey: asked.keyOf,
  });
  const turns = {
    isStarted: false,
    claim: -Infinity,
    late: null as Day | null,
    now: -Infinity,
    turn: 0,
    wasWalk: false,
    wasRing: false,
  };
  return Object.assign(state, { options, members, asked, candidates, spent, ...turns });
};
export type State = ReturnType<typeof makeState>;

export const start = (state: State, now: number): void => {
  state.isStarted = true;
  state.asked.shuffle(now);
  state.members.ring(now); // from now on
  if (state.hasLists) return;
  for (const id of state.members.ids()) state.candidates.keep(id, { isStart: true, now });
};

/** Lists begin as at a start; without them nobody waits to be named. */
export const useLists = (state: State, hasLists: boolean, now: number): void => {
  if (state.hasLists === hasLists) return;
  const { members, candidates } = state;
  Object.assign(state, { hasLists, lists: makeLists(state.options) });
  if (!state.isStarted) return;
  if (hasLists) {
    members.skip(now);
    candidates.letGo(now);
  } else for (const id of members.ids()) candidates.keep(id, { isStart: false, now });
};

/** Neither a candidate, which is asked anyway, nor under way. */
const isSpare = ({ members, candidates }: State, id: number): boolean =>
  members.has(id) && !candidates.has(id) && !candidates.isUnderWay(id);

/** A watched movie that no list names has its turn once a week, but no more than every other poll while others are due. */
const popRing = (state: State, now: number): number | null => {
  const { members, candidates } = state;
  if (!state.hasLists) return null;
  for (let turn = members.ring(now); turn !== null && turn.at <= now; turn = members.ring(now)) {
    const ready = candidates.queues.ready.peek()?.key ?? Infinity;
    if (isSpare(state, turn.movieId) && ready <= now && (state.wasRing || ready < turn.at)) return null;
    members.turn(turn);
    if (isSpare(state, turn.movieId)) return turn.movieId;
  }
  return null;
};

/** What goes on day after day and leaves the due less; starting and closing days pass. */
const spend = (state: State, movieId: number | null, now: number): number | null => {
  if (movieId !== null) state.spent.count(now);
  return movieId;
};

const popDue = (state: State, now: number): number | null => {
  const ring = popRing(state, now);
  state.wasRing = ring !== null;
  if (ring !== null) return spend(state, ring, now);
  const { ready } = state.candidates.queues;
  return (ready.peek()?.key ?? Infinity) <= now ? pop(ready) : null;
};

/** What was there when the plan began, and what was asked for. */
const popStart = (state: State): number | null => {
  const { asked, candidates } = state;
  for (let next = asked.peek(); next !== null; next = asked.peek()) {
    if ((candidates.queues.start.peek()?.key ?? Infinity) < next.key) break;
    asked.pop();
    if (isSpare(state, next.id)) return next.id;
  }
  return pop(candidates.queues.start);
};

const pop = (heap: Heap<Candidate>): number | null => heap.pop()?.id ?? null;

/** Of what waits behind the new ones: movies that are being edited, the due, days to be closed, and the start. */
const turns = [
  ['due', 'followed', 'closing', 'start'],
  ['closing', 'followed', 'due', 'start'],
  ['followed', 'due', 'closing', 'start'],
  ['start', 'followed', 'due', 'closing'],
] as const;

const popOf = (state: State, queue: (typeof turns)[number][number], now: number): number | null => {
  const { closing, followed } = state.candidates.queues;
  if (queue === 'due') return popDue(state, now);
  if (queue === 'followed') return spend(state, pop(followed), now);
  return queue === 'closing' ? pop(closing) : popStart(state);
};

export const popMovie = (state: State, now: number): number | null => {
  const { fresh, ready } = state.candidates.queues;
  let movieId = spend(state, pop(fresh), now);
  if (movieId !== null) return movieId;
  for (const queue of turns[state.turn++ % turns.length] ?? []) movieId ??= popOf(state, queue, now);
  return movieId ?? pop(ready);
};
