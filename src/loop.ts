import type { Checkpoint } from './core/checkpoint.ts';
import type { Change, Coverage } from './core/coverage.ts';
import { actionOf, isFenced, ServiceError } from './core/errors.ts';
import { pauseOf } from './core/retry.ts';
import { makePollMovie, type Polled, type PollMovie, type Steps } from './pipeline.ts';

/** What ends with a failed publish: a producer, and the checkpoints that were read after its fence. */
export interface Session {
  readonly coverage: Coverage;
  readonly publish: Steps['publish'];
  /** Publishes a change of the coverage, and takes it over. */
  readonly write: (change: Change) => Promise<void>;
  /** Aborted, with the reason, once the session is over: another instance has taken its place. */
  readonly ended: AbortSignal;
  readonly close: () => Promise<unknown>;
}

export interface LoopOptions {
  readonly movies: readonly number[];
  readonly once: boolean;
  readonly intervalMs: number;
  /** How many movies are polled at the same time: bounds memory; the limiter bounds requests. */
  readonly inFlight: number;
  readonly steps: Omit<Steps, 'publish'>;
  readonly openSession: (signal: AbortSignal) => Promise<Session>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits for work, but once the signal is aborted no longer than so many ms. */
  readonly withGrace: (ms: number, signal: AbortSignal, work: Promise<unknown>) => Promise<void>;
  readonly chance: () => number;
  readonly onPolled: (movieId: number, polled: Polled) => void;
  readonly onFailed: (movieId: number, fault: unknown) => void;
  readonly onRestart: (fault: unknown) => void;
  readonly onRound: (round: Round) => void;
}

/** One pass over all movies. What is not read stays in `pending` through a restart. */
export interface Round {
  readonly startedAt: number;
  readonly pending: Set<number>;
  readonly failed: Map<number, unknown>;
}

const startRound = (movies: readonly number[]): Round => ({
  startedAt: performance.now(),
  pending: new Set(movies),
  failed: new Map(),
});

const stale = (): ServiceError =>
  new ServiceError('TMDB_UNREADABLE', 'TMDB gave an old copy or no date: the days in between are asked for again');

/** Window after window until one reaches to now. Throws where an answer does not bring the movie any further. */
const pollToNow = async (movieId: number, { coverage }: Session, step: (at: Checkpoint) => Promise<Polled>) => {
  for (;;) {
    const before = coverage.at(movieId);
    if (before === undefined) throw new Error(`movie ${movieId} has no checkpoint`);
    const { checkpoint, window } = await step(before);
    coverage.put(movieId, checkpoint);
    if (window.take.end === null) return;
    if (checkpoint.from === before.from) throw stale();
  }
};

/** A publish that has begun is awaited, also after the signal; a broker that does not answer is not, beyond this. */
const graceMs = 5000;

/** Works through what is pending; the first fault that is not one movie's ends it, once nothing is under way. */
const runRound = async (
  round: Round,
  session: Session,
  { options, signal }: { options: LoopOptions; signal: AbortSignal },
) => {
  const halt = new AbortController();
  const either = AbortSignal.any([signal, session.ended, halt.signal]);
  const pollMovie: PollMovie = makePollMovie({ ...options.steps, publish: session.publish });
  const step = async (movieId: number, at: Checkpoint): Promise<Polled> => {
    const polled = await pollMovie(movieId, at, either);
    options.onPolled(movieId, polled);
    return polled;
  };
  const settle = (movieId: number, fault: unknown): void => {
    if (either.aborted) return;
    if (!['retry', 'skip'].includes(actionOf(fault))) {
      halt.abort(fault);
      return;
    }
    round.failed.set(movieId, fault);
    round.pending.delete(movieId);
    options.onFailed(movieId, fault);
  };
  const queue = [...round.pending].values();
  const work = async (): Promise<void> => {
    for (const movieId of queue) {
      if (either.aborted) return;
      const polled = pollToNow(movieId, session, async (at) => step(movieId, at));
      await polled.then(
        () => round.pending.delete(movieId),
        (fault: unknown) => settle(movieId, fault),
      );
    }
  };
  await options.withGrace(graceMs, signal, Promise.all(Array.from({ length: options.inFlight }, work)));
  halt.signal.throwIfAborted();
  session.ended.throwIfAborted();
};

/**
 * Round after round until the signal, or one with `once`. A session that fails is thrown away, and the round goes on in
 * a new one with what is left of it. Rejects with the fault that stops the service.
 */
export const runLoop = async (options: LoopOptions, signal: AbortSignal): Promise<void> => {
  let round = startRound(options.movies);
  let last: unknown;
  for (let failures = 0; ; failures += 1) {
    let session: Session | undefined;
    try {
      if (failures > 0) await options.rest(pauseOf(failures - 1, isFenced(last), options.chance()), signal);
      session = await options.openSession(signal);
      const either = AbortSignal.any([signal, session.ended]);
      for (; ; round = startRound(options.movies)) {
        await runRound(round, session, { options, signal });
        if (signal.aborted) return;
        failures = 0;
        options.onRound(round);
        if (options.once) return;
        await options.rest(round.startedAt + options.intervalMs - performance.now(), either);
      }
    } catch (error) {
      if (signal.aborted) return;
      last = session?.ended.aborted === true ? session.ended.reason : error;
      if (actionOf(last) !== 'restart') throw last;
      options.onRestart(last);
    } finally {
      await session?.close();
    }
  }
};
