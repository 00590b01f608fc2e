import { changeKeys, isChangeKey, type ChangeKey } from './change-keys.ts';
import { usageError } from './errors.ts';
import type { DeadLetter, OtherChange, SchemaTypes } from './events.ts';
import { asJson, canonicalJson, member, sameJson, type Json } from './json.ts';
import { textOrNull } from './kinds.ts';
import { deadLetter, headersOf, toDeadLetter } from './letters.ts';
import type { Item, Output } from './parse.ts';
import { other, type Shape, type Typed } from './shapes.ts';
import { toTmdbTime } from './time.ts';

/** The change key of an event of `other`, a text, whichever. Only a unit type is ruled out by `change_key === 'images'`. */
export type OtherKey = '(any change key without a topic of its own)';

/** A topic of events, without the prefix. */
export type Topic = ChangeKey | 'other';

type Events = {
  readonly [K in ChangeKey]: SchemaTypes[(typeof changeKeys)[K]['schema']] & { readonly change_key: K };
} & { readonly other: OtherChange & { readonly change_key: OtherKey } };

/** The events of some topics. */
export type EventOf<K extends Topic> = Events[K];

/** Every event there is; `change_key` tells which. */
export type ChangeEvent = EventOf<Topic>;

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

const rebuild = (event: ChangeEvent, shape: Shape): Json => {
  const { action } = event;
  const [before, after] = ([event.before, event.after] as readonly (Typed | null)[]).map((typed) =>
    typed === null ? null : { value: shape.write(typed, { action }) },
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

/** The record in a schema's file: `release-date.avsc` has `tmdb.movie.ReleaseDateChange`. */
const recordOf = (schema: keyof SchemaTypes): string => {
  const words = schema.replace('.avsc', '').split('-');
  return `tmdb.movie.${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Change`;
};
const shapes = new Map([...Object.values(changeKeys), other].map((shape) => [recordOf(shape.schema), shape]));

const record = Symbol('record');

/** Notes on a decoded event by which record it was read: its change key may have had no topic, or have one since. */
export const noteRecord = <T extends object>(event: T, name: string): T =>
  Object.defineProperty(event, record, { value: name });

const shapeOfEvent = (event: ChangeEvent): Shape => {
  const name: unknown = Reflect.get(event, record);
  if (typeof name !== 'string') return shapeOf(event.change_key);
  const shape = shapes.get(name);
  if (shape === undefined)
    throw usageError([`${name} is a shape of a newer tmdb-cdc: upgrade to bring its items back`]);
  return shape;
};

/**
 * The item as TMDB sent it, after JSON.parse; the order of members is not kept. Throws a sentence for an event of a
 * shape that this version does not know.
 */
export const toItem = (event: ChangeEvent): Json =>
  event.raw === null ? rebuild(event, shapeOfEvent(event)) : asJson(event.raw);

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
  const isComplete = sameJson(rebuild(typed, shape), item.received);
  return isComplete ? typed : { ...typed, raw: canonicalJson(item.received) };
};

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
