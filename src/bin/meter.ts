import type { SingleBar } from 'cli-progress';
import type { Logger } from '../log.ts';

/** How far the work is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  readonly unit: string;
  /** Those that are known of: another instance's pages of lists are not. */
  readonly requests: number;
  readonly events: number;
}

const logEveryMs = 30_000;
/** The rate is that of so many ms. */
const rateMs = 30_000;

const sayLeft = (seconds: number | null): string => {
  if (seconds === null) return 'time left not known yet';
  if (seconds < 90) return `${Math.round(seconds)} s left`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min left` : `${Math.round(seconds / 3600)} h left`;
};

const format = '{bar} {value}/{total} {unit} | {rate} requests/s | {events} events | {left}';

const makeBar = async (stream: NodeJS.WriteStream): Promise<SingleBar> => {
  // Loaded where somebody looks at it alone.
  const { default: progress } = await import('cli-progress');
  return new progress.SingleBar(
    { format, stream, hideCursor: true, stopOnComplete: false },
    progress.Presets.shades_classic,
  );
};

/** Shows progress: a bar on a terminal, else a line of the log now and then. */
export const makeMeter = async (log: Logger, stream: NodeJS.WriteStream, work = 'backfill') => {
  const bar = stream.isTTY ? await makeBar(stream) : null;
  const past: { readonly at: number; readonly requests: number; readonly done: number }[] = [];
  let [isStarted, loggedAt] = [false, performance.now()];
  return {
    show: (progress: Progress): void => {
      const { done, total, unit, requests, events } = progress;
      const at = performance.now();
      past.push({ at, requests, done });
      while ((past[1]?.at ?? at) < at - rateMs) past.shift();
      const seconds = Math.max(1, (at - (past[0]?.at ?? at)) / 1000);
      const rate = ((requests - (past[0]?.requests ?? requests)) / seconds).toFixed(1);
      const speed = (done - (past[0]?.done ?? done)) / seconds;
      const left = sayLeft(speed > 0 ? (total - done) / speed : null);
      if (bar !== null && !isStarted) bar.start(total, done, { unit, rate, events, left });
      isStarted = true;
      bar?.setTotal(total);
      bar?.update(done, { unit, rate, events, left });
      if (bar !== null || at < loggedAt + logEveryMs) return;
      loggedAt = at;
      log.info({ done, total, unit, requestsPerSecond: Number(rate), events, left }, work);
    },
    close: (): void => bar?.stop(),
  };
};
export type Meter = Awaited<ReturnType<typeof makeMeter>>;
