import { countOf, isFault, repairsOf, type Difference, type Kind, type Verdict } from './audit.ts';
import type { Asked, Span } from './audit-scope.ts';
import { layout, type Screen, type Style } from './display.ts';
import { asJson, member, type Json } from './json.ts';
import { addDays, earlierOf, laterOf, type Day } from './time.ts';

/** What an audit has found. Days are UTC, both of them compared. */
export interface Summary {
  readonly from: Day;
  readonly to: Day;
  readonly movies: number;
  readonly same: number;
  readonly missing: number;
  readonly changed: number;
  readonly extra: number;
  readonly letters: number;
  /** Movies that TMDB's answer cannot be read of. */
  readonly unread: readonly number[];
  /** Records on the topics of the movies that are none of ours. */
  readonly foreign: number;
  /** The commands that have published what is missing or has changed. */
  readonly repair: readonly string[];
}

const tones: Readonly<Record<Kind, Style>> = { missing: 'red', changed: 'yellow', extra: 'dim' };

/** A difference as a line for people. */
export const describeDifference = (difference: Difference, screen: Screen): string => {
  const { kind, movieId, recordKey, changeKey, changedAt } = difference;
  const id = recordKey.slice(recordKey.indexOf(':') + 1);
  return layout(
    [
      { text: kind, width: 7, style: tones[kind] },
      { text: new Date(changedAt).toISOString().replace('.000', ''), style: 'dim' },
      { text: String(movieId), width: -7, style: 'bold' },
      { text: changeKey, width: 19, style: 'cyan' },
      { text: id },
    ],
    screen,
  );
};

const itemIn = (piece: string | null): Json => {
  const items = piece === null ? undefined : member(asJson(piece), 'items');
  return Array.isArray(items) ? ((items as readonly Json[])[0] ?? null) : null;
};

/** A difference as an object of JSON: both items as TMDB sends them, null where a side has none. */
export const jsonOfDifference = ({ kind, movieId, recordKey, changeKey, changedAt, tmdb, kafka }: Difference) => ({
  ...{ kind, movie_id: movieId, record_key: recordKey, change_key: changeKey },
  changed_at: new Date(changedAt).toISOString(),
  ...{ tmdb: itemIn(tmdb), kafka: itemIn(kafka) },
});

interface Found {
  readonly asked: Asked;
  /** The days of each movie. */
  readonly spans: readonly Span[];
  /** Null: TMDB's answer cannot be read. */
  readonly verdicts: ReadonlyMap<number, Verdict | null>;
  readonly foreign: number;
}

export const summaryOf = ({ asked, spans, verdicts, foreign }: Found): Summary => {
  const read = [...verdicts.values()].filter((verdict) => verdict !== null);
  const differences = read.flatMap((verdict) => verdict.differences);
  const [first = asked, ...others] = spans;
  const { start, end } = others.reduce<Span>(
    (all, span) => ({ start: earlierOf(all.start, span.start), end: laterOf(all.end, span.end) }),
    first,
  );
  return {
    ...{ from: start, to: addDays(end, -1), movies: verdicts.size },
    same: read.reduce((sum, { same }) => sum + same, 0),
    missing: countOf(differences, 'missing'),
    changed: countOf(differences, 'changed'),
    extra: countOf(differences, 'extra'),
    letters: read.reduce((sum, { letters }) => sum + letters, 0),
    unread: [...verdicts].filter(([, verdict]) => verdict === null).map(([movieId]) => movieId),
    foreign,
    repair: repairsOf(differences.filter(isFault)),
  };
};

/** The one line, and under it how to mend what is not right. */
export const describeSummary = (summary: Summary): string => {
  const { from, to, movies, same, missing, changed, extra, letters, unread, foreign, repair } = summary;
  const counts = [
    ...[`${same} same`, `${missing} missing`, `${changed} changed`, `${extra} extra`, `${letters} dead letters`],
    ...(foreign === 0 ? [] : [`${foreign} not ours`]),
    ...(unread.length === 0 ? [] : [`${unread.length} movies not read`]),
  ];
  const line = `${movies} ${movies === 1 ? 'movie' : 'movies'}, ${from} to ${to}: ${counts.join(', ')}`;
  return [line, ...repair.map((command) => `→ ${command}`)].join('\n');
};
