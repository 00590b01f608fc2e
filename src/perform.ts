import type { Agenda, Task } from './core/agenda.ts';
import type { RangePage } from './core/backfill/range-walk.ts';
import type { Change, Coverage } from './core/coverage.ts';
import type { Unit } from './core/encode.ts';
import type { Watermark } from './core/events.ts';
import type { ListAnswer, ListPage } from './core/schedule/planned.ts';
import { makePollMovie, pollInTurn, type Place, type Polled, type PollMovie, type Steps } from './pipeline.ts';

/** What a session is worked with. */
export interface SessionWork {
  readonly coverage: Coverage;
  /** With the events goes a watermark, if any. */
  readonly publish: (unit: Unit, watermark: Watermark | null) => Promise<void>;
  readonly mark: (watermark: Watermark) => Promise<void>;
  /** Takes a change of the coverage over and publishes it. */
  readonly write: (change: Change, watermark: Watermark | null) => Promise<void>;
}

export interface PerformOptions {
  /** What is to be done, one thing after another; it outlives the sessions. */
  readonly agenda: Agenda;
  readonly steps: Omit<Steps, 'publish'> & {
    readonly list: (at: ListPage | RangePage, signal: AbortSignal) => Promise<ListAnswer>;
  };
  readonly onPolled: (movieId: number, polled: Polled) => void;
  readonly onListed: (at: ListPage | RangePage) => void;
  readonly onWritten: (change: Change) => void;
  /** A watermark is committed. */
  readonly onWatermark: (watermark: Watermark) => void;
}

/** Does one thing, and tells the agenda what came of it. */
export const makePerform = (
  { agenda, steps, onPolled, onListed, onWritten, onWatermark }: PerformOptions,
  session: SessionWork,
  signal: AbortSignal,
) => {
  const publish = async (unit: Unit): Promise<void> => {
    const watermark = agenda.watermark?.(steps.now()) ?? null; // true before these events, so with them too
    await session.publish(unit, watermark);
    if (watermark !== null) onWatermark(watermark);
  };
  const pollMovie: PollMovie = makePollMovie({ ...steps, publish });
  const step = async (movieId: number, at: Place): Promise<Polled> => {
    const polled = await pollMovie(movieId, at, signal);
    onPolled(movieId, polled);
    return polled;
  };
  return async (task: Task): Promise<void> => {
    if ('movieId' in task) {
      const { movieId } = task;
      const turn = { movieId, to: 'since' in task ? task.since : undefined };
      const polled = await pollInTurn(session.coverage, turn, async (at) => step(movieId, at));
      agenda.polled(movieId, { ...polled, items: polled.published }, steps.now());
    }
    if ('list' in task) {
      agenda.listed(task.list, await steps.list(task.list, signal), steps.now());
      onListed(task.list);
    }
    if ('change' in task) {
      await session.write(task.change, task.said ?? null);
      if (task.said) onWatermark(task.said);
      agenda.written(task.change, steps.now());
      onWritten(task.change);
    }
    if ('watermark' in task) {
      await session.mark(task.watermark);
      onWatermark(task.watermark);
    }
  };
};
