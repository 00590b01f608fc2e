import { cut } from './display.ts';
import { canonicalJson, isJsonObject, sameJson, type Json } from './json.ts';

type Members = { readonly [member: string]: Json };

const plain = (value: Json): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : show(value);
const named =
  (word: string) =>
  (value: Json): string =>
    `${word} ${plain(value)}`;

const releaseTypes = ['', 'premiere', 'limited', 'theatrical', 'digital', 'physical', 'TV'];

/** Members of every shape in the order in which they are told, each with its words; any other is told with its name. */
const members: Readonly<Record<string, (value: Json) => string>> = {
  kind: plain,
  person_id: named('person'),
  character: (value) => `as ${show(value)}`,
  job: plain,
  department: (value) => `(${plain(value)})`,
  iso_639_1: plain,
  iso_3166_1: plain,
  release_date: (value) => plain(value).replace(/T00:00:00(\.0+)?Z?$/, ''),
  type: (value) => (typeof value === 'number' ? (releaseTypes[value] ?? named('type')(value)) : plain(value)),
  certification: plain,
  file_path: plain,
  site: plain,
  key: plain,
  title: (value) => show(value),
  tagline: (value) => show(value),
  name: (value) => show(value),
  group: plain,
  note: (value) => show(value),
  descriptors: (value) => show(value),
  primary: (value) => (value === true ? 'primary' : 'not primary'),
};

/** Members that tell a person nothing: only where nothing else differs. */
const dull: readonly string[] = ['id', 'credit_id', 'cast_id', 'order', 'size'];

const isEmpty = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const wordOf = (name: string, value: Json | undefined): string => {
  if (value === undefined || isEmpty(value)) return '';
  return Object.hasOwn(members, name) ? (members[name]?.(value) ?? '') : named(name)(value);
};

const namesOf = (...records: readonly Members[]): string[] => {
  const all = new Set(records.flatMap((record) => Object.keys(record)));
  const known = Object.keys(members).filter((name) => all.has(name));
  return [...known, ...[...all].filter((name) => !Object.hasOwn(members, name))];
};

const tell = (record: Members, names: readonly string[]): string =>
  names
    .map((name) => wordOf(name, Object.hasOwn(record, name) ? record[name] : undefined))
    .filter((word) => word !== '')
    .join(' ');

/** A value in words: text in quotation marks, numbers with their thousands, members one after another. */
export const show = (value: Json): string => {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 20 });
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((each: Json) => plain(each)).join(', ');
  if (value === null || typeof value === 'boolean') return String(value);
  if (!isJsonObject(value)) return canonicalJson(value);
  const told = tell(
    value,
    namesOf(value).filter((name) => !dull.includes(name)),
  );
  return told === '' ? canonicalJson(value) : told;
};

const arrow = (before: string, after: string): string =>
  `${before === '' ? 'none' : before} → ${after === '' ? 'none' : after}`;

/** What both have is told once, then what differs; members that tell nothing only where it is all there is. */
const betweenRecords = (before: Members, after: Members, most: number): string => {
  const isSame = (name: string): boolean => sameJson(before[name] ?? null, after[name] ?? null);
  const names = namesOf(before, after);
  const differing = names.filter((name) => !isSame(name));
  const lively = differing.filter((name) => !dull.includes(name));
  const [was, is] = [before, after].map((record) => cut(tell(record, lively.length > 0 ? lively : differing), most));
  const shared = tell(
    after,
    names.filter((name) => isSame(name) && !dull.includes(name)),
  );
  return `${shared === '' ? '' : `${cut(shared, most)}: `}${arrow(was ?? '', is ?? '')}`;
};

const betweenLists = (before: readonly Json[], after: readonly Json[]): string => {
  const without = (all: readonly Json[], others: readonly Json[]): Json[] =>
    all.filter((one) => !others.some((other) => sameJson(one, other)));
  const pieces = [
    ...without(before, after).map((one) => `-${plain(one)}`),
    ...without(after, before).map((one) => `+${plain(one)}`),
  ];
  return pieces.length > 0 ? pieces.join(' ') : arrow(show(before), show(after));
};

/** Words around a difference that are shown with it. */
const context = 3;

/** How many words two texts have in common at their beginning. */
const sharedStart = (a: readonly string[], b: readonly string[]): number => {
  const at = a.findIndex((word, index) => word !== b[index]);
  return at < 0 ? a.length : at;
};

/** Long texts from shortly before where they begin to differ. */
const betweenTexts = (before: string, after: string, most: number): string => {
  const [was, is] = [before.split(' '), after.split(' ')];
  const skip = before.length > most || after.length > most ? Math.max(0, sharedStart(was, is) - context) : 0;
  const [a, b] = [was, is].map((words) => cut((skip > 0 ? ['…', ...words.slice(skip)] : words).join(' '), most));
  return `${show(a ?? '')} → ${show(b ?? '')}`;
};

/** The way from one value to another, each side cut to so many characters. */
export const differenceOf = (before: Json, after: Json, most: number): string => {
  if (typeof before === 'string' && typeof after === 'string') return betweenTexts(before, after, most);
  if (Array.isArray(before) && Array.isArray(after)) return cut(betweenLists(before, after), 2 * most);
  if (isJsonObject(before) && isJsonObject(after)) return betweenRecords(before, after, most);
  return arrow(cut(show(before), most), cut(show(after), most));
};
