import type { Coverage } from './coverage.ts';
import { usageError } from './errors.ts';
import { takeDays, type Checkpoint, type Window } from './checkpoint.ts';
import { addDays, dayOf, earlierOf, laterOf, type Day } from './time.ts';
import { historyDay, isMovieId, whole } from './values.ts';

/** Whole UTC days, `[start, end)`. */
export interface Span {
  readonly start: Day;
  readonly end: Day;
}

/** Which days are wanted. A bound that nobody has named is what a movie has of them. */
export interface Asked extends Span {
  readonly isNamed: { readonly start: boolean; readonly end: boolean };
}

/** What an operator has written. */
export interface Wish {
  readonly ids: readonly string[];
  readonly movies?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Scope {
  readonly asked: Asked;
  /** Movies by name, or so many by chance. */
  readonly movies: ReadonlySet<number> | number;
}

/** So many days, and movies, where nobody says how many. */
const usual = { days: takeDays, movies: 100 } as const;
const mostMovies = 10_000;

const makeParse = (problems: string[]) => {
  const parse = (text: string | undefined, name: string, form: ReturnType<typeof historyDay>): Day | null => {
    const read = text === undefined ? null : form.safeParse(text);
    problems.push(...(read?.error?.issues ?? []).map(({ message }) => `${name} ${JSON.stringify(text)} ${message}`));
    return read?.data ?? null;
  };
  const count = (text: string): number => {
    const read = whole(1, mostMovies).safeParse(text);
    problems.push(...(read.error?.issues ?? []).map(({ message }) => `--movies ${JSON.stringify(text)} ${message}`));
    return read.data ?? 0;
  };
  return { parse, count };
};

/**
 * What is to be compared, at `now` in ms. `--to` is the last day itself. Throws a usage error that names everything that
 * is wrong.
 */
export const scopeOf = (wish: Wish, { now, overlapMs }: { now: number; overlapMs: number }): Scope => {
  const problems: string[] = [];
  const { parse, count } = makeParse(problems);
  const [first, last] = [
    parse(wish.from, '--from', historyDay(dayOf(now))),
    parse(wish.to, '--to', historyDay(dayOf(now))),
  ];
  const pieces = wish.ids.flatMap((text) => text.split(',')).map((piece) => piece.trim());
  const wrong = pieces.filter((piece) => !isMovieId(piece)).map((piece) => JSON.stringify(piece.slice(0, 40)));
  if (wrong.length > 0) problems.push(`no movie ids: ${wrong.join(', ')}`);
  if (pieces.length > 0 && wish.movies !== undefined)
    problems.push('--movies goes without ids: it says how many to choose');
  if (first !== null && last !== null && first > last) problems.push(`--from ${first} lies after --to ${last}`);
  const movies =
    pieces.length > 0 ? new Set(pieces.map(Number)) : wish.movies === undefined ? usual.movies : count(wish.movies);
  if (problems.length > 0) throw usageError(problems);
  const end = last === null ? dayOf(now - overlapMs) : addDays(last, 1);
  const start = first ?? addDays(end, -usual.days);
  return { asked: { start, end, isNamed: { start: first !== null, end: last !== null } }, movies };
};

/** The days that are compared of a movie; null where a day that was named is not complete, or none is. */
export const spanOf = ({ since, from }: Checkpoint, { start, end, isNamed }: Asked): Span | null => {
  const first = isNamed.start ? start : laterOf(start, since);
  const last = isNamed.end ? end : earlierOf(end, from);
  return first >= since && last <= from && first < last ? { start: first, end: last } : null;
};

const sayDays = ({ start, end }: Span): string => `${start} to ${addDays(end, -1)}`;

/** Why movies that were named cannot be compared, a sentence each; `at` gives what is published of one. */
export const problemsOf = (
  movies: ReadonlySet<number>,
  asked: Asked,
  at: (movieId: number) => Checkpoint | undefined,
): readonly string[] => {
  const known = [...movies].map((movieId) => [movieId, at(movieId)] as const);
  const unknown = known.filter(([, checkpoint]) => checkpoint === undefined).map(([movieId]) => movieId);
  const open = known.flatMap(([movieId, checkpoint]) => {
    if (checkpoint === undefined || spanOf(checkpoint, asked) !== null) return [];
    const { since, from } = checkpoint;
    const complete = since < from ? `complete is ${sayDays({ start: since, end: from })}` : 'no day is complete yet';
    return [`movie ${movieId}: ${complete}; asked for is ${sayDays(asked)}`];
  });
  return [
    ...(unknown.length === 0
      ? []
      : [`nothing is published of ${unknown.join(', ')}: add them to WATCH, or wait until run has polled them`]),
    ...open,
  ];
};

/** Why no movie can be chosen, in a sentence; null where some can. */
export const whyNone = (
  asked: Asked,
  { at, records, frontier }: Pick<Coverage, 'at' | 'records' | 'frontier'>,
): string | null => {
  const all = frontier();
  let best = all === null ? null : { start: all.since, end: all.through };
  if (best !== null && spanOf({ since: best.start, from: best.end, seen: [] }, asked) !== null) return null;
  for (const [movieId] of records()) {
    const checkpoint = at(movieId);
    if (checkpoint === undefined) continue;
    if (spanOf(checkpoint, asked) !== null) return null;
    if (best === null || checkpoint.from > best.end) best = { start: checkpoint.since, end: checkpoint.from };
  }
  const complete = best === null || best.start === best.end ? 'no day is complete yet' : `complete is ${sayDays(best)}`;
  return `${sayDays(asked)} is complete of no movie: ${complete}`;
};

/** What TMDB is asked for so that the answers hold these days. */
export const windowsOf = ({ start, end }: Span): readonly Window[] => {
  const windows: Window[] = [];
  for (let first = start; first < end; first = addDays(first, takeDays)) {
    const take = { start: first, end: earlierOf(addDays(first, takeDays), end) };
    windows.push({ bound: 'since', ask: { start: addDays(take.start, -1), end: addDays(take.end, 1) }, take });
  }
  return windows;
};
