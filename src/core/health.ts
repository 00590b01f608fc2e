import {
  makeState,
  read,
  type GroupSign,
  type HealthOptions,
  type Reading,
  type State,
  type Trouble,
} from './checks.ts';

/** How this instance is, told by events. All times are ms of a clock that is never set. */
export const makeHealth = (options: HealthOptions) => {
  const state = makeState(options);
  const set = (change: Partial<State>): void => void Object.assign(state, change);
  return {
    /** The loop does its next thing, or one of its requests or transactions has ended. */
    turned: (now: number): void => set({ turnedAt: now }),
    sign: (sign: GroupSign, now: number): void => {
      if (sign === 'lost') set({ sign, hasFailed: state.hasFailed || state.sign !== null });
      else set({ sign, signAt: now, hasFailed: state.hasFailed && sign !== 'member' });
    },
    opened: (now: number): void =>
      set({ isOpen: true, hasFailed: false, turnedAt: now, progressAt: now, trouble: null }),
    /** A session has ended; `isFault`: not by another instance or session, which is no fault of Kafka's. */
    ended: (isFault: boolean): void => set({ isOpen: false, trouble: null, hasFailed: state.hasFailed || isFault }),
    paused: (isPaused: boolean, now: number): void => set({ isPaused, turnedAt: now, progressAt: now }),
    /** A movie or a page of a list was polled. */
    polled: (now: number): void => set({ progressAt: now }),
    /** TMDB has answered as it should. */
    answered: (now: number): void => {
      if (state.trouble !== null) set({ trouble: null, progressAt: now });
    },
    troubled: (code: Trouble['code'], now: number): void => {
      state.trouble ??= { code, since: now };
    },
    held: (until: number): void => set({ heldUntil: Math.max(state.heldUntil, until) }),
    stopping: (): void => set({ isStopping: true }),
    read: (now: number): Reading => read(state, options, now),
  };
};
export type Health = ReturnType<typeof makeHealth>;
