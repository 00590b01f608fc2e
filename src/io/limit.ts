import Bottleneck from 'bottleneck';

export interface LimitOptions {
  readonly requestsPerSecond: number;
  readonly connections: number;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** See `io/rest.ts`. */
  readonly unlessAborted: <T>(work: Promise<T>, signal: AbortSignal) => Promise<T>;
}

/** The one request budget: an even pace, no bursts, and a pause that all requests share. */
export interface Limit {
  /** Runs the call in its turn. A retry is a new call of `schedule`: inside the call it would escape the pace. */
  readonly schedule: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Nothing starts for so many ms from now. */
  readonly pause: (ms: number) => void;
}

const closed = Symbol('paused');

export const makeLimit = ({ requestsPerSecond, connections, rest, unlessAborted }: LimitOptions): Limit => {
  const limiter = new Bottleneck({ minTime: 1000 / requestsPerSecond, maxConcurrent: connections });
  let pausedUntil = 0; // on the monotonic clock: a clock that is set does not lengthen a pause
  const untilOpen = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const left = pausedUntil - performance.now();
      if (left <= 0) return;
      await rest(left, signal);
    }
  };
  return {
    schedule: async (call, signal) => {
      for (;;) {
        await untilOpen(signal);
        // A job whose turn comes during a pause gives it up and queues again, so that no burst follows the pause.
        const turn = limiter.schedule(async () => {
          signal.throwIfAborted();
          return pausedUntil > performance.now() ? closed : call();
        });
        const done = await unlessAborted(turn, signal);
        if (done !== closed) return done;
      }
    },
    pause: (ms) => {
      pausedUntil = Math.max(pausedUntil, performance.now() + ms);
    },
  };
};
