import type { Json } from './json.ts';

/** What a member of an event can hold. */
export type Scalar = string | number | boolean | readonly string[];

/** Avro text is UTF-8: a lone surrogate would come back as another character. */
export const textOrNull = (value: Json | undefined): string | null =>
  typeof value === 'string' && value.isWellFormed() ? value : null;

// avsc writes other numbers in silence below -2^52, refuses 2^53 - 1 and above, and Avro's long has no -0.
const isLong = (value: number): boolean =>
  Number.isSafeInteger(value) && value >= -(2 ** 52) && value < Number.MAX_SAFE_INTEGER && !Object.is(value, -0);

const longOrNull = (value: Json | undefined): number | null =>
  typeof value === 'number' && isLong(value) ? value : null;

const yesOrNull = (value: Json | undefined): boolean | null => (typeof value === 'boolean' ? value : null);

const isTexts = (value: Json | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((each: Json) => textOrNull(each) !== null);

const textsOrNull = (value: Json | undefined): readonly string[] | null => (isTexts(value) ? value : null);

/** The kinds of a member: the type in Avro, and how JSON becomes it; null is what it cannot hold, and what is absent. */
export const kinds = {
  text: { avro: 'string', read: textOrNull },
  long: { avro: 'long', read: longOrNull },
  boolean: { avro: 'boolean', read: yesOrNull },
  texts: { avro: { type: 'array', items: 'string' }, read: textsOrNull },
} as const satisfies Record<string, { avro: unknown; read: (value: Json | undefined) => Scalar | null }>;

export type Kind = keyof typeof kinds;
