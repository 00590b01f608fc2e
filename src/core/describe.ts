import { z } from 'zod';
import { isChangeKey } from './change-keys.ts';
import { cut, layout, type Cell, type Screen, type Style } from './display.ts';
import { asJson, isDeeperThan, member, sameJson, type Json } from './json.ts';
import { toTmdbTime } from './time.ts';
import { differenceOf, show } from './words.ts';

/** Longest part of a line that comes from TMDB, in what a reader sees as characters. */
const longest = 100;
const longestName = 24;

const instant = z.number().min(-8.64e15).max(8.64e15);
const code = z.string().nullable();
const eventForm = z.looseObject({
  movie_id: z.number(),
  change_key: z.string(),
  op: z.string(),
  action: z.string(),
  changed_at: instant,
  iso_639_1: code,
  iso_3166_1: code,
  raw: z.string().nullable(),
});
const letterForm = z.looseObject({
  movie_id: z.number(),
  change_key: code,
  stamp: z.string(),
  changed_at: instant.nullable(),
  observed_at: instant,
  reason: z.string(),
});

type Event = z.output<typeof eventForm>;

const tones: Readonly<Record<string, Style>> = { c: 'green', u: 'yellow', d: 'red' };
const signs: Readonly<Record<string, string>> = { c: '+ ', u: '→ ' };

// Whoever writes to our topics may nest deeper than a recursion goes.
const deepest = 50;

const tryJson = (text: string): Json | undefined => {
  try {
    const value = asJson(text);
    return isDeeperThan(value, deepest) ? undefined : value;
  } catch {
    return undefined;
  }
};

/** TMDB's value as received where `raw` has it, else as typed; undefined where there was none. */
const sideOf = (event: Event, name: 'before' | 'after', received: Json | undefined): Json | undefined => {
  if (received !== undefined) return member(received, name === 'before' ? 'original_value' : 'value');
  const typed = event[name] as Json | undefined; // Avro without bytes is JSON
  if (typed === null) return undefined;
  const isJsonText = typeof typed === 'string' && !isChangeKey(event.change_key);
  const value = isJsonText ? tryJson(typed) : typed;
  return value === undefined ? typed : value;
};

/** What there was and what there is, as short as it can be told. */
const changeOf = (event: Event): string => {
  const received = event.raw === null ? undefined : tryJson(event.raw);
  const [before, after] = [sideOf(event, 'before', received), sideOf(event, 'after', received)];
  if (before !== undefined && after !== undefined)
    return sameJson(before, after) ? `${show(after)} (as it was)` : differenceOf(before, after, longest);
  if (before !== undefined) return `- ${cut(show(before), longest)}`;
  if (after !== undefined) return (signs[event.op] ?? '') + cut(show(after), longest);
  return cut(event.raw ?? '', longest);
};

interface Row {
  readonly ms: number;
  readonly action: string;
  readonly style: Style;
  readonly movie: string;
  readonly key: string;
  readonly place: string;
  readonly change: string;
}

const cellsOf = ({ ms, action, style, movie, key, place, change }: Row): Cell[] => [
  { text: toTmdbTime(ms).replace(' UTC', 'Z'), style: 'dim' },
  { text: cut(action, longestName), width: 7, style },
  { text: movie, width: -7, style: 'bold' },
  { text: `${cut(key, longestName)} ${cut(place, longestName)}`.trimEnd(), width: 19, style: 'cyan' },
  { text: change },
];

const rowOfEvent = (event: Event): Row => ({
  ms: event.changed_at,
  action: event.action,
  style: tones[event.op] ?? 'magenta',
  movie: String(event.movie_id),
  key: event.change_key,
  place: [event.iso_639_1, event.iso_3166_1].filter((text) => text !== null && text !== '').join('-'),
  change: changeOf(event),
});

const rowOf = (value: unknown): Row | null => {
  const letter = letterForm.safeParse(value);
  if (letter.success) {
    const { movie_id, change_key, changed_at, observed_at, stamp, reason } = letter.data;
    const change = `${cut(stamp, 48)}: ${cut(reason, longest)}`;
    const [ms, movie, key] = [changed_at ?? observed_at, String(movie_id), change_key ?? ''];
    return { ms, action: 'rejected', style: 'red', movie, key, place: '', change };
  }
  const event = eventForm.safeParse(value);
  return event.success ? rowOfEvent(event.data) : null;
};

/** One event or dead letter as one line for people; null for anything else. */
export const describe = (value: unknown, screen: Screen): string | null => {
  const row = rowOf(value);
  return row === null ? null : layout(cellsOf(row), screen);
};

/** A record that is no event: what it is in a word, and where it lies. */
export interface Remark {
  /** When it was published, in ms since 1970. */
  readonly ms: number;
  readonly word: string;
  readonly about: string;
}

export const describeRemark = ({ ms, word, about }: Remark, screen: Screen): string => {
  const nothing = { movie: '', key: '', place: '' };
  return layout(cellsOf({ ...nothing, ms, action: word, style: 'magenta', change: cut(about, 400) }), screen);
};
