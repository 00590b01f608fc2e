import { usageError } from './errors.ts';
import type { From, Until } from './positions.ts';
import { parseInstant } from './time.ts';
import { eventTopics } from './topics.ts';
import { isMovieId } from './values.ts';

const pairs = /^\d+:\d{1,18}(,\d+:\d{1,18})*$/;

type Place = Extract<From, Until>;

/** A place in the topics, null where the text names none. Digits are an offset, whatever else is a time with a zone. */
const parsePlace = (text: string): Place | null => {
  if (/^\d{1,18}$/.test(text)) return { at: 'offset', offset: BigInt(text) };
  if (pairs.test(text)) {
    const offsets = text.split(',').map((pair) => pair.split(':'));
    return {
      at: 'offsets',
      offsets: new Map(offsets.map(([partition, offset]) => [Number(partition), BigInt(offset ?? 0)])),
    };
  }
  const ms = parseInstant(text);
  return ms === null ? null : { at: 'time', ms: Math.max(ms, 0) }; // -1 and -2 are Kafka's words for the ends
};

export const parseFrom = (text: string): From | null =>
  text === 'beginning' || text === 'end' ? { at: text } : parsePlace(text);

export const parseUntil = (text: string): Until | null => (text === 'now' ? { at: text } : parsePlace(text));

const known = [...Object.keys(eventTopics), 'dead_letters'];

/** The pairs of letters in a word, its ends among them. */
const pairsOf = (word: string): Set<string> =>
  new Set(Array.from({ length: word.length + 1 }, (_, at) => ` ${word.toLowerCase()} `.slice(at, at + 2)));

const nearest = (word: string): readonly string[] => {
  const own = pairsOf(word.slice(0, 200));
  const likeness = (name: string): number => {
    const pieces = pairsOf(name);
    return [...pieces].filter((piece) => own.has(piece)).length / (pieces.size + own.size);
  };
  return known.toSorted((a, b) => likeness(b) - likeness(a)).slice(0, 3);
};

/** The topics by their names without or with the prefix; `all` is every topic of events. */
const topicsOf = (names: readonly string[], prefix: string, problems: string[]): string[] => {
  const bareOf = (name: string): string[] => {
    if (name === 'all') return Object.keys(eventTopics);
    const bare = known.includes(name) || !name.startsWith(prefix) ? name : name.slice(prefix.length);
    if (known.includes(bare)) return [bare];
    problems.push(
      `there is no topic ${JSON.stringify(name.slice(0, 60))}: nearest are ${nearest(bare).join(', ')} (all: every event; docs/topics.md lists them)`,
    );
    return [];
  };
  return [...new Set(names.flatMap(bareOf))].map((name) => `${prefix}${name}`);
};

const moviesOf = (texts: readonly string[], problems: string[]): ReadonlySet<number> => {
  const pieces = texts.flatMap((text) => text.split(',')).map((piece) => piece.trim());
  const wrong = pieces.filter((piece) => !isMovieId(piece));
  problems.push(...wrong.slice(0, 5).map((piece) => `--movie ${JSON.stringify(piece.slice(0, 40))} is not a movie id`));
  return new Set(pieces.map(Number));
};

/** What a person asks to see, as written. */
export interface Wish {
  readonly from: string;
  readonly until?: string;
  readonly movie?: readonly string[];
  readonly format: string;
}

export interface Selection {
  readonly topics: readonly string[];
  readonly from: From;
  readonly until?: Until;
  /** None: every one. */
  readonly movies: ReadonlySet<number>;
  readonly isJson: boolean;
}

const places = 'an offset, P:OFFSET,… or a time like 2026-08-18T12:00:00Z';

/** What is to be read. Throws a usage error that names everything that is wrong. */
export const select = (names: readonly string[], wish: Wish, prefix: string): Selection => {
  const problems: string[] = [];
  const topics = topicsOf(names, prefix, problems);
  const movies = moviesOf(wish.movie ?? [], problems);
  const from = parseFrom(wish.from);
  const until = wish.until === undefined ? undefined : parseUntil(wish.until);
  const isOffset = (place: From | Until | null | undefined): boolean => place?.at.startsWith('offset') === true;
  if (from === null) problems.push(`--from ${JSON.stringify(wish.from)} is not beginning, end, ${places}`);
  if (until === null) problems.push(`--until ${JSON.stringify(wish.until)} is not now, ${places}`);
  if (topics.length > 1 && isOffset(from)) problems.push('--from with an offset goes with one topic');
  if (topics.length > 1 && isOffset(until)) problems.push('--until with an offset goes with one topic');
  if (!['json', 'text'].includes(wish.format))
    problems.push(`--format ${JSON.stringify(wish.format)} is not json or text`);
  if (problems.length > 0 || from === null) throw usageError(problems);
  return { topics, from, movies, isJson: wish.format === 'json', ...(until ? { until } : {}) };
};
