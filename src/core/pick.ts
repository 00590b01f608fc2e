// Which of the movies that wait comes next.
import { makeAsked } from './asked.ts';
import type { Candidate } from './candidate.ts';
import { makeCandidates } from './candidates.ts';
import type { Heap } from './heap.ts';
import { makeLists } from './lists.ts';
import { makeMembers } from './members.ts';
import type { PlanOptions } from './planned.ts';

export const makeState = (options: PlanOptions) => {
  const members = makeMembers(options.watched);
  const lists = makeLists(options);
  const asked = makeAsked();
  const candidates = makeCandidates({
    ...options,
    spentPerSecond: () => (options.hasLists ? members.ringPerSecond() : 0),
    isClosable: lists.isClosable,
    startKey: asked.keyOf,
  });
  return { options, members, lists, asked, candidates, isStarted: false, turn: 0, wasWalk: false, wasRing: false };
};
export type State = ReturnType<typeof makeState>;

export const start = (state: State, now: number): void => {
  state.isStarted = true;
  state.asked.shuffle(now);
  state.members.ring(now); // from now on
  if (state.options.hasLists) return;
  for (const id of state.members.ids()) state.candidates.keep(id, { isStart: true, now });
};

/** Neither a candidate, which is asked anyway, nor under way. */
const isSpare = ({ members, candidates }: State, id: number): boolean =>
  members.has(id) && !candidates.has(id) && !candidates.isUnderWay(id);

/** A watched movie that no list names has its turn once a week, but no more than every other poll while others are due. */
const popRing = (state: State, now: number): number | null => {
  const { members, candidates, options } = state;
  if (!options.hasLists) return null;
  for (let turn = members.ring(now); turn !== null && turn.at <= now; turn = members.ring(now)) {
    const ready = candidates.queues.ready.peek()?.key ?? Infinity;
    if (isSpare(state, turn.movieId) && ready <= now && (state.wasRing || ready < turn.at)) return null;
    members.turn(turn);
    if (isSpare(state, turn.movieId)) return turn.movieId;
  }
  return null;
};

const popDue = (state: State, now: number): number | null => {
  const ring = popRing(state, now);
  state.wasRing = ring !== null;
  if (ring !== null) return ring;
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

/** Of what waits behind the new ones, half for the due and a quarter each for closing days and for the start. */
export const popMovie = (state: State, now: number): number | null => {
  const { fresh, closing, ready } = state.candidates.queues;
  const due = (): number | null => popDue(state, now);
  const close = (): number | null => pop(closing);
  const begin = (): number | null => popStart(state);
  const turn = state.turn++ % 4;
  const order = turn === 1 ? [close, begin, due] : turn === 3 ? [begin, close, due] : [due, close, begin];
  return pop(fresh) ?? order[0]?.() ?? order[1]?.() ?? order[2]?.() ?? pop(ready);
};
