import { readdirSync, readFileSync } from 'node:fs';

/** A schema as JSON. */
export type Avro = string | readonly Avro[] | { readonly [member: string]: unknown };
export interface Field {
  readonly name: string;
  readonly type: Avro;
  readonly default?: unknown;
}

export const published = 'test/fixtures/schemas';

export const readAvro = (path: string): Avro => JSON.parse(readFileSync(path, 'utf8')) as Avro;

/** The published versions of each schema by its name, oldest first. */
export const versions = (): ReadonlyMap<string, readonly Avro[]> => {
  const files = readdirSync(published).map((file) => {
    const [, name, version] = /^(.+)\.([1-9]\d*)\.avsc$/.exec(file) ?? [];
    if (name === undefined) throw new Error(`${file} is not named <name>.<version>.avsc`);
    return { file, name, version: Number(version) };
  });
  const byVersion = files.sort((a, b) => a.version - b.version);
  const groups = Map.groupBy(byVersion, ({ name }) => name);
  return new Map([...groups].map(([name, all]) => [name, all.map(({ file }) => readAvro(`${published}/${file}`))]));
};

const isObject = (avro: Avro): avro is { readonly [member: string]: unknown } =>
  typeof avro === 'object' && !Array.isArray(avro);
const fieldsOf = (avro: Avro): readonly Field[] | null =>
  isObject(avro) && avro['type'] === 'record' ? (avro['fields'] as readonly Field[]) : null;
const nameOf = (avro: Avro): string =>
  isObject(avro) ? [avro['namespace'], avro['name']].filter((part) => typeof part === 'string').join('.') : '';

const withoutDoc = (avro: unknown): string =>
  JSON.stringify(avro, (member, value: unknown) => (member === 'doc' ? undefined : value));

const isOptional = ({ type, default: standard }: Field): boolean =>
  Array.isArray(type) && type.length === 2 && type[0] === 'null' && standard === null;

/**
 * What a newer version takes from those who read the older one, and the other way round. More than Avro asks for, where
 * its resolution would drop or misread a value in silence: a member stays as it is for ever, a new one is nullable.
 */
export const breaks = (older: Avro, newer: Avro, path = ''): readonly string[] => {
  if (Array.isArray(older) && Array.isArray(newer) && older.length === newer.length)
    return (older as readonly Avro[]).flatMap((branch, at) =>
      breaks(branch, (newer as readonly Avro[])[at] ?? '', path),
    );
  const [before, after] = [fieldsOf(older), fieldsOf(newer)];
  if (before === null || after === null)
    return withoutDoc(older) === withoutDoc(newer) ? [] : [`${path}: ${withoutDoc(older)} became ${withoutDoc(newer)}`];
  const renamed = nameOf(older) === nameOf(newer) ? [] : [`${path}: ${nameOf(older)} became ${nameOf(newer)}`];
  const known = before.flatMap((field) => {
    const [place, same] = [`${path}/${field.name}`, after.find(({ name }) => name === field.name)];
    if (same === undefined) return [`${place} is gone`];
    const standard =
      withoutDoc({ of: same.default }) === withoutDoc({ of: field.default }) ? [] : [`${place}: its default changed`];
    return [...breaks(field.type, same.type, place), ...standard];
  });
  const added = after.filter(({ name }) => !before.some((field) => field.name === name));
  const needed = added
    .filter((field) => !isOptional(field))
    .map(({ name }) => `${path}/${name} is new and not nullable`);
  return [...renamed, ...known, ...needed];
};
