import type { Task } from '../core/agenda.ts';
import type { Change } from '../core/coverage.ts';
import type { Watermark } from '../core/events.ts';
import { errorFields, type Logger } from '../log.ts';
import type { Polled } from '../pipeline.ts';
import { makeOnPaused, makeOnRestart } from './sessions.ts';
import { makeTally, type Page } from './tally.ts';

const totalsEveryMs = 60_000;

const none = { polls: 0, lists: 0, published: 0, rejected: 0, late: 0, failed: 0 };

/** Totals since they were taken last. */
const makeTotals = () => {
  let totals = none;
  return {
    add: (more: Partial<typeof none>): void => {
      const names = Object.keys(more) as (keyof typeof none)[]; // of a part of it
      totals = { ...totals, ...Object.fromEntries(names.map((name) => [name, totals[name] + (more[name] ?? 0)])) };
    },
    take: (): typeof none => {
      const taken = totals;
      totals = none;
      return taken;
    },
  };
};

const boundOf = ({ bound }: Polled['window'], { since, from }: Polled['checkpoint']) =>
  bound === 'from' ? { from } : { since };

/** What is logged and counted. A poll that published is info, one that found nothing debug, totals once a minute. */
export const makeReport = (log: Logger, { url, once }: { url: string; once: boolean }) => {
  const tally = makeTally(url);
  const { add, take } = makeTotals();
  const timer = setInterval(() => {
    log.info(take(), 'totals of the last minute');
    if (once) return;
    const problem = tally.problem();
    tally.begin();
    if (problem !== null) log.error(problem);
  }, totalsEveryMs);
  timer.unref();
  return {
    onListed: (at: Page): void => {
      tally.listed(at);
      add({ lists: 1 });
    },
    onPolled: (movieId: number, { published, rejected, outside, late, checkpoint, window }: Polled): void => {
      tally.polled(movieId);
      add({ polls: 1, published, rejected, late });
      const fields = { movieId, published, rejected, outside, ...boundOf(window, checkpoint) };
      log[published > 0 ? 'info' : 'debug'](fields, 'polled');
    },
    /** With WATCH=all, how far everything is published. */
    onWritten: ({ frontier }: Change): void => {
      if (frontier !== undefined) log.info(frontier, 'everything is published from since up to through');
    },
    onWatermark: (watermark: Watermark): void => log.debug(watermark, 'watermark'),
    onFailed: (task: Task, fault: unknown): void => {
      add({ failed: 1 });
      tally.failed(task, fault);
      log.warn({ ...task, ...errorFields(fault) }, 'movieId' in task ? 'movie left for later' : 'list left for later');
    },
    onRestart: makeOnRestart(log),
    onPaused: makeOnPaused(log),
    /** What `once` leaves to be said. */
    problem: tally.problem,
    close: () => clearInterval(timer),
  };
};
