import { z } from 'zod';
import type { Day } from './time.ts';
import { isMovieId, refuse } from './values.ts';

/** Which movies are followed: all that there are, or a list, which may be a file that is read again when it changes. */
export type Watch =
  | { readonly kind: 'all' }
  | { readonly kind: 'ids'; readonly ids: readonly number[] }
  | { readonly kind: 'file'; readonly path: string; readonly ids: readonly number[] };

/** The movies that are named; `all` names none. */
export const idsOf = (watch: Watch | undefined): readonly number[] =>
  watch === undefined || watch.kind === 'all' ? [] : watch.ids;

interface MovieList {
  /** Each once, in the order of the list. */
  readonly ids: readonly number[];
  /** What is wrong with it, in words that follow its name; none: it can be used. */
  readonly problems: readonly string[];
}

const mostProblems = 5;

const show = (piece: string): string => JSON.stringify(piece.length > 40 ? `${piece.slice(0, 40)}…` : piece);

interface Form {
  readonly separator: RegExp;
  readonly comment: RegExp | null;
  readonly where: (nth: number) => string;
}

const commas: Form = { separator: /,/, comment: null, where: () => '' };
const lines: Form = { separator: /\r\n|\r|\n/, comment: /#.*$/s, where: (nth) => `line ${nth}: ` };

/** Piece by piece: of a file with a million lines nothing is kept but the numbers. */
const eachPiece = (text: string, separator: RegExp, onPiece: (piece: string, nth: number) => void): void => {
  const end = new RegExp(`${separator.source}|$`, 'g');
  for (let start = 0, nth = 1; start < text.length; start = end.lastIndex, nth += 1)
    onPiece(text.slice(start, end.exec(text)?.index), nth);
};

/** Numbers in ascending order: with a million of them three times as fast as a Set, in a third of the memory. */
const sort = (ids: readonly number[]): Float64Array => Float64Array.from(ids).sort();

const eachOnce = (ids: readonly number[]): readonly number[] => {
  const sorted = sort(ids);
  return sorted.some((id, at) => id === sorted[at - 1]) ? [...new Set(ids)] : ids;
};

const parse = (text: string, { separator, comment, where }: Form): MovieList => {
  const ids: number[] = [];
  const problems: string[] = [];
  let wrong = 0;
  eachPiece(text, separator, (piece, nth) => {
    const bare = (comment === null ? piece : piece.replace(comment, '')).trim(); // of a byte order mark too
    if (bare === '') return;
    if (isMovieId(bare)) {
      ids.push(Number(bare));
      return;
    }
    wrong += 1;
    if (wrong <= mostProblems) problems.push(`${where(nth)}${show(bare)} is not a movie id`);
  });
  if (wrong > mostProblems) problems.push(`and ${wrong - mostProblems} more that are no movie ids`);
  if (wrong === 0 && ids.length === 0) problems.push('names no movie');
  return { ids: eachOnce(ids), problems };
};

/** Movie ids separated by commas. */
const parseIds = (text: string): MovieList => parse(text, commas);

/** The text of a watch file: one id a line, `#` begins a comment. */
export const parseWatchFile = (text: string): MovieList => parse(text, lines);

const idsOrRefuse = ({ ids, problems }: MovieList, ctx: z.core.$RefinementCtx): readonly number[] => {
  for (const problem of problems) refuse(ctx, problem);
  return ids;
};

export const movieIds = z.string().transform((value, ctx) => idsOrRefuse(parseIds(value), ctx));

/**
 * A file and what it holds as one text. The path as JSON, which has no NUL: what is parsed from it is a text of its own,
 * while a slice would keep the whole file in memory.
 */
export const withText = (path: string, text: string): string => `@${JSON.stringify(path)}\0${text}`;

/** `all`, movie ids separated by commas, or what `withText` made of a file. */
export const watch = z.string().transform((value, ctx): Watch => {
  if (/^all$/i.test(value)) return { kind: 'all' };
  if (!value.startsWith('@')) return { kind: 'ids', ids: idsOrRefuse(parseIds(value), ctx) };
  const end = value.indexOf('\0');
  const path = JSON.parse(value.slice(1, end)) as string; // as withText wrote it
  return { kind: 'file', path, ids: idsOrRefuse(parseWatchFile(value.slice(end + 1)), ctx) };
});

/** The ids of one list that another one has not, both in ascending order. */
const without = (ids: Float64Array, others: Float64Array): number[] => {
  const left: number[] = [];
  let at = 0;
  for (const id of ids) {
    while ((others[at] ?? Infinity) < id) at += 1;
    if (others[at] !== id) left.push(id);
  }
  return left;
};

export interface WatchChange {
  /** The whole list as it is now. */
  readonly ids: readonly number[];
  /** In ascending order, as `removed`. */
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

/** What goes with it. `from`: the first day of an added one that has no record. */
export interface Watching {
  readonly from: Day;
  readonly hasLists: boolean;
  readonly now: number;
}

/** What makes one list of the other; in which order they stand does not matter. */
export const changeOf = (before: readonly number[], ids: readonly number[]): WatchChange => {
  const [old, now] = [sort(before), sort(ids)];
  return { ids, added: without(now, old), removed: without(old, now) };
};
