import { changeKeys } from './change-keys.ts';
import { statuses } from './counts.ts';
import { faults } from './errors.ts';
import type { Lane, TransactionResult } from './tell.ts';
import { letterReasons } from './told.ts';

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Each label with every value that it has: all of them begin at 0. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly help: string;
  /** What an operator learns. */
  readonly asks: string;
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
  /** Absent where another instance polls: an old value would be told for true. */
  readonly isOwners?: true;
}

export const lanes = ['live', 'discovery', 'backfill'] as const satisfies readonly Lane[];
const results = ['committed', 'aborted', 'fenced', 'unknown'] as const satisfies readonly TransactionResult[];
export const states = ['starting', 'active', 'standby', 'paused', 'waiting'] as const;
const change_key = [...Object.keys(changeKeys), 'other'];

/** Every metric of ours, by Prometheus's rules of naming; points in time instead of ages. */
export const metricTable = {
  freshness: {
    ...{ name: 'tmdb_cdc_freshness_seconds', type: 'histogram', labels: {} },
    help: 'From changed_at to the commit in Kafka, of live polling; what it makes up for counts, backfill does not.',
    asks: 'how late are events?',
    buckets: [5, 15, 30, 60, 120, 300, 900, 1800, 3600, 21_600, 86_400],
  },
  observedThrough: {
    ...{ name: 'tmdb_cdc_observed_through_timestamp_seconds', type: 'gauge', labels: {}, isOwners: true },
    help: 'Every watched movie has been asked since; time() less this is the age.',
    asks: 'is it stuck?',
  },
  completeThrough: {
    ...{ name: 'tmdb_cdc_complete_through_timestamp_seconds', type: 'gauge', labels: {}, isOwners: true },
    help: 'End of the last closed day: nothing before it will be published again by live polling.',
    asks: 'what may a batch job trust?',
  },
  state: {
    ...{ name: 'tmdb_cdc_state', type: 'gauge', labels: { state: states } },
    help: '1 for the role of this instance, 0 for the others; waiting is for a broker.',
    asks: 'who works, who stands by?',
  },
  events: {
    ...{ name: 'tmdb_cdc_events_total', type: 'counter', labels: { change_key, op: ['c', 'u', 'd', 'unknown'] } },
    ...{ help: 'Events committed.', asks: 'what comes out?' },
  },
  deadLetters: {
    ...{ name: 'tmdb_cdc_dead_letters_total', type: 'counter', labels: { reason: letterReasons } },
    help: 'Dead letters committed, by the first member that is wrong.',
    asks: 'is something unreadable?',
  },
  lettersWaiting: {
    ...{ name: 'tmdb_cdc_dead_letters', type: 'gauge', labels: {}, isOwners: true },
    help: 'Dead letters that stand in the topic.',
    asks: 'is there work for me?',
  },
  drift: {
    ...{ name: 'tmdb_cdc_drift_total', type: 'counter', labels: { change_key } },
    help: 'Events whose item was kept in raw, because their shape does not hold all of it.',
    asks: 'did TMDB change its shapes?',
  },
  requests: {
    ...{ name: 'tmdb_cdc_requests_total', type: 'counter', labels: { lane: lanes, status: statuses } },
    help: 'Requests to TMDB, retries included; timeout: no whole answer came, for whatever reason.',
    asks: 'what do we ask, what do we get?',
  },
  requestDuration: {
    ...{ name: 'tmdb_cdc_request_duration_seconds', type: 'histogram', labels: {} },
    help: 'One HTTP attempt, from its turn to the end of its answer.',
    asks: 'is TMDB slow?',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  requestLimit: {
    ...{ name: 'tmdb_cdc_request_limit_per_second', type: 'gauge', labels: {} },
    help: 'TMDB_REQUESTS_PER_SECOND; the rate of tmdb_cdc_requests_total over it is the used share.',
    asks: 'is the budget spent?',
  },
  requestsWaiting: {
    ...{ name: 'tmdb_cdc_requests_waiting', type: 'gauge', labels: { lane: lanes } },
    help: 'Requests that wait for their turn in the budget.',
    asks: 'is the budget too small?',
  },
  throttled: {
    ...{ name: 'tmdb_cdc_throttled_seconds_total', type: 'counter', labels: {} },
    help: 'Time in which nothing is asked because of a 429, counted when it begins.',
    asks: 'does TMDB hold us back?',
  },
  polls: {
    ...{
      name: 'tmdb_cdc_polls_total',
      type: 'counter',
      labels: { result: ['changed', 'unchanged', 'gone', 'failed'] },
    },
    help: 'Polls of a movie; gone: TMDB does not know it (404).',
    asks: 'how many requests for a change?',
  },
  movies: {
    ...{ name: 'tmdb_cdc_movies', type: 'gauge', labels: { set: ['watched', 'due', 'failing'] }, isOwners: true },
    help: 'Movies that are watched (absent with WATCH=all), those whose poll is overdue, and those that failed at the last try.',
    asks: 'how much is behind?',
  },
  transactions: {
    ...{ name: 'tmdb_cdc_transactions_total', type: 'counter', labels: { result: results } },
    help: 'Kafka transactions; unknown: the commit was not confirmed, and the next session settles it.',
    asks: 'is exactly-once working hard?',
  },
  transactionDuration: {
    ...{ name: 'tmdb_cdc_transaction_duration_seconds', type: 'histogram', labels: {} },
    help: 'From the beginning of a transaction to its confirmed commit.',
    asks: 'is the broker slow?',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  },
  faults: {
    ...{ name: 'tmdb_cdc_faults_total', type: 'counter', labels: { code: [...Object.keys(faults), 'UNEXPECTED'] } },
    ...{ help: 'Every fault, also those that healed.', asks: 'what went wrong, how often?' },
  },
  backfillSince: {
    ...{ name: 'tmdb_cdc_backfill_since_timestamp_seconds', type: 'gauge', labels: {}, isOwners: true },
    help: 'Everything from this day on is published; absent where no backfill is wanted.',
    asks: 'how far is the backfill?',
  },
  backfillRemaining: {
    ...{ name: 'tmdb_cdc_backfill_requests_remaining', type: 'gauge', labels: {}, isOwners: true },
    help: 'Requests that the backfill is about to take; absent where that is not known.',
    asks: 'when is it done? (over the limit)',
  },
  clockOffset: {
    ...{ name: 'tmdb_cdc_clock_offset_seconds', type: 'gauge', labels: {} },
    help: "Our clock less TMDB's Date, which tells whole seconds.",
    asks: 'before CLOCK_SKEW stops us',
  },
  pageClients: {
    ...{ name: 'tmdb_cdc_page_clients', type: 'gauge', labels: {} },
    ...{ help: 'Open live pages.', asks: 'who watches?' },
  },
  buildInfo: {
    ...{ name: 'tmdb_cdc_build_info', type: 'gauge', labels: { version: [], node: [] } },
    ...{ help: 'Always 1: the version of this program and of Node.', asks: 'what runs?' },
  },
} as const satisfies Record<string, MetricRow>;

export type MetricName = keyof typeof metricTable;
