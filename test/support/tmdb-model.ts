import fc from 'fast-check';
import type { Window } from '../../src/core/checkpoint.ts';
import type { Json } from '../../src/core/json.ts';
import type { Group } from '../../src/core/parse.ts';
import { dayOf, startOf, toTmdbTime } from '../../src/core/time.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** An edit as TMDB files it: `at` by its own clock, shown `lateMs` afterwards. */
export interface Edit {
  readonly name: number;
  readonly at: number;
  readonly lateMs: number;
  readonly idSecond: number;
  readonly idTail: number;
  readonly form: 'whole' | 'no action' | 'no time' | 'no id' | 'nothing';
  readonly twice: boolean;
}

export interface Filter {
  readonly by: 'time' | 'id';
  readonly inclusive: boolean;
}

export const epoch = startOf('2026-03-01');
export const span = 70 * day;

// Often close to a midnight, where an id a second off its time lies on another day.
const instant = fc.oneof(
  fc.integer({ min: 0, max: span / 1000 }).map((second) => epoch + second * 1000),
  fc
    .record({ day: fc.integer({ min: 1, max: 69 }), second: fc.integer({ min: -2, max: 2 }) })
    .map((at) => epoch + at.day * day + at.second * 1000),
);

const forms: readonly Edit['form'][] = ['whole', 'whole', 'whole', 'whole', 'no action', 'no time', 'no id', 'nothing'];

const edit = fc.record({
  at: instant,
  lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5 * hour })),
  idOff: fc.constantFrom(0, 0, 0, -1, 1),
  idTail: fc.integer({ min: 0, max: 2 }),
  form: fc.constantFrom(...forms),
  twice: fc.boolean(),
});

/** Edits of which no two are one change: an id may come again, but not in the same second. */
export const edits: fc.Arbitrary<readonly Edit[]> = fc
  .uniqueArray(edit, {
    minLength: 1,
    maxLength: 25,
    selector: ({ at, idOff, idTail, form }) =>
      `${at + (form === 'no time' ? idOff * 1000 : 0)}/${form === 'no time' ? 0 : idOff}/${idTail}`,
  })
  .map((all) => all.map(({ idOff, ...rest }, name) => ({ ...rest, name, idSecond: rest.at / 1000 + idOff })));

const idOf = ({ idSecond, idTail }: Edit): string =>
  idSecond.toString(16).padStart(8, '0') + String(idTail).padStart(16, '0');

const members = (edit: Edit): Json => {
  const whole = { id: idOf(edit), action: 'added', time: toTmdbTime(edit.at), value: edit.name };
  if (edit.form === 'no action') return { ...whole, action: null };
  if (edit.form === 'no time') return { id: whole.id, action: 'added', value: edit.name };
  if (edit.form === 'no id') return { action: 'added', time: whole.time, value: edit.name };
  return edit.form === 'nothing' ? { value: edit.name } : whole;
};

/** Ms by which the edit belongs to a day: its time, else its id's; null where it has neither. */
export const placeOfEdit = ({ form, at, idSecond }: Edit): number | null => {
  if (form === 'nothing') return null;
  return form === 'no time' ? idSecond * 1000 : at;
};

/** TMDB's answer about a window as it was at `taken`. */
export const answer = (
  all: readonly Edit[],
  { ask }: Window,
  { taken, filter }: { taken: number; filter: Filter },
): readonly Group[] => {
  const end = startOf(ask.end) + (filter.inclusive ? day : 0);
  const shown = all.filter((edit) => {
    const at = filter.by === 'id' ? edit.idSecond * 1000 : edit.at;
    return edit.at + edit.lateMs <= taken && at >= startOf(ask.start) && at < end;
  });
  const items = shown.flatMap((edit) => (edit.twice ? [members(edit), members(edit)] : [members(edit)]));
  return [{ key: 'title', items: items.toReversed() }];
};

export const today = (now: number): string => dayOf(now);
