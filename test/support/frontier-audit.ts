import type { Checkpoint } from '../../src/core/checkpoint.ts';
import type { Frontier, Stored } from '../../src/core/coverage.ts';
import type { CheckpointRecord } from '../../src/core/records.ts';
import { placeOf } from '../../src/core/stamp.ts';
import { addDays, dayOf, startOf, type Day } from '../../src/core/time.ts';
import { falseClaims, makeLedger } from './claims.ts';
import type { Cluster } from './kafka-model.ts';
import { placeOfEdit, type Edit } from './tmdb-model.ts';

const hour = 3_600_000;

/** What is left when all is over. */
export interface Left {
  readonly cluster: Cluster;
  /** When each transaction was committed, in ms. */
  readonly committedAt: readonly number[];
  readonly movies: readonly (readonly Edit[])[];
  /** The least overlap that was in force, in hours. */
  readonly overlap: number;
  readonly settings: { readonly watch: 'all' | readonly number[] };
  readonly now: number;
  readonly sicknesses: readonly { readonly movieId: number; readonly until: number }[];
}

/** What the checkpoints topic says by then. */
interface Said {
  frontier: Frontier | null;
  readonly records: Map<number, Stored>;
}

const claimOf = ({ frontier, records }: Said, movieId: number): Checkpoint | undefined => {
  const own = records.get(movieId);
  const since = own?.since ?? frontier?.since;
  const from = own?.from ?? frontier?.through;
  return since === undefined || from === undefined ? undefined : { since, from, seen: own?.seen ?? [] };
};

const hear = (said: Said, record: CheckpointRecord): void => {
  if (record.kind === 'frontier') said.frontier = record.frontier;
  if (record.kind !== 'movie') return;
  if (record.stored === null) said.records.delete(record.movieId);
  else said.records.set(record.movieId, record.stored);
};

/** Neither bound of the frontier moves left, and it speaks of no day that is not settled. */
const wrongMoves = (before: Frontier | null, after: Frontier | null, settled: Day): string[] => {
  if (after === null) return before === null ? [] : ['the frontier is gone'];
  const { since, through } = after;
  return [
    ...(before !== null && since !== before.since
      ? [`the frontier begins on ${since} instead of ${before.since}`]
      : []),
    ...(through < (before?.through ?? since) ? [`the frontier moves back to ${through}`] : []),
    ...(through !== since && through > settled ? [`the frontier stands at ${through}, and ${settled} is open`] : []),
  ];
};

const wrongSteps = (before: Checkpoint | undefined, after: Checkpoint | undefined, start: Day | null): string[] => {
  if (after === undefined) return before === undefined ? [] : ['nothing speaks for it any more'];
  const since = before?.since ?? start ?? after.since;
  return [
    ...(after.since === since ? [] : [`it begins on ${after.since} instead of ${since}`]),
    ...(before !== undefined && after.from < before.from ? [`it moves back to ${after.from}`] : []),
  ];
};

/** A record that says no more than the frontier. */
const isEmpty = ({ since, from, seen }: Stored, frontier: Frontier): boolean =>
  (since ?? frontier.since) === frontier.since &&
  (from ?? frontier.through) >= frontier.through &&
  seen.every((stamp) => (placeOf(stamp) ?? Infinity) < startOf(frontier.through));

/** Further than the old copies that it may have been given since it can be read. */
const isFarBehind = ({ from }: Stored, { through }: Frontier): boolean => from !== null && from < addDays(through, -2);

/**
 * What shows later than the overlap allows may be published or not; so may what TMDB files under the day after, a second
 * off, and shows after that one's end: that list was read by then.
 */
const isDue = (edit: Edit, overlap: number): boolean => {
  const isOff = dayOf(edit.idSecond * 1000) !== dayOf(edit.at);
  return edit.lateMs <= (isOff ? 23 : overlap) * hour;
};

/** Everything that is wrong with the log, commit by commit, and with its end. `start`: the first day of each movie. */
export const auditFrontier = (left: Left, start: Day | null): string[] => {
  const { movies, overlap, cluster } = left;
  const problems: string[] = [];
  const ledger = makeLedger(movies);
  const said: Said = { frontier: null, records: new Map() };
  const due = movies.map((all) => all.filter((edit) => isDue(edit, overlap)));
  const ids = movies.map((_, at) => at + 1);
  for (const [nth, commit] of cluster.commits.entries()) {
    const [frontier, claims] = [said.frontier, ids.map((movieId) => claimOf(said, movieId))];
    const { records, ...found } = ledger.take(commit);
    for (const record of records) hear(said, record);
    const settled = dayOf((left.committedAt[nth] ?? 0) - overlap * hour);
    const own = [...found.problems, ...wrongMoves(frontier, said.frontier, settled)];
    for (const [at, movieId] of ids.entries()) {
      const claim = claimOf(said, movieId);
      const published = ledger.of(movieId);
      const wrong = [
        ...wrongSteps(claims[at], claim, start),
        ...(claim === undefined && published.length === 0 ? [] : falseClaims(claim, published, due[at] ?? [])),
      ];
      own.push(...wrong.map((each) => `${movieId}: ${each}`));
    }
    problems.push(...own.map((each) => `commit ${nth}: ${each}`));
  }
  const isHealthy = (movieId: number): boolean =>
    left.sicknesses.every((each) => each.movieId !== movieId || each.until !== Infinity);
  const { watch } = left.settings;
  for (const [at, movieId] of ids.entries()) {
    if (!isHealthy(movieId) || (watch !== 'all' && !watch.includes(movieId))) continue;
    const since = claimOf(said, movieId)?.since;
    const names = new Set(ledger.of(movieId).map(({ name }) => name));
    const lost = (due[at] ?? []).filter(
      (edit) => since === undefined || ((placeOfEdit(edit) ?? edit.at) >= startOf(since) && !names.has(edit.name)),
    );
    problems.push(...lost.map(({ name }) => `${movieId}: ${name} is lost`));
    const record = said.records.get(movieId);
    if (watch !== 'all' || said.frontier === null || record === undefined) continue;
    // Of a movie that could be read again only lately the next days to be closed trim the record.
    const isCatchingUp = record.from !== null && left.sicknesses.some((each) => each.movieId === movieId);
    if (!isCatchingUp && isEmpty(record, said.frontier))
      problems.push(`${movieId}: its record says no more than the frontier`);
    if (isFarBehind(record, said.frontier)) problems.push(`${movieId}: it stays behind the frontier`);
  }
  return problems;
};
