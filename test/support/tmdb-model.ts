import fc from 'fast-check';
import type { Window } from '../../src/core/checkpoint.ts';
import type { Json } from '../../src/core/json.ts';
import type { Group } from '../../src/core/parse.ts';
import type { ListAnswer, ListPage } from '../../src/core/schedule/planned.ts';
import type { RangePage } from '../../src/core/backfill/range-walk.ts';
import { addDays, startOf, toTmdbTime } from '../../src/core/time.ts';

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
const instantIn = (days: number) =>
  fc.oneof(
    fc.integer({ min: 0, max: (days * day) / 1000 }).map((second) => epoch + second * 1000),
    fc
      .record({ day: fc.integer({ min: 1, max: days - 1 }), second: fc.integer({ min: -2, max: 2 }) })
      .map((at) => epoch + at.day * day + at.second * 1000),
  );

const forms: readonly Edit['form'][] = ['whole', 'whole', 'whole', 'whole', 'no action', 'no time', 'no id', 'nothing'];

interface EditsIn {
  readonly days: number;
  readonly most: number;
  /** How late an edit may show. */
  readonly lateMs: readonly number[];
}

const editIn = ({ days, lateMs }: EditsIn) =>
  fc.record({
    at: instantIn(days),
    lateMs: fc.oneof(fc.constant(0), ...lateMs.map((max) => fc.integer({ min: 0, max }))),
    idOff: fc.constantFrom(0, 0, 0, -1, 1),
    idTail: fc.integer({ min: 0, max: 2 }),
    form: fc.constantFrom(...forms),
    twice: fc.boolean(),
  });

/** Edits of which no two are one change: an id may come again, but not in the same second. */
export const editsIn = (how: EditsIn): fc.Arbitrary<readonly Edit[]> =>
  fc
    .uniqueArray(editIn(how), {
      minLength: 1,
      maxLength: how.most,
      selector: ({ at, idOff, idTail, form }) =>
        `${at + (form === 'no time' ? idOff * 1000 : 0)}/${form === 'no time' ? 0 : idOff}/${idTail}`,
    })
    .map((all) => all.map(({ idOff, ...rest }, name) => ({ ...rest, name, idSecond: rest.at / 1000 + idOff })));
export const edits = editsIn({ days: span / day, most: 25, lateMs: [5 * hour] });

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

/** Whether TMDB shows it at `taken` to whoever asks for `[start, end)`. */
const isShown = (edit: Edit, { start, end }: Window['ask'], { taken, filter }: Shown): boolean => {
  const at = filter.by === 'id' ? edit.idSecond * 1000 : edit.at;
  return shownAt(edit) <= taken && at >= startOf(start) && at < startOf(end) + (filter.inclusive ? day : 0);
};
const shownAt = ({ at, lateMs }: Edit): number => at + lateMs;
interface Shown {
  readonly taken: number;
  readonly filter: Filter;
}

/** TMDB's answer about a window as it was at `taken`. */
export const answer = (all: readonly Edit[], { ask }: Window, how: Shown): readonly Group[] => {
  const shown = all.filter((edit) => isShown(edit, ask, how));
  const items = shown.flatMap((edit) => (edit.twice ? [members(edit), members(edit)] : [members(edit)]));
  return [{ key: 'title', items: items.toReversed() }];
};

/** How TMDB pages a list. In order: rows do not move, and new ones come after. */
export interface Paging {
  readonly rows: number;
  readonly isOrdered: boolean;
  /** A row without an id stands first. */
  readonly hasNull: boolean;
}

/** TMDB's list of the movies that changed on a day or in some, as it was at `taken`. A movie may stand there twice. */
export const list = (
  movies: readonly (readonly Edit[])[],
  at: ListPage | RangePage,
  { paging, ...how }: Shown & { readonly paging: Paging },
): Omit<ListAnswer, 'taken'> => {
  const ask = 'day' in at ? { start: at.day, end: addDays(at.day, 1) } : at;
  const shown = movies.flatMap((all, nth) =>
    all.filter((edit) => isShown(edit, ask, how)).map((edit) => ({ id: nth + 1, edit, at: shownAt(edit) })),
  );
  const known = new Set<number>();
  const rows = shown
    .toSorted((a, b) => a.at - b.at || a.id - b.id || a.edit.name - b.edit.name)
    .flatMap(({ id, edit }) => {
      if (known.has(id) && !edit.twice) return [];
      known.add(id);
      return [id];
    });
  const sorted = paging.isOrdered ? rows : rows.toSorted((a, b) => ((a * 7) % 11) - ((b * 7) % 11));
  const ids = paging.hasNull ? [null, ...sorted] : sorted;
  const first = paging.rows * (at.page - 1);
  return {
    ids: ids.slice(first, first + paging.rows),
    pages: Math.ceil(ids.length / paging.rows),
    results: ids.length,
  };
};
