import { isJsonObject, member, sameJson, type Json } from './json.ts';
import { kinds, textOrNull, type Kind } from './kinds.ts';
import type { Shape } from './shapes.ts';
import { parseInstant, toTmdbTime } from './time.ts';

/** What of an item the typed shapes do not know: where, what stood there, and what would have to change. */
export interface Remark {
  readonly what: 'key' | 'member' | 'action' | 'type' | 'presence';
  /** Where in the item; `value` stands for `original_value` too. */
  readonly path: string;
  readonly found: Json;
  readonly change: string;
}

const kindNames = Object.keys(kinds) as Kind[]; // of a table that has these keys alone

/** The kind that holds a value, null where none does. */
export const kindOf = (value: Json): Kind | null => kindNames.find((kind) => kinds[kind].read(value) !== null) ?? null;

const isMembers = (form: Shape['form']): form is Readonly<Record<string, Kind>> =>
  typeof form === 'object' && form !== null;

/** A member as a schema has it. */
export const fieldOf = (name: string, kind: Kind): string =>
  JSON.stringify({ name, type: ['null', kinds[kind].avro], default: null, doc: '…' });

/** Why there is nothing to change, or what is to be changed beside a schema. */
const changes = {
  noKind: 'none: no kind of src/core/kinds.ts holds it, it stays in raw',
  noName: 'none: it is no name in Avro, it stays in raw',
  noOther: 'none: a topic keeps its type for ever, it stays in raw',
  rule: "a rule in src/core/shapes.ts which members are there for which action; no schema's",
  action: "a word in `ops` of src/core/map.ts; no schema's, an action is any text",
  time: "none: the typed form has the time, raw how it was written; no schema's",
} as const;

/** Whether a field of a schema can be named so. */
export const isName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

const newField = (where: string, name: string, found: Json): string => {
  const kind = kindOf(found);
  if (!isName(name)) return changes.noName;
  return kind === null ? changes.noKind : `in ${where} ${fieldOf(name, kind)}`;
};

/** The type of a field cannot change: old readers could not read it. */
const fieldBeside = (schema: string, name: string, found: Json): string => {
  const kind = kindOf(found);
  return kind === null ? changes.noKind : `in schemas/${schema}, beside it, ${fieldOf(`${name}_${kind}`, kind)}`;
};

/** `back`: what the typed form makes of the value; a null that is there again is no remark. */
const explainMembers = ({ schema, form }: Shape, value: Json, back: Json | undefined): Remark[] =>
  Object.entries(isJsonObject(value) ? value : {}).flatMap(([name, found]): Remark[] => {
    const path = `value.${name}`;
    const kind = isMembers(form) && Object.hasOwn(form, name) ? form[name] : undefined;
    if (kind === undefined)
      return [{ what: 'member', path, found, change: newField(`schemas/${schema}`, name, found) }];
    if (kinds[kind].read(found) !== null || member(back, name) === found) return [];
    if (found === null) return [{ what: 'presence', path, found, change: changes.rule }];
    return [{ what: 'type', path, found, change: fieldBeside(schema, name, found) }];
  });

/** The one object in a value of images. */
const unwrapped = (value: Json): Json | undefined => {
  const [kind, ...more] = isJsonObject(value) ? Object.keys(value) : [];
  return kind === undefined || more.length > 0 || textOrNull(kind) === null ? undefined : member(value, kind);
};

/** Whether a shape's typed form brings a value back exactly. */
export const holds = ({ read, write }: Shape, value: Json | undefined, action: string): boolean => {
  const typed = value === undefined ? null : read(value);
  return value === undefined || (typed !== null && sameJson(write(typed, { action }), value));
};

const explainValue = (shape: Shape, value: Json | undefined, action: string): Remark[] => {
  if (value === undefined || holds(shape, value, action)) return [];
  const typed = shape.read(value);
  const innerOf = shape.schema === 'image.avsc' ? unwrapped : (each: Json): Json => each;
  const inner = innerOf(value);
  if (typed === null || inner === undefined || !isMembers(shape.form))
    return [{ what: value === null ? 'presence' : 'type', path: 'value', found: value, change: changes.noOther }];
  const remarks = explainMembers(shape, inner, innerOf(shape.write(typed, { action })));
  return remarks.length > 0 ? remarks : [{ what: 'presence', path: 'value', found: value, change: changes.rule }];
};

const envelope = ['id', 'action', 'time', 'iso_639_1', 'iso_3166_1', 'value', 'original_value'];

const explainEnvelope = (item: Json): Remark[] =>
  Object.entries(isJsonObject(item) ? item : {}).flatMap(([name, found]): Remark[] => {
    if (!envelope.includes(name))
      return [{ what: 'member', path: name, found, change: newField('every schema of events', name, found) }];
    const ms = name === 'time' && typeof found === 'string' ? parseInstant(found) : null;
    if (ms !== null && toTmdbTime(ms) !== found) return [{ what: 'type', path: name, found, change: changes.time }];
    const isCode = name.startsWith('iso_');
    return (isCode || name === 'action') && textOrNull(found) === null
      ? [{ what: found === null ? 'presence' : 'type', path: name, found, change: changes.noOther }]
      : [];
  });

/** An item whose action no `op` has a word for. */
export const explainAction = (action: string): Remark => ({
  what: 'action',
  path: 'action',
  found: action,
  change: changes.action,
});

/** Everything in an item that a shape cannot bring back, each place once. */
export const explain = (shape: Shape, item: Json): readonly Remark[] => {
  const action = member(item, 'action');
  const sides = [member(item, 'value'), member(item, 'original_value')].flatMap((value) =>
    explainValue(shape, value, typeof action === 'string' ? action : ''),
  );
  const all = [...explainEnvelope(item), ...sides];
  return [...new Map(all.map((remark) => [`${remark.what} ${remark.path}`, remark])).values()];
};
