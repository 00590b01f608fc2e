import { openAudit, type Audit } from '../commands/audit.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import {
  describeDifference,
  describeSummary,
  jsonOfDifference,
  summaryOf,
  type Summary,
} from '../core/audit-report.ts';
import {
  problemsOf,
  scopeOf,
  spanOf,
  whyNone,
  windowsOf,
  type Scope,
  type Span,
  type Wish,
} from '../core/audit-scope.ts';
import type { Published, Verdict } from '../core/audit.ts';
import type { Coverage } from '../core/coverage.ts';
import { ServiceError, usageError } from '../core/errors.ts';
import { memo } from '../core/time.ts';
import { makeMeter } from './meter.ts';
import { makePrint, screenOf } from './output.ts';
import { start, untilDone } from './start.ts';

interface Options extends Omit<Wish, 'ids'> {
  readonly dryRun: boolean;
  readonly format: string;
}

interface Given {
  readonly config: Config;
  readonly world: World;
  readonly audit: Audit;
  readonly scope: Scope;
  /** The days of a movie; null: it is not compared. */
  readonly spanOf: (movieId: number) => Span | null;
  readonly options: Options;
}

/** Throws a usage error where days are wanted that are not complete, or movies that nobody watches. */
const check = ({ asked, movies }: Scope, coverage: Coverage): void => {
  const none = typeof movies === 'number' ? whyNone(asked, coverage) : null;
  const problems = typeof movies === 'number' ? [] : problemsOf(movies, asked, coverage.at);
  if (none !== null || problems.length > 0) throw usageError(none === null ? problems : [none]);
};

/** What it would take. The answer is data. */
const tell = async ({ audit, scope, spanOf: span, options }: Given, signal: AbortSignal): Promise<void> => {
  const { asked, movies } = scope;
  const isMost = typeof movies === 'number';
  const spans = isMost ? Array.from({ length: movies }, () => asked) : [...movies].map(span);
  const requests = spans.reduce((sum, days) => sum + (days === null ? 0 : windowsOf(days).length), 0);
  const pace = await audit.pace(signal);
  const minutes = Number((requests / pace / 60).toFixed(1));
  const lines = [
    `requests  ${isMost ? 'at most ' : ''}${requests}`,
    `minutes   ${isMost ? 'at most ' : ''}${minutes}, at ${Number(pace.toFixed(1))} requests/s: what live polling leaves`,
  ];
  process.stdout.write(
    options.format === 'json'
      ? `${JSON.stringify({ requests, minutes, requestsPerSecond: pace })}\n`
      : `${lines.join('\n')}\n`,
  );
};

/** Asks for every movie, and shows how far it is. */
const compare = async (
  { world, audit, spanOf: span }: Given,
  movies: ReadonlyMap<number, Published>,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Verdict | null>> => {
  const verdicts = new Map<number, Verdict | null>();
  const meter = await makeMeter(world.log, process.stderr, 'audit');
  let [requests, events] = [0, 0];
  const onMovie = (movieId: number, verdict: Verdict | null): void => {
    verdicts.set(movieId, verdict);
    const days = span(movieId);
    requests += days === null ? 0 : windowsOf(days).length;
    events += movies.get(movieId)?.events.size ?? 0;
    meter.show({ done: verdicts.size, total: movies.size, unit: 'movies', requests, events });
  };
  try {
    await audit.compare({ movies, spanOf: span, onMovie }, signal);
  } finally {
    meter.close();
  }
  return verdicts;
};

const print = async (
  verdicts: ReadonlyMap<number, Verdict | null>,
  { summary, format }: { summary: Summary; format: string },
  signal: AbortSignal,
): Promise<void> => {
  const { add, flush } = makePrint(process.stdout, signal);
  const isJson = format === 'json';
  const screen = screenOf(process.stdout);
  for (const verdict of verdicts.values())
    for (const difference of verdict?.differences ?? [])
      await add(isJson ? JSON.stringify(jsonOfDifference(difference)) : describeDifference(difference, screen));
  await add(isJson ? JSON.stringify(summary) : describeSummary(summary));
  await flush();
};

const follow = async (given: Given, signal: AbortSignal): Promise<void> => {
  const { audit, scope, spanOf: span, options } = given;
  const { movies, foreign } = await audit.collect({ scope, spanOf: span }, signal);
  const verdicts = await compare(given, movies, signal);
  const ordered = new Map([...verdicts].sort(([a], [b]) => a - b));
  const spans = [...movies.keys()].map(span).filter((days) => days !== null);
  const summary = summaryOf({ asked: scope.asked, spans, verdicts: ordered, foreign });
  await print(ordered, { summary, format: options.format }, signal);
  if (summary.missing + summary.changed > 0) process.exitCode = 1;
  if (summary.unread.length > 0)
    throw new ServiceError(
      'INCOMPLETE',
      `TMDB's answers cannot be read of ${summary.unread.join(', ')}: audit them again`,
    );
};

/** Whether what is published is what TMDB has. Reads, and changes nothing. */
export const audit = async (ids: readonly string[], options: Options): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN']);
  const scope = scopeOf({ ids, ...options }, { now: world.now(), overlapMs: config.OVERLAP_HOURS * 3_600_000 });
  const opened = openAudit(config, world);
  const run = async (signal: AbortSignal): Promise<void> => {
    const coverage = await opened.coverage(signal);
    check(scope, coverage);
    const span = memo(100_000, (movieId: number): Span | null => {
      const checkpoint = coverage.at(movieId);
      return checkpoint === undefined ? null : spanOf(checkpoint, scope.asked);
    });
    const given = { config, world, audit: opened, scope, spanOf: span, options };
    await (options.dryRun ? tell(given, signal) : follow(given, signal));
  };
  await untilDone(run, config).finally(opened.close);
};
