// What the steps tell whoever counts: they know none of it.
import type { GroupSign } from './checks.ts';
import { isFenced, type ServiceError } from './errors.ts';

/** Why TMDB is asked: what changes now, which movies have changed on a day, and the days before. */
export type Lane = 'live' | 'discovery' | 'backfill';

/** One HTTP attempt, once its answer is read or it has none. */
export interface Requested {
  readonly lane: Lane;
  /** 0 where none came. */
  readonly status: number;
  readonly seconds: number;
  readonly fault: ServiceError | null;
  /** Our clock less TMDB's; null where the answer has no date of TMDB's own. */
  readonly offsetMs: number | null;
}

/** How a transaction ended; `unknown`: its commit was not confirmed. */
export type TransactionResult = 'committed' | 'aborted' | 'fenced' | 'unknown';

/** How far a transaction is. */
export interface Stage {
  isCommit: boolean;
}

/** How a transaction failed. Before its commit it comes to nothing: the next session's fence settles it. */
export const resultOf = (error: unknown, { isCommit }: Stage): TransactionResult => {
  if (isFenced(error)) return 'fenced';
  return isCommit ? 'unknown' : 'aborted';
};

/** What is known of an HTTP attempt by now. */
export type Attempt = { -readonly [Member in 'status' | 'seconds' | 'offsetMs']: Requested[Member] } & {
  sentAt: number;
};

export interface Tell {
  readonly onRequest: (requested: Requested) => void;
  /** A request waits for its turn; the answer is called once it has it, or has given up. */
  readonly onWaiting: (lane: Lane) => () => void;
  /** By how much longer nothing may be asked, in ms. */
  readonly onThrottled: (ms: number) => void;
  readonly onTransaction: (ended: { readonly result: TransactionResult; readonly seconds: number }) => void;
  readonly onSign: (sign: GroupSign) => void;
}

const nothing = (): void => undefined;

/** Nobody counts. */
export const untold: Tell = {
  ...{ onRequest: nothing, onThrottled: nothing, onTransaction: nothing, onSign: nothing },
  onWaiting: () => nothing,
};
