import Bottleneck from 'bottleneck';
import type { Tell } from '../core/tell.ts';

export interface LimitOptions extends Pick<Tell, 'onThrottled'> {
  readonly requestsPerSecond: number;
  readonly connections: number;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** See `io/rest.ts`. */
  readonly unlessAborted: <T>(work: Promise<T>, signal: AbortSignal) => Promise<T>;
  /** See `io/rest.ts`. */
  readonly onClockSet: (signal: AbortSignal, act: () => void) => void;
}

/** The one request budget: an even pace, no bursts, and a pause that all requests share. */
export interface Limit {
  /** Runs the call in its turn. A retry is a new call of `schedule`: inside the call it would escape the pace. */
  readonly schedule: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Nothing starts for so many ms from now. */
  readonly pause: (ms: number) => void;
  /** Lets go of what still waits for its turn. */
  readonly close: () => Promise<void>;
}

/** The call was not made: it queues again. */
const closed = Symbol('closed');

/** First come, first served. Only what could start is handed to bottleneck: what is aborted there still takes its turn. */
const makeSlots = (count: number, unlessAborted: LimitOptions['unlessAborted']) => {
  const waiting: (() => void)[] = [];
  let free = count;
  const acquire = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const grant = (): void => resolve(undefined);
    waiting.push(grant);
    await unlessAborted(promise, signal).catch((error: unknown) => {
      const place = waiting.indexOf(grant);
      if (place >= 0) waiting.splice(place, 1);
      else release(); // it was granted in the meantime
      throw error;
    });
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return { acquire, release };
};

/** bottleneck, begun anew when the clock is set: one that is set back would hold every request up for as long. */
const makePace = ({ requestsPerSecond, connections, onClockSet }: LimitOptions) => {
  const over = new AbortController();
  const begin = () => new Bottleneck({ minTime: 1000 / requestsPerSecond, maxConcurrent: connections });
  let limiter = begin();
  // What waits there is let go of, and queues again; what has started goes on.
  const drop = async (): Promise<void> => limiter.stop({ dropWaitingJobs: true });
  onClockSet(over.signal, () => {
    void drop().catch(() => undefined);
    limiter = begin();
  });
  return {
    turn: async <T>(call: () => Promise<T>): Promise<T | typeof closed> =>
      limiter.schedule(call).catch((error: unknown) => {
        if (error instanceof Bottleneck.BottleneckError && !over.signal.aborted) return closed;
        throw error;
      }),
    close: async (): Promise<void> => {
      over.abort();
      await drop();
    },
  };
};

export const makeLimit = (options: LimitOptions): Limit => {
  const { connections, rest, unlessAborted, onThrottled } = options;
  const pace = makePace(options);
  let pausedUntil = 0; // on the monotonic clock: a clock that is set does not lengthen a pause
  const untilOpen = async (signal: AbortSignal): Promise<void> => {
    for (;;) {
      const left = pausedUntil - performance.now();
      if (left <= 0) return;
      await rest(left, signal);
    }
  };
  const { acquire, release } = makeSlots(connections, unlessAborted);
  const take = async <T>(call: () => Promise<T>, signal: AbortSignal): Promise<T | typeof closed> => {
    await acquire(signal);
    // A job whose turn comes during a pause gives it up and queues again, so that no burst follows the pause.
    const turn = pace.turn(async () => {
      signal.throwIfAborted();
      return pausedUntil > performance.now() ? closed : call();
    });
    return unlessAborted(turn.finally(release), signal);
  };
  return {
    schedule: async (call, signal) => {
      for (;;) {
        await untilOpen(signal);
        const done = await take(call, signal);
        if (done !== closed) return done;
      }
    },
    pause: (ms) => {
      const now = performance.now();
      const longerMs = now + ms - Math.max(pausedUntil, now);
      if (longerMs <= 0) return;
      pausedUntil = now + ms;
      onThrottled(longerMs);
    },
    close: pace.close,
  };
};
