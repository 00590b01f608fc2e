import { z } from 'zod';
import type { Checkpoint } from './checkpoint.ts';
import type { Day } from './time.ts';
import { historyDay, isMovieId } from './values.ts';
import type { Wish } from './placing.ts';

/** A movie's checkpoint as a line of JSON, which `readLines` takes back. */
export const lineOf = (movieId: number, { since, from, seen }: Checkpoint): string =>
  JSON.stringify({ movieId, since, from, seen });

const mostProblems = 5;

/** Movie ids as they are given, each once. */
export const readIds = (texts: readonly string[]): { readonly ids: readonly number[]; readonly problems: string[] } => {
  const pieces = texts.flatMap((text) => text.split(',')).map((piece) => piece.trim());
  const wrong = pieces.filter((piece) => !isMovieId(piece));
  const problems = wrong.map((piece) => `${JSON.stringify(piece.slice(0, 40))} is not a movie id`);
  return { ids: [...new Set(pieces.filter(isMovieId).map(Number))], problems };
};

/** The day that text names; `name` is how it is called. */
export const readDay = (text: string, name: string, today: Day): { readonly day: Day; readonly problems: string[] } => {
  const { data, error } = historyDay(today).safeParse(text);
  const problems = (error?.issues ?? []).map(
    ({ message }) => `${name} ${JSON.stringify(text.slice(0, 40))} ${message}`,
  );
  return { day: data ?? '', problems };
};

const noStamps = 'seen is not a list of stamps';
const lineForm = z.looseObject(
  {
    movieId: z.number('movieId is not a movie id').refine((id) => isMovieId(String(id)), 'movieId is not a movie id'),
    from: z.string('from is not a day'),
    since: z.string('since is not a day').optional(),
    seen: z.array(z.string(noStamps), noStamps).optional(),
  },
  'is no object',
);

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const readLine = (text: string, today: Day): { readonly wish?: Wish; readonly problem?: string } => {
  const value = tryJson(text);
  if (value === undefined) return { problem: 'is no JSON' };
  const { data, error } = lineForm.safeParse(value);
  if (data === undefined) return { problem: error.issues[0]?.message ?? '' };
  const { movieId, since, seen } = data;
  const { day: from, problems } = readDay(data.from, 'from', today);
  if (since !== undefined) problems.push(...readDay(since, 'since', today).problems);
  if (problems.length > 0) return { problem: problems[0] ?? '' };
  if ((since === undefined) !== (seen === undefined)) return { problem: 'has since or seen, and not the other' };
  if (since === undefined || seen === undefined) return { wish: { movieId, to: from } };
  return since > from ? { problem: 'since lies after from' } : { wish: { movieId, to: { since, from, seen } } };
};

/**
 * Checkpoints as `list --format json` writes them, a line each. One with `since` and `seen` is meant as it is, one without
 * says only from which day on.
 */
export const readLines = (
  text: string,
  today: Day,
): { readonly wishes: readonly Wish[]; readonly problems: string[] } => {
  const [wishes, problems]: [Wish[], string[]] = [[], []];
  const known = new Set<number>();
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const { wish, problem } = readLine(line, today);
    if (problem !== undefined) problems.push(`line ${at + 1}: ${problem}`);
    if (wish === undefined) continue;
    if (known.has(wish.movieId)) problems.push(`line ${at + 1}: movie ${wish.movieId} stands in a line before`);
    known.add(wish.movieId);
    wishes.push(wish);
  }
  if (wishes.length === 0 && problems.length === 0) problems.push('no line holds a checkpoint');
  const more = problems.length - mostProblems;
  return {
    wishes,
    problems: more > 0 ? [...problems.slice(0, mostProblems), `and ${more} more that cannot be used`] : problems,
  };
};
