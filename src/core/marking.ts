import type { Agenda, Task } from './agenda.ts';
import type { Watermark } from './events.ts';
import { isWithin, leastMs, look, makeState, open, turn, type MarkingOptions, type State } from './marks.ts';
import type { Lane } from './tell.ts';
import { lower, settle, takeBack, watch } from './unmark.ts';
import type { WatchChange, Watching } from './watch.ts';

export type Marked = Agenda & {
  /** What is watched has changed. */
  readonly watch: (change: WatchChange, how: Pick<Watching, 'hasLists' | 'now'>) => void;
  /** TMDB was asked, in whatever attempt, at `now`. */
  readonly asked: (lane: Lane, now: number) => void;
};

/** So long after the last one a watermark goes alone, also when nothing is new, in ms. */
const aloneMs = 60_000;

const give = (state: State, watermark: Watermark, now: number): Watermark => {
  const { observed_through: observed, complete_through: complete } = watermark;
  const floor = { observed: observed ?? -Infinity, complete: complete ?? -Infinity };
  Object.assign(state, { given: watermark, givenAt: now, floor });
  return watermark;
};

const isNews = (watermark: Watermark, given: Watermark | null): boolean =>
  (['observed_through', 'complete_through', 'since'] as const).some((name) => watermark[name] !== given?.[name]);

/** With events: when it has moved, but not with each. */
const withEvents = (state: State, now: number): Watermark | null => {
  if (isWithin(leastMs, Math.max(state.givenAt, state.triedAt), now)) return null;
  state.triedAt = now;
  const watermark = look(state, now);
  return watermark !== null && isNews(watermark, state.given) ? give(state, watermark, now) : null;
};

const isDue = ({ givenAt, triedAt }: State, now: number): boolean =>
  !isWithin(aloneMs, givenAt, now) && !isWithin(leastMs, triedAt, now);

const alone = (state: State, now: number): Task | null => {
  state.triedAt = now;
  const watermark = look(state, now);
  return watermark === null ? null : { watermark: give(state, watermark, now) };
};

const next = (state: State, agenda: Agenda, now: number): Task => {
  turn(state, now);
  if (state.saying !== null) return { until: Infinity };
  const back = takeBack(state, now);
  if (back !== null) return back;
  const due = isDue(state, now) ? alone(state, now) : null;
  if (due !== null) return due;
  const task = agenda.next(now);
  if ('change' in task && state.coverage !== null)
    return { ...task, said: lower(state, state.coverage, { change: task.change, now }) };
  if ('movieId' in task && 'since' in task) state.backfilled.add(task.movieId);
  if ('done' in task && !state.isFinal) {
    state.isFinal = true;
    state.lookedAt = -Infinity;
    return alone(state, now) ?? task;
  }
  if (!('until' in task)) return task;
  return { until: Math.min(task.until, Math.max(state.givenAt + aloneMs, state.triedAt + leastMs)) };
};

/** Work that also says how complete the topics are: with the events, or alone. */
export const withWatermarks = (agenda: Agenda, options: MarkingOptions): Marked => {
  const state = makeState(options);
  const { pace, backfilled } = state;
  return {
    open: (coverage, now, last = null) => {
      open(state, { coverage, last, now });
      agenda.open(coverage, now);
    },
    next: (now) => next(state, agenda, now),
    watermark: (now) => withEvents(state, now),
    polled: (movieId, answer, now) => {
      if (!backfilled.delete(movieId) && answer.taken !== null) settle(state, movieId, answer.taken);
      agenda.polled(movieId, answer, now);
    },
    listed: agenda.listed,
    written: (change, now) => {
      if (change === state.saying) state.saying = null;
      else agenda.written(change, now);
    },
    failed: (task, how) => {
      const isLive = 'movieId' in task && !backfilled.delete(task.movieId);
      if (isLive && how.isFinal === true && !how.isOver) settle(state, task.movieId, null);
      agenda.failed(task, how);
    },
    watch: (change, how) => watch(state, change, how),
    asked: (lane, now) => {
      if (lane !== 'backfill') pace.count(now);
    },
  };
};
