import type { SchemaTypes } from './events.ts';
import { asJson, canonicalJson, isJsonObject, member, type Json } from './json.ts';
import { kinds, textOrNull, type Kind, type Scalar } from './kinds.ts';

type SchemaName = keyof SchemaTypes;
type Members = Readonly<Record<string, Kind>>;

/** A value of a shape as the event holds it: one of a kind, or a record of the Avro schema. */
export type Typed = Scalar | { readonly [member: string]: Scalar | null };

/** Where a value stood: the rule of a shape says which members are present for which action. */
export interface Place {
  readonly action: string;
}

/** A shape: typed ⇄ as received. What `write` cannot bring back exactly is kept as JSON text in `raw`. */
export interface Shape<S extends SchemaName = SchemaName> {
  readonly schema: S;
  /** What a value is made of; `null`: whatever came, as JSON text. */
  readonly form: Kind | Members | null;
  readonly read: (value: Json) => Typed | null;
  readonly write: (typed: Typed, place: Place) => Json;
}

type JsonMembers = { readonly [member: string]: Json };

const isRecord = (typed: Typed): typed is Exclude<Typed, Scalar> => typeof typed === 'object' && !Array.isArray(typed);

const present = (typed: Typed): JsonMembers => {
  const all: { [member: string]: Json } = {};
  if (isRecord(typed)) for (const [name, value] of Object.entries(typed)) if (value !== null) all[name] = value;
  return all;
};

const readMembers = (members: Members) => {
  const readers = Object.entries(members).map(([name, kind]) => [name, kinds[kind].read] as const);
  return (value: Json): Exclude<Typed, Scalar> | null => {
    if (!isJsonObject(value)) return null;
    const typed: { [member: string]: Scalar | null } = {};
    for (const [name, read] of readers) typed[name] = read(member(value, name));
    return typed;
  };
};

/** A bare value. */
const bare = <S extends SchemaName>(schema: S, kind: Kind): Shape<S> => ({
  schema,
  form: kind,
  read: kinds[kind].read,
  write: (typed) => (isRecord(typed) ? null : typed),
});

/** A flat object whose absent members are null. */
const flat = <S extends SchemaName>(schema: S, members: Members): Shape<S> => ({
  schema,
  form: members,
  read: readMembers(members),
  write: present,
});

export const text = bare('text.avsc', 'text');
export const number = bare('number.avsc', 'long');
export const boolean = bare('boolean.avsc', 'boolean');
export const textList = bare('text-list.avsc', 'texts');

export const video = flat('video.avsc', {
  id: 'text',
  key: 'text',
  name: 'text',
  site: 'text',
  size: 'long',
  type: 'text',
});
export const keyword = flat('keyword.avsc', { id: 'long', name: 'text', group: 'text' });
export const named = flat('named.avsc', { id: 'long', name: 'text' });
export const alternativeTitle = flat('alternative-title.avsc', { title: 'text', iso_3166_1: 'text', type: 'text' });
export const general = flat('general.avsc', { reason: 'text' });
export const credit = flat('credit.avsc', {
  person_id: 'long',
  credit_id: 'text',
  cast_id: 'long',
  character: 'text',
  order: 'long',
  department: 'text',
  job: 'text',
});

const release = flat('release-date.avsc', {
  iso_3166_1: 'text',
  iso_639_1: 'text',
  certification: 'text',
  release_date: 'text',
  type: 'long',
  note: 'text',
  descriptors: 'texts',
});

/** The language is there, possibly null, where the release has a type (every recorded answer); older forms have neither. */
export const releaseDate: typeof release = {
  ...release,
  write: (typed) => {
    const members = present(typed);
    return members['type'] === undefined ? members : { iso_639_1: null, ...members };
  },
};

const taglineObject = flat('tagline.avsc', { tagline: 'text', primary: 'boolean' });

/** Before 2024 it was the bare text; since then an object, which is without `primary` where the action is `deleted`. */
export const tagline: typeof taglineObject = {
  ...taglineObject,
  read: (value) => taglineObject.read(typeof value === 'string' ? { tagline: value } : value),
  write: (typed, { action }) => {
    const members = present(typed);
    return members['primary'] === undefined && action !== 'deleted' ? (members['tagline'] ?? members) : members;
  },
};

const imageMembers: Members = { file_path: 'text', iso_639_1: 'text', iso_3166_1: 'text' };
const readImage = readMembers(imageMembers);

/**
 * `{ poster: { file_path, iso_639_1, iso_3166_1 } }`: the one member's name is the kind. The nested language is there,
 * possibly null, where the action is `updated`, and absent elsewhere (every recorded answer).
 */
export const image: Shape<'image.avsc'> = {
  schema: 'image.avsc',
  form: imageMembers,
  read: (value) => {
    const [kind] = isJsonObject(value) ? Object.keys(value) : [];
    const typed = kind === undefined ? null : readImage(member(value, kind) ?? null);
    return typed === null ? null : { kind: textOrNull(kind), ...typed };
  },
  write: (typed, { action }) => {
    const { kind, ...rest } = present(typed);
    const language = action === 'updated' && rest['iso_639_1'] === undefined ? { iso_639_1: null } : {};
    return typeof kind === 'string' ? Object.fromEntries([[kind, { ...rest, ...language }]]) : {};
  },
};

/** The catch-all: JSON text of whatever came. An explicit null is the text `null`; Avro's null is absent. */
export const other: Shape<'other.avsc'> = {
  schema: 'other.avsc',
  form: null,
  read: canonicalJson,
  write: (typed) => (typeof typed === 'string' ? asJson(typed) : null),
};
