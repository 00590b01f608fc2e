import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { faults } from '../../src/core/errors.ts';
import { metricTable } from '../../src/core/metric-table.ts';
import { pages } from '../support/docs.ts';

const run = promisify(execFile);

interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, readonly string[]>>;
}
const rows: readonly Row[] = Object.values(metricTable);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const read = (file: string): string => readFileSync(file, 'utf8');
const dashboard = JSON.parse(read('deploy/grafana-dashboard.json')) as { readonly panels: readonly Panel[] };
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = read('deploy/alerts.yaml');
const texts = [...pages.map((page) => [page, read(page)]), ['deploy/alerts.yaml', alerts]] as [string, string][];
texts.push(['deploy/alerts.test.yaml', read('deploy/alerts.test.yaml')], ['the dashboard', expressions.join('\n')]);

/** The metric of a name as it is scraped. */
const rowOf = (name: string): Row | undefined =>
  rows.find(
    (row) => row.name === name || (row.type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === row.name),
  );

/** Prometheus's own, beside those of a histogram. */
const foreignLabels = ['job', 'instance', 'le'];

/** What is said of metrics that there is not: names, labels and their values. */
const strangers = (text: string): string[] =>
  [...text.matchAll(/\b(tmdb_cdc_\w*[a-z0-9])(?:\{([^}]*)\})?/g)].flatMap(([, name = '', selector = '']) => {
    const row = rowOf(name);
    if (row === undefined) return [name];
    return [...selector.matchAll(/(\w+)\s*=(~?)\s*"([^"]*)"/g)].flatMap(([, label = '', isPattern, value = '']) => {
      if (foreignLabels.includes(label)) return [];
      const values = row.labels[label];
      const wanted = isPattern === '~' ? value.split('|') : [value];
      return values === undefined
        ? [`${name}{${label}}`]
        : wanted.filter((one) => values.length > 0 && !values.includes(one));
    });
  });

describe('the metrics that are named', () => {
  it.each(texts)('%s names those that there are', (_, text) => {
    expect(strangers(text)).toEqual([]);
  });

  it('are all on the dashboard', () => {
    const all = expressions.join('\n');
    expect(rows.map(({ name }) => name).filter((name) => !all.includes(name))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('has rows for each question, panels that lie beside each other, and something in each', () => {
    const titles = dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title);
    expect(titles).toEqual(['Freshness', 'Completeness', 'Events', 'Request budget', 'Kafka', 'Faults']);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, at) => `${x + (at % w)}/${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    const empty = dashboard.panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0);
    expect(empty).toEqual([]);
  });
});

/** What nobody meets who runs, or what ends before anything can be asked: commands, readers, the server's own port. */
const notOfRun = [
  ...[
    'BAD_OPTIONS',
    'OUTPUT_FAILED',
    'LETTER_MISSING',
    'NOT_RUNNING',
    'PAUSED',
    'BUSY',
    'INCOMPLETE',
    'HTTP_UNAVAILABLE',
  ],
];

describe('the alerts', () => {
  it('are the five, each with a place in the runbook', () => {
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    expect(names).toEqual([
      'TmdbCdcStuck',
      'TmdbCdcNotOneActive',
      'TmdbCdcStopped',
      'TmdbCdcDown',
      'TmdbCdcDeadLetters',
    ]);
    const runbooks = [...alerts.matchAll(/runbook: (\S+)/g)].map(([, place]) => place);
    expect(runbooks).toEqual(names.map((name) => `docs/operations.md#${name.toLowerCase()}`));
    const headings = [...read('docs/operations.md').matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
    expect(names.filter((name) => !headings.includes(name))).toEqual([]);
  });

  it('know every fault that stops a service', () => {
    const stops = Object.entries(faults).flatMap(([code, action]) => (action === 'stop' ? [code] : []));
    const known = /code=~"([^"]+)"/.exec(alerts)?.[1]?.split('|') ?? [];
    expect(known.toSorted()).toEqual([...stops.filter((code) => !notOfRun.includes(code)), 'UNEXPECTED'].toSorted());
  });
});

const hasPromtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);

(hasPromtool ? describe : describe.skip)(
  hasPromtool ? 'promtool' : "promtool is not here: Debian's prometheus has it",
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'rules-'));
    afterAll(() => rmSync(dir, { recursive: true }));
    const promtool = async (...args: string[]): Promise<string> => (await run('promtool', args)).stdout;

    it('reads the rules, and finds that they do what they promise', async () => {
      expect(await promtool('check', 'rules', 'deploy/alerts.yaml')).toContain('5 rules found');
      expect(await promtool('test', 'rules', 'deploy/alerts.test.yaml')).toContain('SUCCESS');
    }, 60_000);

    it('finds a rule that promises something else', async () => {
      writeFileSync(join(dir, 'alerts.yaml'), alerts.replaceAll('unless on (job)', 'and on (job)'));
      writeFileSync(join(dir, 'alerts.test.yaml'), read('deploy/alerts.test.yaml'));
      await expect(promtool('test', 'rules', join(dir, 'alerts.test.yaml'))).rejects.toThrow();
    }, 60_000);

    it("reads each of the dashboard's expressions", async () => {
      const rules = expressions.map((expr, at) => {
        const plain = expr.replaceAll('$job', 'cdc').replaceAll('$__rate_interval', '5m');
        return `      - record: panel:${at}\n        expr: ${JSON.stringify(plain)}\n`;
      });
      const file = join(dir, 'dashboard.yaml');
      writeFileSync(file, `groups:\n  - name: dashboard\n    rules:\n${rules.join('')}`);
      expect(await promtool('check', 'rules', file)).toContain(`${expressions.length} rules found`);
    }, 60_000);
  },
);

describe('the manifest for Kubernetes', () => {
  it('has an image with a registry and a tag, and says how to provision with the same one', () => {
    const images = [...read('deploy/kubernetes.yaml').matchAll(/\bimage[:=] ?(\S+)/g)].map(([, image]) => image);
    expect(images).toEqual([images[0], images[0]]);
    expect(images[0]).toMatch(/^[\w.-]+\/[\w-]+:[\w.-]+$/);
  });
});

describe('the runbook', () => {
  it('has every fault, and no other', () => {
    const table = read('docs/operations.md').split('## Faults')[1] ?? '';
    const codes = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(codes.toSorted()).toEqual(Object.keys(faults).toSorted());
  });
});

describe('the guarantees', () => {
  it('name tests that there are, one at least for each', () => {
    const text = read('docs/guarantees.md');
    const promises = [...text.matchAll(/^\| \*\*.*$/gm)].map(([line]) => line);
    expect(promises.length).toBeGreaterThan(10);
    expect(promises.filter((line) => !line.includes('`test/'))).toEqual([]);
    const paths = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path = '']) => path);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });
});
