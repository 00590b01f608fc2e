import type { Task } from './core/agenda.ts';
import type { Unit } from './core/encode.ts';
import type { LoopOptions, Session } from './loop.ts';
import { makePollMovie, pollInTurn, type Place, type Polled, type PollMovie } from './pipeline.ts';

/** Does one thing, and tells the agenda what came of it. */
export const makePerform = (
  { agenda, steps, onPolled, onListed, onWritten, onWatermark }: LoopOptions,
  session: Session,
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
