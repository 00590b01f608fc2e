// docs/metrics.md: each metric with what it tells. Written by `make docs`.
import { metricTable, type MetricRow } from '../src/core/metric-table.ts';
import { generated, table } from './markdown.ts';

const rows: readonly MetricRow[] = Object.values(metricTable);

/** Each label with its values; of a long list the beginning. */
const labelsOf = ({ labels }: MetricRow): string =>
  Object.entries(labels)
    .map(([label, values]) => {
      const shown = values.length > 9 ? [...values.slice(0, 3), '…'] : values;
      return shown.length === 0 ? `\`${label}\`` : `\`${label}\`: ${shown.join(' ')}`;
    })
    .join('; ');

const typeOf = ({ type, buckets, isOwners }: MetricRow): string =>
  `${type}${buckets === undefined ? '' : ` ${buckets.join(' ')}`}${isOwners === true ? ', owner only' : ''}`;

export const metricsPage = `${generated('src/core/metric-table.ts')}# Metrics

\`run\` answers \`GET /metrics\` (HTTP_HOST, HTTP_PORT) in Prometheus's text format, out of memory: a scrape asks neither TMDB nor
Kafka. Every label value that is known beforehand begins at 0, so that \`rate()\` and \`increase()\` see the first fault too.

\`owner only\`: absent at an instance that stands by, or there would be old values beside the true ones; \`max()\` over all
instances is right during a failover too. Such a value is absent as well while it is not known.

Points in time, not ages: \`time() - max(tmdb_cdc_observed_through_timestamp_seconds)\` grows while nothing is written.

${table(
  ['name', 'type', 'labels', 'what it is', 'what it tells'],
  rows.map((row) => [`\`${row.name}\``, typeOf(row), labelsOf(row), row.help, row.asks]),
)}
Beside these there are \`process_*\` and \`nodejs_*\`: CPU, memory, file descriptors, event loop, garbage collection.

\`audit\` and \`run --once\` have no metrics: a command that ends is gone before anybody scrapes it. Their exit code tells, and
the audit's result is a line of JSON. \`tmdb_cdc_build_info\` has no \`revision\`: an npm package does not know its commit.
`;
