import { createHash } from 'node:crypto';
import { changeKeys, isChangeKey } from './change-keys.ts';
import type { DeadLetter, ImageChange, KeywordChange, OtherChange, SchemaTypes, VideoChange } from './events.ts';
import { asJson, canonicalJson, member, sameJson, type Json } from './json.ts';
import { pieceOf, type Item, type Output, type Rejected } from './parse.ts';
import { other, textOrNull, type Shape, type Typed } from './shapes.ts';
import { stampOfItem } from './stamp.ts';
import { parseInstant, toTmdbTime } from './time.ts';

export type ChangeEvent = ImageChange | VideoChange | KeywordChange | OtherChange;

/** One record before it is bytes; `topic` is without the prefix. */
export interface Mapped {
  readonly topic: string;
  readonly movieId: number;
  readonly recordKey: string;
  readonly schema: keyof SchemaTypes;
  readonly value: ChangeEvent | DeadLetter;
  readonly headers: Readonly<Record<string, string>>;
}

const ops: Readonly<Record<string, string>> = { added: 'c', created: 'c', updated: 'u', deleted: 'd', destroyed: 'd' };

const opOf = (action: string): string => (Object.hasOwn(ops, action) ? (ops[action] ?? 'unknown') : 'unknown');

const shapeOf = (changeKey: string): Shape => (isChangeKey(changeKey) ? changeKeys[changeKey] : other);

const typedOf = (shape: Shape, value: Json | undefined): Typed | null =>
  value === undefined ? null : shape.read(value);

const rebuild = (event: ChangeEvent): Json => {
  const shape = shapeOf(event.change_key);
  const { action } = event;
  const [before, after] = [event.before, event.after].map((typed) =>
    typed === null ? null : { value: shape.write(typed as Typed, { action }) },
  );
  return {
    id: event.item_id,
    action,
    time: toTmdbTime(event.changed_at),
    ...(event.iso_639_1 === null ? {} : { iso_639_1: event.iso_639_1 }),
    ...(event.iso_3166_1 === null ? {} : { iso_3166_1: event.iso_3166_1 }),
    ...(after ? { value: after.value } : {}),
    ...(before ? { original_value: before.value } : {}),
  };
};

/** The item as TMDB sent it, after JSON.parse; the order of members is not kept. */
export const toItem = (event: ChangeEvent): Json => (event.raw === null ? rebuild(event) : asJson(event.raw));

/** The event of an item. Where the typed members cannot bring the item back exactly, `raw` holds its JSON text. */
export const toEvent = (movieId: number, item: Item, observedAt: number): ChangeEvent => {
  const shape = shapeOf(item.changeKey);
  const typed = {
    movie_id: movieId,
    item_id: item.id,
    change_key: item.changeKey,
    op: opOf(item.action),
    action: item.action.toWellFormed(),
    changed_at: item.place,
    iso_639_1: textOrNull(member(item.received, 'iso_639_1')),
    iso_3166_1: textOrNull(member(item.received, 'iso_3166_1')),
    before: typedOf(shape, member(item.received, 'original_value')),
    after: typedOf(shape, member(item.received, 'value')),
    observed_at: observedAt,
    raw: null,
  } as ChangeEvent; // which of the union is decided by the change key, in data
  const isComplete = sameJson(rebuild(typed), item.received);
  return isComplete ? typed : { ...typed, raw: canonicalJson(item.received) };
};

const toDeadLetter = (movieId: number, rejected: Rejected, observedAt: number): DeadLetter => {
  const { received, stamp, reason } = rejected;
  const time = member(received, 'time');
  return {
    movie_id: movieId,
    stamp,
    item_id: textOrNull(member(received, 'id')),
    change_key: textOrNull(rejected.changeKey),
    action: textOrNull(member(received, 'action')),
    changed_at: typeof time === 'string' ? parseInstant(time) : null,
    reason,
    observed_at: observedAt,
    raw: pieceOf(rejected),
  };
};

/** CloudEvents binary mode, the four required attributes, always text: kafkajs throws on a header without value. */
const headersOf = (movieId: number, id: string, type: string): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: `${movieId}:${id}`,
  ce_source: `/tmdb/movie/${movieId}`,
  ce_type: `tmdb.movie.${type}`,
});

const deadLetter = (movieId: number, value: DeadLetter): Mapped => ({
  topic: 'dead_letters',
  movieId,
  recordKey: `${movieId}:${value.stamp}`,
  schema: 'dead-letter.avsc',
  value,
  headers: headersOf(movieId, value.stamp, 'dead_letter'),
});

/** One output as a record: an event for an item, a dead letter for what was rejected. */
export const map = (movieId: number, output: Output, observedAt: number): Mapped => {
  if (output.kind === 'rejected') return deadLetter(movieId, toDeadLetter(movieId, output, observedAt));
  const value = toEvent(movieId, output, observedAt);
  const topic = isChangeKey(output.changeKey) ? output.changeKey : 'other';
  const headers = headersOf(movieId, output.id, `${output.changeKey}.${value.action}`);
  return {
    topic,
    movieId,
    recordKey: `${movieId}:${output.id}`,
    schema: shapeOf(output.changeKey).schema,
    value,
    headers,
  };
};

/** No text of a letter is longer, in UTF-16 units: the four of them together stay below what a partition takes at once. */
const longest = 32_768;

const cut = (text: string): string =>
  text.length > longest ? text.slice(0, longest).replace(/[\ud800-\udbff]$/, '') : text;
const cutOrNull = (text: string | null): string | null => (text === null ? null : cut(text));

const letterOf = (event: ChangeEvent): DeadLetter => {
  const { movie_id, item_id, change_key, action, changed_at, observed_at } = event;
  const raw = pieceOf({ changeKey: change_key, received: toItem(event) });
  const stamp = stampOfItem(item_id, changed_at);
  return { movie_id, stamp, item_id, change_key, action, changed_at, observed_at, raw, reason: '' };
};

/** A record that Kafka would refuse for its size, as a dead letter with its text cut and the hash of the whole. */
export const cutDown = ({ movieId, value }: Mapped, bytes: number): Mapped => {
  const letter = 'stamp' in value ? value : letterOf(value);
  const hash = createHash('sha256').update(letter.raw).digest('hex');
  const reason = `${bytes} bytes are too many for one record: raw is cut, SHA-256 of the whole ${hash}; ${letter.reason}`;
  return deadLetter(movieId, {
    ...letter,
    item_id: cutOrNull(letter.item_id),
    change_key: cutOrNull(letter.change_key),
    action: cutOrNull(letter.action),
    raw: cut(letter.raw),
    reason: cut(reason.replace(/; $/, '')),
  });
};
