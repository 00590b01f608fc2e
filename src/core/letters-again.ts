import { z } from 'zod';
import type { Window } from './checkpoint.ts';
import type { DeadLetter } from './events.ts';
import { asJson, isDeeperThan, type Json } from './json.ts';
import { maxDepth, sortOut, type Item } from './parse.ts';
import { placeOf, secondOfId } from './stamp.ts';
import { addDays, dayOf, laterOf, type Day } from './time.ts';

/** A letter that waits. `timestamp` in ms since 1970: when it was published. */
export interface Letter {
  readonly key: string;
  readonly partition: number;
  readonly timestamp: number;
  readonly value: DeadLetter;
}

/** What today's code makes of a letter's text: a change, or why it is still none. */
export type Again = { readonly item: Item } | { readonly reason: string };

const letterForm = z.looseObject({
  movie_id: z.int(),
  stamp: z.string(),
  item_id: z.string().nullable(),
  change_key: z.string().nullable(),
  action: z.string().nullable(),
  changed_at: z.number().nullable(),
  observed_at: z.number().min(-8.64e15).max(8.64e15),
  reason: z.string(),
  raw: z.string(),
});

/** Whether what was read from the topic is one of ours. */
export const isLetter = (key: string | null, value: unknown): value is DeadLetter => {
  const { data } = letterForm.safeParse(value);
  return data !== undefined && key === `${data.movie_id}:${data.stamp}`;
};

const pieceForm = z.object({ key: z.unknown(), items: z.array(z.unknown()).length(1) });

const pieceIn = (raw: string): { readonly key: Json; readonly received: Json } | null => {
  try {
    const json = asJson(raw);
    const { data } = pieceForm.safeParse(json);
    if (data === undefined || isDeeperThan(json, maxDepth)) return null;
    return { key: (data.key ?? null) as Json, received: (data.items[0] ?? null) as Json }; // out of JSON.parse
  } catch {
    return null; // cut, for it was too large
  }
};

const firstDay: Day = '1970-01-01';

/**
 * Days in which TMDB can have shown it, as it was asked for then: those around its place. Of what had none it is only
 * known that nobody had asked for days to come.
 */
const windowOf = ({ stamp, observed_at }: DeadLetter): Window => {
  const place = placeOf(stamp);
  const [first, last] = place === null ? [firstDay, dayOf(observed_at)] : [dayOf(place), dayOf(place)];
  const take = { start: first, end: addDays(last, 1) };
  return { bound: 'from', ask: { start: laterOf(firstDay, addDays(first, -1)), end: addDays(last, 2) }, take };
};

/** Shown among days that are not its own, by a time or an id that could be read then: its own days are asked for as well. */
const wasElsewhere = ({ stamp, changed_at, item_id }: DeadLetter): boolean =>
  placeOf(stamp) === null && (changed_at !== null || secondOfId(item_id ?? '') !== null);

/** A letter by today's code. */
export const readAgain = (letter: DeadLetter): Again => {
  const piece = pieceIn(letter.raw);
  if (piece === null) return { reason: 'its text is not that of one item: it was cut' };
  const output = sortOut(piece.key, piece.received, windowOf(letter));
  if (output.kind === 'rejected') return { reason: output.reason };
  return wasElsewhere(letter) ? { reason: letter.reason } : { item: output };
};

/** How many letters, and how many UTF-16 units of them, go into one transaction. */
const most = { letters: 500, text: 4_000_000 };

/** Letters as they are replayed: so many in a transaction. */
export const chunksOf = (letters: readonly Letter[]): readonly (readonly Letter[])[] => {
  const chunks: Letter[][] = [];
  let text = Infinity;
  for (const letter of letters) {
    text += letter.value.raw.length;
    const chunk = chunks.at(-1);
    if (chunk !== undefined && chunk.length < most.letters && text <= most.text) chunk.push(letter);
    else {
      chunks.push([letter]);
      text = letter.value.raw.length;
    }
  }
  return chunks;
};
