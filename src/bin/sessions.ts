import type { Paused } from '../core/coverage.ts';
import { isFenced, isOvertaken } from '../core/errors.ts';
import { sayPaused, untilResumed } from '../core/paused.ts';
import { errorFields, type Logger } from '../log.ts';

const sayEveryMs = 60_000;

/** Sessions that ended, told once a minute where it is a fault; by a command, or by another instance, it is none. */
export const makeOnRestart = (log: Logger) => {
  let restarts = { count: 0, saidAt: -Infinity };
  return (fault: unknown): void => {
    if (isOvertaken(fault)) {
      const why = isFenced(fault) ? 'another producer has taken the transactional id' : (fault as Error).message;
      log.info({ why }, 'session ended by another, a new one is opened');
      return;
    }
    restarts = { ...restarts, count: restarts.count + 1 };
    if (performance.now() - restarts.saidAt < sayEveryMs) return;
    log.warn({ sessions: restarts.count, ...errorFields(fault) }, 'session ended, a new one is opened');
    restarts = { count: 0, saidAt: performance.now() };
  };
};

/** Says of each pause once that it began, and that it is over. */
export const makeOnPaused = (log: Logger) => {
  let said: Paused | null = null;
  return (paused: Paused | null): void => {
    if (paused === null && said !== null) log.info('the pause is over');
    if (paused !== null && paused.at !== said?.at) log.warn(`${sayPaused(paused)}: ${untilResumed}`);
    said = paused;
  };
};
