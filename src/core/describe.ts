import { z } from 'zod';
import { toTmdbTime } from './time.ts';

/** Longest part of a line that comes from TMDB, in what a reader sees as characters. */
const maxLength = 100;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const cut = (text: string): string => {
  const start = [...graphemes.segment(text.slice(0, maxLength * 20))].slice(0, maxLength + 1);
  return start.length > maxLength
    ? `${start
        .slice(0, maxLength)
        .map(({ segment }) => segment)
        .join('')}…`
    : text;
};

/** Anybody can edit TMDB: control, bidi, line and paragraph characters are shown, never sent to a terminal. */
const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });

const scalar = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
const side = z.union([scalar, z.object({}).catchall(scalar.nullable())]).nullable();

const eventForm = z.looseObject({
  movie_id: z.number(),
  change_key: z.string(),
  action: z.string(),
  changed_at: z.number(),
  iso_639_1: z.string().nullable(),
  before: side,
  after: side,
});
const letterForm = z.looseObject({ movie_id: z.number(), stamp: z.string(), reason: z.string(), raw: z.string() });

type Side = z.output<typeof side>;

const show = (value: Side): string => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return String(value ?? '');
  return Object.values(value)
    .filter((member) => member !== null)
    .join(' ');
};

const changeOf = (before: Side, after: Side): string => {
  const [was, is] = [cut(show(before)), cut(show(after))];
  if (was === '') return is;
  return is === '' ? `was ${was}` : `${was} → ${is}`;
};

/** One event or dead letter as one plain line for people; null for anything else. */
export const describe = (value: unknown): string | null => {
  const letter = letterForm.safeParse(value);
  if (letter.success)
    return visible(`movie ${letter.data.movie_id}  dead letter ${letter.data.stamp}  ${cut(letter.data.reason)}`);
  const event = eventForm.safeParse(value);
  if (!event.success) return null;
  const { movie_id, change_key, action, changed_at, iso_639_1, before, after } = event.data;
  const what = `${cut(change_key)} ${cut(action)}${iso_639_1 === null || iso_639_1 === '' ? '' : ` (${cut(iso_639_1)})`}`;
  return visible(`${toTmdbTime(changed_at)}  movie ${movie_id}  ${what}  ${changeOf(before, after)}`.trimEnd());
};
