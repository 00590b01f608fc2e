import type { Agenda } from '../core/agenda.ts';
import type { LoopOptions } from '../loop.ts';
import { clock, codeOf, type Observed } from './observe.ts';
import type { Polled } from '../pipeline.ts';

/** A poll counts when all of it is committed. */
const makeOnPolled =
  ({ health, activity, metrics, letters, now }: Observed) =>
  ({ told, window, published }: Polled): void => {
    const isLive = window.bound === 'from';
    for (const each of told) {
      const delay = isLive && 'changedAt' in each ? Math.max(0, now() - each.changedAt) / 1000 : null;
      metrics.committed(each, delay);
      if ('changedAt' in each) activity.changed(delay, clock());
      else letters.published(each.key);
    }
    metrics.polled(published > 0 ? 'changed' : 'unchanged');
    health.polled(clock());
  };

/** The agenda, and when it asks for the next poll. */
const followAgenda = (agenda: Agenda, { health, standing }: Observed): Agenda => ({
  ...agenda,
  next: (at) => {
    const task = agenda.next(at);
    health.turned(clock());
    standing.nextPollAt = 'until' in task ? task.until : at;
    return task;
  },
});

/** How sessions are opened, and that one is open. */
const followSessions =
  (open: LoopOptions['openSession'], { health, letters, standing }: Observed): LoopOptions['openSession'] =>
  async (signal) => {
    const session = await open(signal);
    standing.coverage = session.coverage;
    health.opened(clock());
    letters.opened();
    const close = async (): Promise<unknown> => {
      standing.coverage = null;
      health.ended(false);
      return session.close();
    };
    return { ...session, close };
  };

/** The loop's options with all that the loop asks for and does told as well: nothing of it changes what is done. */
export const makeFollow =
  (observed: Observed, failed: (fault: unknown) => void) =>
  (loop: LoopOptions): LoopOptions => {
    const { health, metrics, told } = observed;
    const count = makeOnPolled(observed);
    return {
      ...loop,
      agenda: followAgenda(loop.agenda, observed),
      openSession: followSessions(loop.openSession, observed),
      onPolled: (movieId, polled) => {
        count(polled);
        loop.onPolled(movieId, polled);
      },
      onListed: (at) => {
        health.polled(clock());
        loop.onListed(at);
      },
      onWatermark: (watermark) => {
        told.completeness = {
          observedThrough: watermark.observed_through,
          completeThrough: watermark.complete_through,
        };
        loop.onWatermark(watermark);
      },
      onPaused: (paused) => {
        told.paused = paused;
        health.paused(paused !== null, clock());
        loop.onPaused(paused);
      },
      onFailed: (task, fault) => {
        failed(fault);
        if ('movieId' in task) metrics.polled(codeOf(fault) === 'TMDB_NOT_FOUND' ? 'gone' : 'failed');
        loop.onFailed(task, fault);
      },
      onRestart: (fault) => {
        failed(fault);
        health.ended(codeOf(fault) !== 'SESSION_ENDED');
        loop.onRestart(fault);
      },
    };
  };
