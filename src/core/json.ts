type Members = { readonly [member: string]: Json };

/** A value as JSON.parse gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };

const isObject = (value: Json): value is { readonly [member: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// JSON.stringify writes -0 as 0 and an overflowed number (1e400) as null.
const numberText = (value: number): string => {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '1e999' : '-1e999';
};

/**
 * JSON text that JSON.parse turns back into the same value, whatever the value: members sorted by code unit, lone
 * surrogates escaped, -0 and overflowed numbers kept.
 */
export const canonicalJson = (value: Json): string => {
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
};

/** Whether two values are the same for a reader of JSON: the order of members does not count. */
export const sameJson = (a: Json, b: Json): boolean => {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [as, bs] = [a as Members, b as Members]; // the indexes of an array are its members
  const names = Object.keys(as);
  return (
    names.length === Object.keys(bs).length &&
    names.every((name) => Object.hasOwn(bs, name) && sameJson(as[name] ?? null, bs[name] ?? null))
  );
};

/** Whether a value is nested deeper than `levels`: recursion over it could end in an exhausted stack. */
export const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeeperThan(member, levels - 1)));

/** The member of an object as received, undefined where it is absent; never one of the prototype's. */
export const member = (value: Json | undefined, name: string): Json | undefined =>
  value !== undefined && isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

export const isJsonObject = (value: Json | undefined): value is { readonly [member: string]: Json } =>
  value !== undefined && isObject(value);

/** JSON text to its value. Throws SyntaxError. */
export const asJson = (text: string): Json => {
  const value: unknown = JSON.parse(text);
  return value as Json; // JSON.parse without a reviver gives nothing else
};
