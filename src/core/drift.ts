import { changeKeys, isChangeKey } from './change-keys.ts';
import { cut, visible } from './display.ts';
import { explain, explainAction, fieldOf, holds, isName, kindOf, type Remark } from './explain.ts';
import { canonicalJson, isJsonObject, member, type Json } from './json.ts';
import type { Kind } from './kinds.ts';
import { toItem, type ChangeEvent } from './map.ts';
import type { Shape } from './shapes.ts';

/** One kind of thing that went by and is not typed. Every text is fit for a terminal. */
export interface Finding {
  readonly what: Remark['what'];
  readonly changeKey: string;
  readonly path: string;
  readonly events: number;
  readonly example: string;
  readonly change: string;
}

/** What was read, and what of it is not typed; `unlisted`: so many events were of further kinds. */
export interface Drift {
  readonly events: number;
  readonly findings: readonly Finding[];
  readonly unlisted: number;
}

// Anybody can edit TMDB: whatever is sent, so much is remembered and so much of each text is shown.
const most = { findings: 300, members: 30, name: 60, example: 200, change: 2000 };

const show = (text: string, length: number): string => visible(cut(text, length));

const shapes: readonly Shape[] = [...new Set<Shape>(Object.values(changeKeys))];

const sizeOf = ({ form }: Shape): number => (typeof form === 'string' ? 0 : Object.keys(form ?? {}).length);

/** The name of a shape in `core/shapes.ts`: `release-date.avsc` is `releaseDate`. */
const nameOf = ({ schema }: Shape): string =>
  schema.replace('.avsc', '').replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** What a key without a topic was seen with: the shapes that hold all of it, and members for a new one. */
interface Seen {
  fitting: readonly Shape[];
  readonly members: Map<string, Kind | null>;
}

const see = (seen: Seen, item: Json): void => {
  const action = member(item, 'action');
  const word = typeof action === 'string' ? action : '';
  const values = [member(item, 'value'), member(item, 'original_value')];
  seen.fitting = seen.fitting.filter((shape) => values.every((value) => holds(shape, value, word)));
  for (const [name, value] of values.flatMap((each) => Object.entries(isJsonObject(each) ? each : {})))
    if (isName(name) && name.length <= most.name && seen.members.size < most.members && !seen.members.get(name))
      seen.members.set(name, kindOf(value));
};

const changeOf = (changeKey: string, { fitting, members }: Seen): string => {
  const [shape] = fitting.toSorted((a, b) => sizeOf(a) - sizeOf(b));
  const row = (name: string) => `in src/core/change-keys.ts ${JSON.stringify(changeKey)}: ${name}`;
  if (shape !== undefined) return `${row(nameOf(shape))}, and a fixture`;
  const fields = [...members].flatMap(([name, kind]) => (kind === null ? [] : [fieldOf(name, kind)]));
  return fields.length === 0
    ? 'none: no shape holds all of it, it stays in other'
    : `a new shape in src/core/shapes.ts, a schema with ${fields.join(', ')}, and ${row('that shape')}`;
};

/** A finding as it grows: nothing of an item stays in it but what is shown. */
interface Growing extends Finding {
  events: number;
  change: string;
  readonly seen: Seen | null;
}

const unknownKey = (item: Json): Remark => ({
  what: 'key',
  path: '',
  found: member(item, 'value') ?? member(item, 'original_value') ?? {},
  change: '',
});

const remarksOn = (event: ChangeEvent, item: Json): readonly Remark[] => {
  const { change_key: changeKey, op, action } = event;
  const ofAction = op === 'unknown' ? [explainAction(action)] : [];
  if (!isChangeKey(changeKey)) return [unknownKey(item), ...ofAction];
  return [...ofAction, ...explain(changeKeys[changeKey], item)];
};

/** What two remarks of one finding share. */
const identityOf = ({ change_key, action }: ChangeEvent, { what, path }: Remark): string =>
  [what, change_key, path, what === 'action' ? action : ''].map((text) => text.slice(0, most.example)).join('\n');

const begin = ({ movie_id, item_id, change_key }: ChangeEvent, { what, path, found, change }: Remark): Growing => ({
  what,
  changeKey: show(change_key, most.name),
  path: show(path, most.name),
  events: 0,
  example: show(`movie ${movie_id}, item ${item_id}: ${canonicalJson(found)}`, most.example),
  change,
  seen: what === 'key' ? { fitting: shapes, members: new Map() } : null,
});

const finish = ({ seen, change, ...finding }: Growing): Finding => ({
  ...finding,
  change: show(seen === null ? change : changeOf(finding.changeKey, seen), most.change),
});

const nameOfFinding = ({ what, changeKey, path }: Finding): string => `${what} ${changeKey} ${path}`;
/** Partitions come in any order: what came as often is told by its name. */
const byEvents = (a: Finding, b: Finding): number =>
  b.events - a.events || (nameOfFinding(a) < nameOfFinding(b) ? -1 : 1);

/** Takes event by event, and throws for one that is none of ours; `drift` says what went by that is not typed, the most frequent first. Memory is bounded. */
export const makeDrift = () => {
  const growing = new Map<string, Growing>();
  let [events, unlisted] = [0, 0];
  const add = (event: ChangeEvent, remark: Remark, item: Json): void => {
    const identity = identityOf(event, remark);
    const known = growing.get(identity);
    if (known === undefined && growing.size === most.findings) {
      unlisted += 1;
      return;
    }
    const finding = known ?? begin(event, remark);
    growing.set(identity, finding);
    finding.events += 1;
    if (finding.seen !== null) see(finding.seen, item);
    if (finding.change.startsWith('none')) finding.change = remark.change; // this one may be of a kind
  };
  return {
    note: (event: ChangeEvent): void => {
      const isKnown = event.raw === null && event.op !== 'unknown' && isChangeKey(event.change_key);
      const item = isKnown ? null : toItem(event);
      const remarks = item === null ? [] : remarksOn(event, item);
      events += 1;
      for (const remark of remarks) add(event, remark, item);
    },
    drift: (): Drift => {
      const findings = [...growing.values()].map(finish).sort(byEvents);
      return { events, unlisted, findings };
    },
  };
};
