import type { Task } from '../core/agenda.ts';
import { ServiceError } from '../core/errors.ts';
import { errorFields, type Logger } from '../log.ts';
import type { Polled } from '../pipeline.ts';

const totalsEveryMs = 60_000;

const isGone = (fault: unknown): boolean => fault instanceof ServiceError && fault.code === 'TMDB_NOT_FOUND';

/** How many movies were polled since the last look, and which could not be. */
const makeTally = (url: string) => {
  const failed = new Map<number, unknown>();
  let polled = 0;
  /** What is to be said: every movie 404 is no 404 but a wrong address. */
  const problem = (): string | null => {
    const [faults, all] = [[...failed.values()], polled + failed.size];
    const unread = faults.filter((fault) => !isGone(fault));
    const last = unread.at(-1);
    if (faults.length > 0 && polled === 0 && unread.length === 0)
      return `every watched movie is unknown at ${url}: check TMDB_URL`;
    if (last === undefined) return null;
    return `${unread.length} of ${all} movies could not be read (the last: ${last instanceof Error ? last.message : ''})`;
  };
  return {
    problem,
    polled: (movieId: number): void => {
      polled += 1;
      failed.delete(movieId);
    },
    failed: (movieId: number, fault: unknown): void => void failed.set(movieId, fault),
    begin: (): void => {
      failed.clear();
      polled = 0;
    },
  };
};

const none = { polls: 0, lists: 0, published: 0, rejected: 0, late: 0, failed: 0 };

const boundOf = ({ bound }: Polled['window'], { since, from }: Polled['checkpoint']) =>
  bound === 'from' ? { from } : { since };

/** What is logged and counted. A poll that published is info, one that found nothing debug, totals once a minute. */
export const makeReport = (log: Logger, { url, once }: { url: string; once: boolean }) => {
  const tally = makeTally(url);
  let [totals, restarts] = [none, { count: 0, saidAt: -Infinity }];
  const timer = setInterval(() => {
    log.info(totals, 'totals of the last minute');
    totals = none;
    if (once) return;
    const problem = tally.problem();
    tally.begin();
    if (problem !== null) log.error(problem);
  }, totalsEveryMs);
  timer.unref();
  const add = (more: Partial<typeof none>): void => {
    const names = Object.keys(more) as (keyof typeof none)[]; // of a part of it
    totals = { ...totals, ...Object.fromEntries(names.map((name) => [name, totals[name] + (more[name] ?? 0)])) };
  };
  return {
    onListed: (): void => add({ lists: 1 }),
    onPolled: (movieId: number, { published, rejected, outside, late, checkpoint, window }: Polled): void => {
      tally.polled(movieId);
      add({ polls: 1, published, rejected, late });
      const fields = { movieId, published, rejected, outside, ...boundOf(window, checkpoint) };
      log[published > 0 ? 'info' : 'debug'](fields, 'polled');
    },
    onFailed: (task: Task, fault: unknown): void => {
      add({ failed: 1 });
      if ('movieId' in task) tally.failed(task.movieId, fault);
      log.warn({ ...task, ...errorFields(fault) }, 'movieId' in task ? 'movie left for later' : 'list left for later');
    },
    onRestart: (fault: unknown): void => {
      restarts = { ...restarts, count: restarts.count + 1 };
      if (performance.now() - restarts.saidAt < totalsEveryMs) return;
      log.warn({ sessions: restarts.count, ...errorFields(fault) }, 'session ended, a new one is opened');
      restarts = { count: 0, saidAt: performance.now() };
    },
    /** What `once` leaves to be said. */
    problem: tally.problem,
    close: () => clearInterval(timer),
  };
};
