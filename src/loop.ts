import type { Task } from './core/agenda.ts';
import type { Paused } from './core/coverage.ts';
import { actionOf, isFenced, isOvertaken } from './core/errors.ts';
import type { Watermark } from './core/events.ts';
import { pauseOf } from './core/retry.ts';
import { makePause } from './pause.ts';
import { makePerform, type PerformOptions, type SessionWork } from './perform.ts';

/** What ends with a failed publish: a producer, and the checkpoints that were read after its fence. */
export interface Session extends SessionWork {
  /** The last watermark that was committed before it. */
  readonly watermark: Watermark | null;
  /** Aborted, with the reason, once the session is over: another instance has taken its place. */
  readonly ended: AbortSignal;
  readonly close: () => Promise<unknown>;
}

export interface LoopOptions extends PerformOptions {
  /** How many movies are polled at the same time: bounds memory; the limiter bounds requests. */
  readonly inFlight: number;
  readonly openSession: (signal: AbortSignal) => Promise<Session>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Waits for work, but once the signal is aborted no longer than so many ms. */
  readonly withGrace: (ms: number, signal: AbortSignal, work: Promise<unknown>) => Promise<void>;
  readonly chance: () => number;
  readonly onFailed: (task: Task, fault: unknown) => void;
  readonly onRestart: (fault: unknown) => void;
  /** Told with each session: whether an operator wants it to stand still. */
  readonly onPaused: (paused: Paused | null) => void;
}

/** A publish that has begun is awaited, also after the signal; a broker that does not answer is not, beyond this. */
const graceMs = 5000;

type Running = LoopOptions & { readonly onDone: () => void };

/** Until the agenda has nothing more; the first fault that is not one movie's ends it, once nothing is under way. */
const runSession = async (options: Running, session: Session, signal: AbortSignal): Promise<void> => {
  const { agenda, steps, rest, inFlight, withGrace, onDone } = options;
  const halt = new AbortController();
  const either = AbortSignal.any([signal, session.ended, halt.signal]);
  const perform = makePerform(options, session, either);
  const running = new Set<Promise<void>>();
  const { wake, pause } = makePause(rest, either);
  const settle = (task: Task, fault: unknown): void => {
    const action = actionOf(fault);
    const isOfOne = !either.aborted && (action === 'retry' || action === 'skip');
    if (!either.aborted && !isOfOne) halt.abort(fault);
    if (isOfOne) options.onFailed(task, fault);
    agenda.failed(task, { isOver: !isOfOne, isFinal: action === 'skip', now: steps.now() });
  };
  const begin = (task: Task): void => {
    const work: Promise<void> = perform(task)
      .then(onDone, (fault: unknown) => settle(task, fault))
      .finally(() => {
        running.delete(work);
        wake();
      });
    running.add(work);
  };
  while (!either.aborted) {
    const task = running.size < inFlight ? agenda.next(steps.now()) : { until: Infinity };
    if ('done' in task && running.size === 0) break;
    if (!('until' in task) && !('done' in task)) {
      begin(task);
      continue;
    }
    await pause('until' in task ? task.until - steps.now() : Infinity);
  }
  await withGrace(graceMs, signal, Promise.all(running));
  halt.signal.throwIfAborted();
  session.ended.throwIfAborted();
};

/** Nothing is asked and no producer is there until the session ends: somebody has written, or the partition is gone. */
const standStill = async ({ rest }: LoopOptions, session: Session, signal: AbortSignal): Promise<void> => {
  await session.close();
  await rest(Infinity, AbortSignal.any([signal, session.ended]));
};

/**
 * Works through the agenda until the signal or its end. A session that fails is thrown away, and the agenda goes on in a
 * new one; while it is paused, sessions stand still. Rejects with the fault that stops the service.
 */
export const runLoop = async (options: LoopOptions, signal: AbortSignal): Promise<void> => {
  const { agenda, rest, chance } = options;
  let last: unknown;
  for (let failures = 0; ; failures += 1) {
    let session: Session | undefined;
    let isPaused = false;
    try {
      if (failures > 0) await rest(pauseOf(failures - 1, isFenced(last), chance()), signal);
      session = await options.openSession(signal);
      const paused = session.coverage.paused();
      isPaused = paused !== null;
      options.onPaused(paused);
      const onDone = (): void => {
        failures = 0;
      };
      if (isPaused) {
        onDone();
        await standStill(options, session, signal);
        continue;
      }
      agenda.open(session.coverage, options.steps.now(), session.watermark);
      await runSession({ ...options, onDone }, session, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      last = session?.ended.aborted === true ? session.ended.reason : error;
      if (actionOf(last) !== 'restart') throw last;
      // How a pause ends; a session that cannot be opened after it is a fault like any other.
      if (!isPaused || !isOvertaken(last)) options.onRestart(last);
    } finally {
      await session?.close();
    }
  }
};
