import { setTimeout } from 'node:timers/promises';
import { ServiceError } from '../core/errors.ts';

/** Waits `ms`, at most the 24.8 days that a timer can hold. Rejects with an AbortError once the signal is aborted. */
export const rest = async (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(Math.min(Math.max(ms, 0), 2 ** 31 - 1), undefined, { signal });

/** What the promise gives, or at once the signal's reason: for work that knows no signal. It goes on behind our back. */
export const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });

/** Gives work that should be quick a time limit, and then goes on without it; its failure does not matter. */
export const atMost = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const limit = new AbortController();
  await Promise.race([
    work.catch(() => undefined),
    setTimeout(ms, undefined, { signal: limit.signal }).catch(() => undefined),
  ]);
  limit.abort();
};

/** Work under a time limit of its own and the signal of its caller; neither leaves a listener or a timer behind. */
export const within = async <T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const limit = new AbortController();
  const onAbort = (): void => limit.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = globalThis.setTimeout(
    () => limit.abort(new DOMException(`no end after ${ms / 1000} s`, 'TimeoutError')),
    ms,
  );
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
};

/** Waits for work, but once the signal is aborted no longer than so many ms. */
export const withGrace = async (ms: number, signal: AbortSignal, work: Promise<unknown>): Promise<void> => {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timers: NodeJS.Timeout[] = [];
  const onAbort = (): void => void timers.push(globalThis.setTimeout(() => resolve(undefined), ms));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([work, over]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
};

/**
 * Calls back when the clock has been set, until the signal: it and the monotonic clock are further apart or closer by
 * more than a second. bottleneck and kafkajs measure by the clock, and one that is set back would hold them up for long.
 */
export const onClockSet = (now: () => number, signal: AbortSignal, act: () => void): void => {
  let apart = now() - performance.now();
  const timer = setInterval(() => {
    const moved = Math.abs(now() - performance.now() - apart);
    apart = now() - performance.now();
    if (moved > 1000) act();
  }, 500);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
};

/** How long a command waits at start for what it needs, and how often it says so, in ms. */
export const patienceMs = 60_000;
const sayEveryMs = 5000;

const unreachable = new Set<unknown>(['KAFKA_UNREACHABLE', 'REGISTRY_UNREACHABLE']);

/** Tries until it works, a minute at most. Only a thing out of reach is waited for; any other fault ends it at once. */
export const patiently = async <T>(
  attempt: () => Promise<T>,
  { log }: { readonly log: { readonly warn: (fields: object, message: string) => void } },
  signal: AbortSignal,
): Promise<T> => {
  const startedAt = performance.now();
  for (let said = 0; ;) {
    try {
      return await unlessAborted(attempt(), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ServiceError) || !unreachable.has(error.code)) throw error;
      const waited = performance.now() - startedAt;
      if (waited > patienceMs) throw error;
      if (waited >= said) {
        log.warn({ code: error.code, waitedSeconds: Math.round(waited / 1000) }, error.message);
        said += sayEveryMs;
      }
    }
    await rest(1000, signal);
  }
};
