import { makeDelays, makeRate } from './recent.ts';
import type { Lane } from './tell.ts';

/** A fault that was met last; `count`: so often since the start. */
export interface LastFault {
  readonly code: string;
  readonly count: number;
  /** Ms since 1970. */
  readonly at: number;
}

/** What this instance does. `now` is ms of a clock that is never set. */
export const makeActivity = (startedAt: number) => {
  const requests = makeRate(30, startedAt);
  const changes = makeRate(60, startedAt);
  const delays = makeDelays();
  const waiting: Record<Lane, number> = { live: 0, discovery: 0, backfill: 0 };
  const faults = new Map<string, number>();
  let lastFault: LastFault | null = null;
  return {
    requested: (now: number): void => requests.add(1, now),
    /** An event was committed; of live polling, so many seconds after its change. */
    changed: (delay: number | null, now: number): void => {
      changes.add(1, now);
      if (delay !== null) delays.add(delay, now);
    },
    /** A request waits until what is given is called. */
    waits: (lane: Lane): (() => void) => {
      let isOver = false;
      waiting[lane] += 1;
      return () => {
        if (!isOver) waiting[lane] -= 1;
        isOver = true;
      };
    },
    failed: (code: string, at: number): void => {
      const count = (faults.get(code) ?? 0) + 1;
      faults.set(code, count);
      lastFault = { code, count, at };
    },
    waiting: (): Readonly<Record<Lane, number>> => ({ ...waiting }),
    read: (now: number) => ({
      delay: delays.read(now, 0.95),
      requestsPerSecond: requests.perSecond(now),
      changesPerSecond: changes.perSecond(now),
      lastFault,
    }),
  };
};
export type Activity = ReturnType<typeof makeActivity>;
