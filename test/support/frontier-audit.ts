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
  readonly settings: { readonly watch: Watch };
  readonly now: number;
  readonly sicknesses: readonly Sickness[];
  /** What was watched from which commit on. */
  readonly watches: readonly { readonly at: number; readonly watch: Watch }[];
}

type Watch = 'all' | readonly number[];

interface Sickness {
  readonly movieId: number;
  readonly from: number;
  readonly until: number;
  readonly code: 'TMDB_UNREADABLE' | 'TMDB_NOT_FOUND';
}

/** What the checkpoints topic says by then. */
export interface Said {
  frontier: Frontier | null;
  readonly records: Map<number, Stored>;
  wanted: Day | null;
}

export const claimOf = ({ frontier, records }: Said, movieId: number): Checkpoint | undefined => {
  const own = records.get(movieId);
  const since = own?.since ?? frontier?.since;
  const from = own?.from ?? frontier?.through;
  return since === undefined || from === undefined ? undefined : { since, from, seen: own?.seen ?? [] };
};

export const hear = (said: Said, record: CheckpointRecord): void => {
  if (record.kind === 'frontier') said.frontier = record.frontier;
  if (record.kind === 'backfill') said.wanted = record.since;
  if (record.kind !== 'movie') return;
  if (record.stored === null) said.records.delete(record.movieId);
  else said.records.set(record.movieId, record.stored);
};

/** What a bound may have moved to. */
interface Allowed {
  /** From which day on everything was wanted by then. */
  readonly wanted: Day | null;
  /** The first day of each movie, where one is set. */
  readonly start: Day | null;
}

type Bounds = Pick<Checkpoint, 'since' | 'from'>;

/** `since` moves left towards the wanted day alone, and `from` with it where nothing is closed yet; nothing else goes back. */
const wrongSteps = (before: Bounds | undefined, after: Bounds | undefined, { wanted, start }: Allowed): string[] => {
  if (after === undefined) return before === undefined ? [] : ['nothing speaks for it any more'];
  const since = before?.since ?? start ?? after.since;
  const isWanted = after.since < since && wanted !== null && wanted <= after.since;
  const isReopened = isWanted && before?.since === before?.from;
  return [
    ...(after.since === since || isWanted
      ? []
      : [`it begins on ${after.since} instead of ${since}, and ${wanted} is wanted`]),
    ...(before === undefined || after.from >= before.from || isReopened ? [] : [`it moves back to ${after.from}`]),
  ];
};

const boundsOf = (frontier: Frontier | null): Bounds | undefined =>
  frontier === null ? undefined : { since: frontier.since, from: frontier.through };

/** The frontier speaks of no day that is not settled. */
const wrongFrontier = (after: Frontier | null, settled: Day): string[] =>
  after !== null && after.through !== after.since && after.through > settled
    ? [`the frontier stands at ${after.through}, and ${settled} is open`]
    : [];

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

const has = (watch: Watch, movieId: number): boolean => watch === 'all' || watch.includes(movieId);

/** Backfill, from when it was asked for until it is said to be done. */
interface Asked {
  readonly nth: number;
  readonly at: number;
}

/** Of all that is watched everything is there, but for movies that TMDB did not know meanwhile. */
const unfinished = (left: Left, { said, asked, nth }: { said: Said; asked: Asked; nth: number }): string[] => {
  const { watches, sicknesses, movies } = left;
  // What is decided is committed with the second transaction at the latest.
  const begin = Math.max(asked.nth, nth - 3);
  const meanwhile = watches.filter(({ at }, each) => at <= nth && (watches[each + 1]?.at ?? Infinity) >= begin);
  const isGone = (movieId: number): boolean =>
    sicknesses.some(
      (each) =>
        each.movieId === movieId &&
        each.code === 'TMDB_NOT_FOUND' &&
        each.from <= (left.committedAt[nth] ?? 0) &&
        each.until > asked.at,
    );
  return movies.flatMap((_, at) => {
    const claim = claimOf(said, at + 1);
    const isLate = (claim?.since ?? '9') > (said.wanted ?? '');
    const isDue = meanwhile.every(({ watch }) => has(watch, at + 1)) && !isGone(at + 1);
    return isLate && isDue ? [`${at + 1}: backfill to ${said.wanted} is done, and it begins on ${claim?.since}`] : [];
  });
};

/** What lies before the first day of a movie, and has no place in time, is never asked for. */
const isSince = (edit: Edit, since: Day, first: Day): boolean => {
  const place = placeOfEdit(edit);
  return place === null ? edit.at >= startOf(first) : place >= startOf(since);
};

/** Everything that is wrong with the log, commit by commit, and with its end. `start`: the first day of each movie. */
export const auditFrontier = (left: Left, start: Day | null): string[] => {
  const { movies, overlap, cluster } = left;
  const problems: string[] = [];
  const ledger = makeLedger(movies);
  const said: Said = { frontier: null, records: new Map(), wanted: null };
  const due = movies.map((all) => all.filter((edit) => isDue(edit, overlap)));
  const ids = movies.map((_, at) => at + 1);
  const firsts = new Map<number, Day>();
  let asked: Asked | null = null;
  for (const [nth, commit] of cluster.commits.entries()) {
    const [before, claims] = [{ ...said }, ids.map((movieId) => claimOf(said, movieId))];
    const { records, ...found } = ledger.take(commit);
    for (const record of records) hear(said, record);
    const now = left.committedAt[nth] ?? 0;
    const allowed = { wanted: before.wanted, start };
    const own = [
      ...found.problems,
      ...wrongSteps(boundsOf(before.frontier), boundsOf(said.frontier), allowed).map((each) => `the frontier: ${each}`),
      ...wrongFrontier(said.frontier, dayOf(now - overlap * hour)),
    ];
    if (said.wanted !== null) asked ??= { nth, at: now };
    if (said.wanted === null && asked !== null) {
      own.push(...unfinished(left, { said: { ...said, wanted: before.wanted }, asked, nth }));
      asked = null;
    }
    for (const [at, movieId] of ids.entries()) {
      const claim = claimOf(said, movieId);
      if (claim !== undefined && !firsts.has(movieId)) firsts.set(movieId, claim.since);
      const published = ledger.of(movieId);
      const wrong = [
        ...wrongSteps(claims[at], claim, allowed),
        ...(claim === undefined && published.length === 0 ? [] : falseClaims(claim, published, due[at] ?? [])),
      ];
      own.push(...wrong.map((each) => `${movieId}: ${each}`));
    }
    problems.push(...own.map((each) => `commit ${nth}: ${each}`));
  }
  const isHealthy = (movieId: number): boolean =>
    left.sicknesses.every((each) => each.movieId !== movieId || each.until !== Infinity);
  const { watch } = left.settings;
  const isUnread = left.sicknesses.some(
    ({ movieId, until, code }) => until === Infinity && code === 'TMDB_UNREADABLE' && has(watch, movieId),
  );
  if (said.wanted !== null && !isUnread) problems.push(`${said.wanted} is wanted for ever`);
  for (const [at, movieId] of ids.entries()) {
    if (!isHealthy(movieId) || !has(watch, movieId)) continue;
    const since = claimOf(said, movieId)?.since;
    const first = firsts.get(movieId) ?? '';
    const names = new Set(ledger.of(movieId).map(({ name }) => name));
    const lost = (due[at] ?? []).filter(
      (edit) => since === undefined || (isSince(edit, since, first) && !names.has(edit.name)),
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
