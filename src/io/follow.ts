import { makeRing, type LiveEvent } from '../core/ring.ts';

/** Takes what was committed, and the sign that what there was is read. */
export interface Listener {
  readonly add: (events: readonly LiveEvent[]) => void;
  readonly fill: () => void;
}

export interface FollowOptions {
  /** Reads from shortly before the end of the topics until the signal. Rejects with what ended it before. */
  readonly follow: (listener: Listener, signal: AbortSignal) => Promise<void>;
  readonly onFault: (error: unknown) => void;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How long reading goes on after nobody looks any more, in ms. Default: a minute. */
  readonly lingerMs?: number;
}

const retryMs = 5000;

/** Reads for as long as pages are open and shortly after. What is read is kept until then, and no longer. */
export const makeReader = ({ follow, onFault, rest, lingerMs = 60_000 }: FollowOptions) => {
  let ring = makeRing();
  let reading: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null;
  let timer: NodeJS.Timeout | undefined;
  const keepReading = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await follow(ring, signal).catch(onFault);
      await rest(retryMs, signal).catch(() => undefined);
    }
  };
  const stop = async (): Promise<void> => {
    clearTimeout(timer);
    const { stop: controller, ended } = reading ?? {};
    [reading, ring] = [null, makeRing()];
    controller?.abort();
    await ended;
  };
  return {
    ring: () => ring,
    start: (): void => {
      clearTimeout(timer);
      if (reading !== null) return;
      const controller = new AbortController();
      reading = { stop: controller, ended: keepReading(controller.signal) };
    },
    linger: (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void stop(), lingerMs);
      timer.unref();
    },
    stop,
  };
};
