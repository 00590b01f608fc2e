import { z } from 'zod';
import { readJson, unreadable } from './body.ts';
import type { Window } from './checkpoint.ts';
import { canonicalJson, isDeeperThan, member, type Json } from './json.ts';
import { placeOf, secondOfId, stampOfItem, stampOfText } from './stamp.ts';
import { dayMs, parseInstant, startOf } from './time.ts';

interface Named {
  readonly stamp: string;
  /** Ms since 1970 by which it belongs to a day; null where there is none within reason. */
  readonly place: number | null;
  readonly changeKey: Json;
  /** As received, after JSON.parse. */
  readonly received: Json;
}

/** A change that becomes an event. */
export interface Item extends Named {
  readonly kind: 'item';
  readonly place: number;
  readonly changeKey: string;
  readonly id: string;
  readonly action: string;
}

/** A change that cannot become one: it becomes a dead letter. */
export interface Rejected extends Named {
  readonly kind: 'rejected';
  readonly reason: string;
}

export type Output = Item | Rejected;

/** TMDB's `{ key, items }`, one for each change key. */
export interface Group {
  readonly key: Json;
  readonly items: readonly Json[];
}

const answerForm = z.looseObject({
  changes: z.array(z.looseObject({ key: z.unknown(), items: z.array(z.unknown()) })),
  total_pages: z.int().nonnegative().optional(),
});

const itemForm = z.looseObject({
  id: z.string().regex(/^[\x21-\x7e]{1,64}$/, 'not 1 to 64 printable characters'),
  action: z.string(),
  time: z.string().refine((text) => parseInstant(text) !== null, 'not an instant that exists'),
});

const keyForm = z.string().refine((text) => text.isWellFormed(), 'half a character');

/** Deeper than any recorded answer by a factor of ten: recursion over it is safe. */
export const maxDepth = 100;

/** A day, since an inclusive end would give one more, and an hour, since an id may be off its time. */
const farMs = dayMs + 3_600_000;

/** TMDB does not page this answer today, and the largest recorded one has 1,814 items. */
const maxPages = 100;

const isFar = (ms: number, { ask }: Window): boolean =>
  ms < startOf(ask.start) - farMs || ms >= startOf(ask.end) + farMs;

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const timeOf = (item: Json): number | null => parseInstant(text(member(item, 'time')));
const idTimeOf = (item: Json): number | null => {
  const second = secondOfId(text(member(item, 'id')));
  return second === null ? null : second * 1000;
};

/** An item that shows that TMDB has not looked at the dates it was given: by its time and by its id. */
const isElsewhere = (item: Json, window: Window): boolean => {
  const [time, idTime] = [timeOf(item), idTimeOf(item)];
  return time !== null && isFar(time, window) && (idTime === null || isFar(idTime, window));
};

/**
 * The groups of one page of TMDB's answer and how many pages there are (one today: it does not page).
 * Throws TMDB_UNREADABLE for anything but the documented shape, and where TMDB ignored the dates of the window.
 */
export const readAnswer = (body: string, window: Window): { groups: readonly Group[]; pages: number } => {
  const json = readJson(body);
  const answer = answerForm.safeParse(json);
  if (!answer.success) throw unreadable('has not the documented shape');
  if (isDeeperThan(json, maxDepth)) throw unreadable(`is nested more than ${maxDepth} levels deep`);
  const groups = answer.data.changes as Group[]; // out of JSON.parse: every unknown in it is Json
  const items = groups.flatMap((group) => group.items);
  const elsewhere = items.filter((item) => isElsewhere(item, window)).length;
  if (elsewhere * 2 > items.length) throw unreadable('is of other days than it was asked for: the dates were ignored');
  const pages = answer.data.total_pages ?? 1;
  if (pages > maxPages) throw unreadable(`says that it has ${pages} pages`);
  return { groups, pages };
};

/** The piece of the answer that holds one item alone. */
export const pieceOf = ({ changeKey, received }: Pick<Named, 'changeKey' | 'received'>): string =>
  canonicalJson({ key: changeKey, items: [received] });

const reject = (what: Pick<Rejected, 'changeKey' | 'received' | 'reason'>, window: Window): Rejected => {
  const { received } = what;
  const [time, id] = [timeOf(received), text(member(received, 'id'))];
  const place = time ?? idTimeOf(received);
  const common = { kind: 'rejected', ...what } as const;
  const piece = pieceOf(what);
  if (place === null || isFar(place, window)) return { ...common, place: null, stamp: stampOfText(piece, null) };
  const named = time !== null && itemForm.shape.id.safeParse(id).success;
  return { ...common, place, stamp: named ? stampOfItem(id, place) : stampOfText(piece, place) };
};

/** One item of a group: what it is in a window. */
export const sortOut = (key: Json, received: Json, window: Window): Output => {
  const item = itemForm.safeParse(received);
  const changeKey = keyForm.safeParse(key);
  const problems = [
    ...(item.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'item'}: ${message}`),
    ...(changeKey.error?.issues ?? []).map(({ message }) => `change key: ${message}`),
  ];
  const place = timeOf(received);
  if (place !== null && isFar(place, window)) problems.push('time: more than a day outside the window asked for');
  if (!item.success || !changeKey.success || place === null || problems.length > 0) {
    return reject({ changeKey: key, received, reason: problems.join('; ') }, window);
  }
  const { id, action } = item.data;
  return { kind: 'item', changeKey: changeKey.data, received, id, action, place, stamp: stampOfItem(id, place) };
};

/** Whether what lies at `place` is this window's to take; what has no place is live polling's alone. */
const isTaken = (place: number | null, { bound, take }: Window): boolean => {
  if (place === null) return bound === 'from';
  return place >= startOf(take.start) && (take.end === null || place < startOf(take.end));
};

/** What is this window's to publish, and how many items are left to another one. Cannot fail. */
export const parse = (groups: readonly Group[], window: Window): { outputs: readonly Output[]; outside: number } => {
  const all = groups.flatMap(({ key, items }) => items.map((item) => sortOut(key ?? null, item ?? null, window)));
  const outputs = all.filter(({ stamp }) => isTaken(placeOf(stamp), window));
  return { outputs, outside: all.length - outputs.length };
};
