import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { Word } from '../core/checks.ts';
import { makeCounts, statusLabel } from '../core/counts.ts';
import type { FaultCode } from '../core/errors.ts';
import { metricTable, states, type MetricName, type MetricRow } from '../core/metric-table.ts';
import type { Lane, Requested, Tell } from '../core/tell.ts';
import type { Told } from '../core/told.ts';

export interface Facts {
  readonly version: string;
  readonly requestsPerSecond: number;
}

/** What is looked up when somebody asks; null: this instance does not know it, and says nothing. Times in ms. */
export interface Gauges {
  readonly word: Word;
  readonly waiting: Readonly<Record<Lane, number>>;
  /** `watched` is null where everything is. */
  readonly movies: { readonly watched: number | null; readonly due: number; readonly failing: number } | null;
  readonly observedThrough: number | null;
  readonly completeThrough: number | null;
  readonly deadLetters: number | null;
  readonly backfillSince: number | null;
  readonly backfillRemaining: number | null;
  readonly clockOffsetMs: number | null;
  readonly pageClients: number;
}

type Labels = Record<string, string>;

/** Every combination of the values that are known beforehand. */
export const combinations = (labels: MetricRow['labels']): Labels[] =>
  Object.entries(labels).reduce<Labels[]>(
    (all, [label, values]) => all.flatMap((each) => values.map((value) => ({ ...each, [label]: value }))),
    [{}],
  );

const rows: Readonly<Record<MetricName, MetricRow>> = metricTable;

const makeFamily = (registry: Registry) => {
  const options = ({ name, help, labels }: MetricRow) => ({
    ...{ name, help, labelNames: Object.keys(labels), registers: [registry] },
  });
  return {
    counter: (name: MetricName): Counter<string> => {
      const counter = new Counter(options(rows[name]));
      for (const labels of combinations(rows[name].labels)) counter.inc(labels, 0);
      return counter;
    },
    /** Null: nothing is known. */
    gauge: (name: MetricName) => {
      const gauge = new Gauge(options(rows[name]));
      return (value: number | null, labels: Labels = {}): void => {
        if (value === null) gauge.remove(labels);
        else gauge.set(labels, value);
      };
    },
    histogram: (name: MetricName): Histogram<string> =>
      new Histogram({ ...options(rows[name]), buckets: [...(rows[name].buckets ?? [])] }),
  };
};

/** The client's own, but for those that Prometheus's rules of naming refuse: a type in the name, a gauge called `_total`. */
const addProcess = (registry: Registry): void => {
  // Its sampling of the event loop's utilization is of no use without those: once in 24 days.
  collectDefaultMetrics({ register: registry, eventLoopUtilizationTimeout: 2 ** 31 - 1 });
  for (const { name, type } of registry.getMetricsAsArray())
    if (/_(summary|histogram)$/.test(name) || (/_total$/.test(name) && type !== 'counter'))
      registry.removeSingleMetric(name);
};

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const roles: Readonly<Partial<Record<Word, (typeof states)[number]>>> = {
  ...{ starting: 'starting', standby: 'standby', paused: 'paused', waiting: 'waiting' },
  ...{ live: 'active', degraded: 'active', stuck: 'active' },
};

const makeGauges = ({ gauge }: ReturnType<typeof makeFamily>, { version, requestsPerSecond }: Facts) => {
  const [state, waiting, movies] = [gauge('state'), gauge('requestsWaiting'), gauge('movies')];
  const [observed, complete, letters] = [gauge('observedThrough'), gauge('completeThrough'), gauge('lettersWaiting')];
  const [since, remaining] = [gauge('backfillSince'), gauge('backfillRemaining')];
  const [offset, clients] = [gauge('clockOffset'), gauge('pageClients')];
  gauge('requestLimit')(requestsPerSecond);
  gauge('buildInfo')(1, { version, node: process.versions.node });
  return (now: Gauges): void => {
    for (const each of states) state(Number(roles[now.word] === each), { state: each });
    for (const [lane, count] of Object.entries(now.waiting)) waiting(count, { lane });
    for (const set of ['watched', 'due', 'failing'] as const) movies(now.movies?.[set] ?? null, { set });
    observed(seconds(now.observedThrough));
    complete(seconds(now.completeThrough));
    letters(now.deadLetters);
    since(seconds(now.backfillSince));
    remaining(now.backfillRemaining);
    offset(seconds(now.clockOffsetMs));
    clients(now.pageClients);
  };
};

/** Every metric of ours and of the process, in a registry of its own; `look` is asked at each scrape. */
export const makeMetrics = (facts: Facts, look: () => Gauges) => {
  const registry = new Registry();
  const family = makeFamily(registry);
  const { counter, histogram } = family;
  const of = { events: counter('events'), drift: counter('drift'), letters: counter('deadLetters') };
  const [requests, throttled, polls] = [counter('requests'), counter('throttled'), counter('polls')];
  const [transactions, faults] = [counter('transactions'), counter('faults')];
  const [freshness, duration] = [histogram('freshness'), histogram('requestDuration')];
  const transacting = histogram('transactionDuration');
  const setGauges = makeGauges(family, facts);
  const counts = makeCounts();
  addProcess(registry);
  return {
    contentType: registry.contentType,
    /** The text of a scrape: from memory. */
    text: async (): Promise<string> => {
      setGauges(look());
      for (const { counter: name, labels, count } of counts.take()) of[name].inc(labels, count);
      return registry.metrics();
    },
    /** A record was committed; of live polling, so many seconds after its change. */
    committed: (told: Told, delay: number | null): void => {
      counts.add(told);
      if (delay !== null) freshness.observe(delay);
    },
    polled: (result: 'changed' | 'unchanged' | 'gone' | 'failed'): void => polls.inc({ result }),
    requested: ({ lane, status, seconds: took, fault }: Requested): void => {
      requests.inc({ lane, status: statusLabel(status, fault) });
      duration.observe(took);
    },
    throttled: (ms: number): void => throttled.inc(ms / 1000),
    transacted: ({ result, seconds: took }: Parameters<Tell['onTransaction']>[0]): void => {
      transactions.inc({ result });
      if (result === 'committed') transacting.observe(took);
    },
    failed: (code: FaultCode | 'UNEXPECTED'): void => faults.inc({ code }),
  };
};
export type Metrics = ReturnType<typeof makeMetrics>;
