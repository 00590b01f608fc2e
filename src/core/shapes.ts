import type { SchemaTypes } from './events.ts';
import { asJson, canonicalJson, isJsonObject, member, type Json } from './json.ts';

/** A value of a shape as the event holds it: a record of the Avro schema, text for the shape `other`. */
export type Typed = string | { readonly [member: string]: string | number | null };

/** Where a value stood: the rule of a shape says which members are present for which action. */
export interface Place {
  readonly action: string;
}

/** A shape: typed ⇄ as received. What `write` cannot bring back exactly is kept as JSON text in `raw`. */
export interface Shape {
  readonly schema: keyof SchemaTypes;
  readonly read: (value: Json) => Typed | null;
  readonly write: (typed: Typed, place: Place) => Json;
}

type Kind = 'text' | 'long';

/** Avro text is UTF-8: a lone surrogate would come back as another character. */
export const textOrNull = (value: Json | undefined): string | null =>
  typeof value === 'string' && value.isWellFormed() ? value : null;

// avsc writes other numbers in silence below -2^52, refuses 2^53 - 1 and above, and Avro's long has no -0.
const isLong = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= -(2 ** 52) && value < Number.MAX_SAFE_INTEGER && !Object.is(value, -0);

const longOrNull = (value: Json | undefined): number | null =>
  typeof value === 'number' && isLong(value) ? value : null;

const readers = { text: textOrNull, long: longOrNull } as const;

const present = (typed: Typed): { [member: string]: Json } => {
  const all: { [member: string]: Json } = {};
  if (typeof typed !== 'string')
    for (const [name, value] of Object.entries(typed)) if (value !== null) all[name] = value;
  return all;
};

/** A flat object whose absent members are null. */
const flat = (schema: keyof SchemaTypes, members: Readonly<Record<string, Kind>>): Shape => {
  const names = Object.entries(members);
  return {
    schema,
    read: (value) => {
      if (!isJsonObject(value)) return null;
      const typed: { [member: string]: string | number | null } = {};
      for (const [name, kind] of names) typed[name] = readers[kind](member(value, name));
      return typed;
    },
    write: present,
  };
};

export const video = flat('video.avsc', {
  id: 'text',
  key: 'text',
  name: 'text',
  site: 'text',
  size: 'long',
  type: 'text',
});

export const keyword = flat('keyword.avsc', { id: 'long', name: 'text', group: 'text' });

const imageValue = flat('image.avsc', { file_path: 'text', iso_639_1: 'text', iso_3166_1: 'text' });

/**
 * `{ poster: { file_path, iso_639_1, iso_3166_1 } }`: the one member's name is the kind. The nested language is there,
 * possibly null, where the action is `updated`, and absent elsewhere (every recorded answer).
 */
export const image: Shape = {
  schema: 'image.avsc',
  read: (value) => {
    const [kind] = isJsonObject(value) ? Object.keys(value) : [];
    const typed = kind === undefined ? null : imageValue.read(member(value, kind) ?? null);
    return typed === null || typeof typed === 'string' ? null : { kind: textOrNull(kind), ...typed };
  },
  write: (typed, { action }) => {
    const { kind, ...rest } = present(typed);
    const language = action === 'updated' && rest['iso_639_1'] === undefined ? { iso_639_1: null } : {};
    return typeof kind === 'string' ? Object.fromEntries([[kind, { ...rest, ...language }]]) : {};
  },
};

/** The catch-all: JSON text of whatever came. An explicit null is the text `null`; Avro's null is absent. */
export const other: Shape = {
  schema: 'other.avsc',
  read: canonicalJson,
  write: (typed) => (typeof typed === 'string' ? asJson(typed) : null),
};
