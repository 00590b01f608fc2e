import type { World } from '../clients.ts';
import type { Activity } from '../core/activity.ts';
import type { Coverage } from '../core/coverage.ts';
import { isOvertaken, ServiceError, type FaultCode } from '../core/errors.ts';
import type { Health } from '../core/health.ts';
import type { Completeness, PausedBy } from '../core/status-json.ts';
import type { Requested, Tell } from '../core/tell.ts';
import type { LettersWaiting } from './letters-waiting.ts';
import type { Metrics } from './metrics.ts';

export interface Observed {
  readonly health: Health;
  readonly activity: Activity;
  readonly metrics: Metrics;
  readonly letters: LettersWaiting;
  readonly standing: Standing;
  readonly told: Told;
  /** Ms since 1970. */
  readonly now: World['now'];
}

/** What is known of the work; it changes. */
export interface Standing {
  /** Of the session that is open. */
  coverage: Coverage | null;
  nextPollAt: number | null;
  clockOffsetMs: number | null;
  /** Requests of backfill since the start. */
  backfilled: number;
}

/** What the loop tells of this instance; it changes. */
export interface Told {
  completeness: Completeness;
  paused: PausedBy | null;
}

export const clock = (): number => performance.now();

export const codeOf = (fault: unknown): FaultCode | 'UNEXPECTED' =>
  fault instanceof ServiceError ? fault.code : 'UNEXPECTED';

/** Each fault counts once, however far up it is told. */
export const makeFailed = ({ activity, metrics, now }: Pick<Observed, 'activity' | 'metrics' | 'now'>) => {
  const known = new WeakSet();
  return (fault: unknown): void => {
    if (fault instanceof Error && known.has(fault)) return;
    if (fault instanceof Error) known.add(fault);
    const code = codeOf(fault);
    if (!isOvertaken(fault)) activity.failed(code, now()); // somebody wanted it
    metrics.failed(code);
  };
};

/** What the steps tell, as health, activity and metrics. */
export const makeTell = (
  { health, activity, metrics, standing }: Omit<Observed, 'letters' | 'told'>,
  failed: (fault: unknown) => void,
): Tell => {
  let heldUntil = 0;
  const judge = ({ fault }: Requested): void => {
    if (fault?.code === 'TMDB_UNAVAILABLE' || fault?.code === 'TMDB_UNREADABLE') health.troubled(fault.code, clock());
    else health.answered(clock());
  };
  return {
    onRequest: (requested) => {
      const { lane, fault, offsetMs } = requested;
      metrics.requested(requested);
      activity.requested(clock());
      health.turned(clock());
      judge(requested);
      if (fault !== null) failed(fault);
      if (lane === 'backfill') standing.backfilled += 1;
      if (offsetMs !== null) standing.clockOffsetMs = offsetMs;
    },
    onWaiting: activity.waits,
    onThrottled: (ms) => {
      metrics.throttled(ms);
      heldUntil = Math.max(heldUntil, clock()) + ms;
      health.held(heldUntil);
    },
    onTransaction: (ended) => {
      metrics.transacted(ended);
      health.turned(clock());
    },
    onSign: (sign) => health.sign(sign, clock()),
  };
};
