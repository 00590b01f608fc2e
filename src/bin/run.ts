import { ServiceError, usageError } from '../core/errors.ts';
import { idsOf } from '../core/watch.ts';
import { errorFields, type Logger } from '../log.ts';
import { runLoop, type Round } from '../loop.ts';
import type { Polled } from '../pipeline.ts';
import { openService } from '../session.ts';
import { start, untilStopped } from './start.ts';

const totalsEveryMs = 60_000;

/** What is logged and counted. A poll that published is info, one that found nothing debug, totals once a minute. */
const makeReport = (log: Logger) => {
  let totals = { polls: 0, published: 0, rejected: 0, failed: 0 };
  const timer = setInterval(() => {
    log.info(totals, 'totals of the last minute');
    totals = { polls: 0, published: 0, rejected: 0, failed: 0 };
  }, totalsEveryMs);
  timer.unref();
  let restarts = { count: 0, saidAt: -Infinity };
  return {
    onPolled: (movieId: number, { published, rejected, outside, checkpoint }: Polled): void => {
      totals = {
        ...totals,
        polls: totals.polls + 1,
        published: totals.published + published,
        rejected: totals.rejected + rejected,
      };
      log[published > 0 ? 'info' : 'debug']({ movieId, published, rejected, outside, from: checkpoint.from }, 'polled');
    },
    onFailed: (movieId: number, fault: unknown): void => {
      totals = { ...totals, failed: totals.failed + 1 };
      log.warn({ movieId, ...errorFields(fault) }, 'movie left for the next round');
    },
    onRestart: (fault: unknown): void => {
      restarts = { ...restarts, count: restarts.count + 1 };
      if (performance.now() - restarts.saidAt < totalsEveryMs) return;
      log.warn({ sessions: restarts.count, ...errorFields(fault) }, 'session ended, a new one is opened');
      restarts = { count: 0, saidAt: performance.now() };
    },
    close: () => clearInterval(timer),
  };
};

const isGone = (fault: unknown): boolean => fault instanceof ServiceError && fault.code === 'TMDB_NOT_FOUND';

/** What a round leaves to be said: every movie 404 is no 404 but a wrong address. */
const problemOf = ({ failed }: Round, movies: number, url: string): string | null => {
  const faults = [...failed.values()];
  if (faults.length === movies && faults.every(isGone))
    return `every watched movie is unknown at ${url}: check TMDB_URL`;
  const unread = faults.filter((fault) => !isGone(fault));
  const last = unread.at(-1);
  if (last === undefined) return null;
  return `${unread.length} of ${movies} movies could not be read (the last: ${last instanceof Error ? last.message : ''})`;
};

/** The main job. Rejects with the fault that stops it. */
export const run = async ({ once }: { once: boolean }): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN', 'WATCH']);
  const { log } = world;
  if (config.WATCH?.kind === 'all') throw usageError(['WATCH: all is not polled yet: name movie ids, or @file']);
  const movies = idsOf(config.WATCH);
  await untilStopped(async (signal) => {
    const service = await openService({ config, world, once }, signal);
    const report = makeReport(log);
    const onRound = (round: Round): void => {
      const problem = problemOf(round, movies.length, config.TMDB_URL);
      log.debug({ movies: movies.length, failed: round.failed.size }, 'round done');
      if (problem !== null && once) throw new ServiceError('INCOMPLETE', problem);
      if (problem !== null) log.error({ failed: round.failed.size }, problem);
    };
    const intervalMs = config.POLL_INTERVAL_SECONDS * 1000;
    const { steps, openSession, rest, withGrace } = service;
    const options = {
      movies,
      once,
      intervalMs,
      inFlight: 8 * config.TMDB_CONNECTIONS,
      steps,
      openSession,
      rest,
      withGrace,
      chance: world.chance,
    };
    log.info({ movies: movies.length, once }, 'started');
    try {
      await runLoop({ ...options, ...report, onRound }, signal);
    } finally {
      report.close();
      await service.close();
      log.info('stopped');
    }
  }, config);
};
