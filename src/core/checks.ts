// What is known of this instance, and what it amounts to. All times are ms of a clock that is never set.

/** What the group says: we are its member with or without the partition, it is dividing anew, or it is out of reach. */
export type GroupSign = 'owner' | 'member' | 'rebalancing' | 'lost';

export type Word = 'starting' | 'live' | 'standby' | 'paused' | 'degraded' | 'stuck' | 'waiting' | 'stopping';

export interface Check {
  readonly name: 'loop' | 'session' | 'tmdb' | 'progress' | 'end';
  readonly isOk: boolean;
  readonly detail: string;
}

export interface Trouble {
  readonly code: 'TMDB_UNAVAILABLE' | 'TMDB_UNREADABLE';
  /** Of the first request without a good answer after it. */
  readonly since: number;
}

export interface Reading {
  /** A restart would not help. */
  readonly isLive: boolean;
  /** Our Kafka side works, whatever our role. */
  readonly isReady: boolean;
  readonly word: Word;
  readonly degraded: Trouble | null;
  readonly checks: readonly Check[];
}

export interface HealthOptions {
  readonly startedAt: number;
  /** Of the consumer group, in ms. */
  readonly sessionTimeoutMs: number;
  /** From one poll of anything to the next where nothing changes, in ms. */
  readonly expectedMs: number;
}

const loopMs = 120_000;
const leastProgressMs = 300_000;
/** One request that fails is tried again; after so long without a good answer it is TMDB. */
const troubleMs = 10_000;

export const makeState = ({ startedAt }: HealthOptions) => ({
  turnedAt: startedAt,
  progressAt: startedAt,
  sign: null as GroupSign | null,
  signAt: startedAt,
  isOpen: false,
  /** A session ended by a fault of Kafka's, or the group was lost, and neither a session nor a place as standby since. */
  hasFailed: false,
  isPaused: false,
  isStopping: false,
  /** The limiter lets nothing through before. */
  heldUntil: startedAt,
  trouble: null as Trouble | null,
});
export type State = ReturnType<typeof makeState>;

const secondsOf = (ms: number): string => `${Math.floor(ms / 1000)} s`;
const lengthOf = (ms: number): string => (ms < 60_000 ? secondsOf(ms) : `${Math.floor(ms / 60_000)} min`);

const isMember = ({ sign, signAt }: State, { sessionTimeoutMs }: HealthOptions, now: number): boolean => {
  if (sign === null || sign === 'lost') return false;
  return now - signAt < (sign === 'rebalancing' ? 2 * sessionTimeoutMs : sessionTimeoutMs);
};

/** Without a session the loop waits for Kafka, as long as that takes; with one, each wait has a limit, or is told. */
const loopOf = ({ turnedAt, heldUntil, isOpen, isPaused }: State, now: number): Check => {
  const idle = now - Math.max(turnedAt, heldUntil);
  const isOk = !isOpen || isPaused || idle <= loopMs;
  return { name: 'loop', isOk, detail: isOk ? 'turns' : `the loop has not turned for ${secondsOf(idle)}` };
};

/** What each role says of the way to Kafka. */
const sessions = {
  starting: { name: 'session', isOk: false, detail: 'starting' },
  waiting: { name: 'session', isOk: false, detail: 'waiting for kafka' },
  standby: { name: 'session', isOk: true, detail: 'standby' },
  paused: { name: 'session', isOk: true, detail: 'paused' },
  live: { name: 'session', isOk: true, detail: 'open' },
} as const satisfies Partial<Record<Word, Check>>;

const roleOf = (state: State, options: HealthOptions, now: number): keyof typeof sessions => {
  const { isOpen, isPaused, sign, hasFailed } = state;
  const isInGroup = isMember(state, options, now);
  // A pause closes the session, and keeps the partition.
  if (isInGroup && isPaused && (isOpen || (sign === 'owner' && !hasFailed))) return 'paused';
  if (isOpen && isInGroup) return 'live';
  if (!isOpen && isInGroup && sign !== 'owner') return 'standby';
  const isCutOff = sign !== null && !isInGroup; // it has answered once
  return isOpen || hasFailed || isCutOff ? 'waiting' : 'starting';
};

const progressOf = ({ progressAt, heldUntil }: State, { expectedMs }: HealthOptions, now: number): Check => {
  const idle = now - Math.max(progressAt, heldUntil);
  const isOk = idle <= Math.max(leastProgressMs, 3 * expectedMs);
  return {
    name: 'progress',
    isOk,
    detail: isOk ? 'polls end' : `no progress: no poll has ended for ${lengthOf(idle)}`,
  };
};

/** Never a failure: it would forbid rolling out the fix, and take page and metrics away when they are wanted. */
const tmdbOf = (degraded: Trouble | null, now: number): Check => ({
  name: 'tmdb',
  isOk: true,
  detail: degraded === null ? 'no fault' : `degraded: ${degraded.code}, ${lengthOf(now - degraded.since)}`,
});

const end: Check = { name: 'end', isOk: false, detail: 'stopping' };

/** A restart cures only a loop that hangs, so only that is dead. */
export const read = (state: State, options: HealthOptions, now: number): Reading => {
  const { trouble, isStopping } = state;
  const role = roleOf(state, options, now);
  const isAtWork = role === 'live';
  const degraded = isAtWork && trouble !== null && now - trouble.since >= troubleMs ? trouble : null;
  const [loop, progress] = [loopOf(state, now), isAtWork && trouble === null ? progressOf(state, options, now) : null];
  const own = [loop, sessions[role], tmdbOf(degraded, now), ...(progress === null ? [] : [progress])];
  const checks = isStopping ? [...own, end] : own;
  const isStuck = !loop.isOk || progress?.isOk === false;
  const word = isStuck ? 'stuck' : degraded === null ? role : 'degraded';
  return {
    isLive: loop.isOk || isStopping,
    isReady: checks.every(({ isOk }) => isOk),
    word: isStopping ? 'stopping' : word,
    degraded,
    checks,
  };
};
