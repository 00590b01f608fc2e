// What is known of one day's list, and which page of it is asked next.
import type { ListAnswer, Remark } from './planned.ts';

export const pageRows = 100;
/** TMDB gives no page behind it. */
export const lastPage = 500;

/** A row of pages under way: a look from the last known page on, or a walk from the first. */
interface Reading {
  readonly isWalk: boolean;
  readonly page: number;
  /** total_results of its first answer. */
  readonly first: number | null;
  /** The least `taken` of its answers, null once one did not tell. */
  readonly taken: number | null;
  /** New rows that it showed. */
  readonly shown: number;
  /** How many rows the list has, as far as it came. */
  readonly end: number;
  readonly isShuffled: boolean;
  /** A page was passed over. */
  readonly isTorn: boolean;
  /** The tail, walked again because the total grew meanwhile, or the whole because it shrank. */
  readonly isAgain: boolean;
}

export interface DayList {
  /** Every id that it named. */
  readonly known: Set<number>;
  readonly remarks: Set<Remark>;
  /** How many rows it had when it was read last. */
  rows: number;
  isOverlong: boolean;
  reading: Reading | null;
}

export const makeDayList = (): DayList => ({
  known: new Set(),
  remarks: new Set(),
  rows: 0,
  isOverlong: false,
  reading: null,
});

const begin = (isWalk: boolean, page: number, end: number): Reading => ({
  isWalk,
  page,
  first: null,
  taken: Infinity,
  shown: 0,
  end,
  isShuffled: false,
  isTorn: false,
  isAgain: false,
});

const pageOf = (row: number): number => Math.min(lastPage, Math.floor(row / pageRows) + 1);

/** Rows do not move and new ones come after: only the end is asked for. */
export const beginLook = (list: DayList): void => {
  list.reading = begin(list.rows === 0, list.isOverlong ? 1 : pageOf(list.rows), list.rows);
};

export const beginWalk = (): Reading => begin(true, 1, 0);

/** From 2019 to 2022 all rows came on page 1, as 1 page with 1 result. */
const countsOf = (page: number, { ids, pages, results }: ListAnswer) => {
  const isOverlong = page === 1 && ids.length > pageRows;
  return isOverlong ? { isOverlong, pages: 1, results: ids.length } : { isOverlong, pages, results };
};

/** The rows of a page: which ids are new, how many new rows, and whether one is new where all should be known. */
const readRows = ({ known, rows }: DayList, ids: ListAnswer['ids'], before: number) => {
  const found: number[] = [];
  let shown = 0;
  let isShuffled = false;
  for (const [at, id] of ids.entries()) {
    const isBehind = before + at >= rows;
    if (id === null ? !isBehind : known.has(id)) continue;
    shown++;
    if (id === null) continue;
    known.add(id);
    found.push(id);
    isShuffled ||= !isBehind;
  }
  return { found, shown, isShuffled };
};

const remarkOf = (list: DayList, isCut: boolean): Remark | null => {
  const remark = isCut ? 'CUT' : list.isOverlong ? 'OVERLONG' : null;
  if (remark === null || list.remarks.has(remark)) return null;
  list.remarks.add(remark);
  return remark;
};

const earliest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.min(a, b);

/** The end of a reading: what it proves, or the reading that must follow at once. */
const finish = (list: DayList, reading: Reading, results: number): Done | null => {
  const { isWalk, taken, shown, isShuffled, isTorn, isAgain } = reading;
  const first = reading.first ?? results;
  if (isWalk && !isAgain && results !== first) {
    list.reading = { ...reading, page: results < first ? 1 : pageOf(first), first: results, isAgain: true };
    return null;
  }
  const end = list.isOverlong ? results : Math.max(reading.end, results);
  const isDoubtful = isTorn || (!isWalk && (end - list.rows > shown || isShuffled || first < list.rows));
  list.rows = end;
  list.reading = null;
  return { isWalk, isDoubtful, taken };
};

export interface Done {
  readonly isWalk: boolean;
  /** It did not show all that is new. */
  readonly isDoubtful: boolean;
  readonly taken: number | null;
}

const goOn = (list: DayList, reading: Reading, { pages, results }: Pick<ListAnswer, 'pages' | 'results'>) => {
  if (reading.page >= Math.min(pages, lastPage)) return finish(list, reading, results);
  list.reading = { ...reading, page: reading.page + 1 };
  return null;
};

/** An answer of the page that was asked. `done` once the reading is over. */
export const read = (list: DayList, reading: Reading, answer: ListAnswer) => {
  const { page } = reading;
  const { isOverlong, pages, results } = countsOf(page, answer);
  const before = pageRows * (page - 1);
  const { found, shown, isShuffled } = readRows(list, answer.ids, before);
  list.isOverlong = page === 1 ? isOverlong : list.isOverlong;
  const sofar: Reading = {
    ...reading,
    first: reading.first ?? results,
    taken: earliest(reading.taken, answer.taken),
    shown: reading.shown + shown,
    end: answer.ids.length === 0 ? reading.end : Math.max(reading.end, before + answer.ids.length),
    isShuffled: reading.isShuffled || isShuffled,
  };
  const isCut = pages > lastPage || results > lastPage * pageRows;
  return { found, remark: remarkOf(list, isCut && !isOverlong), done: goOn(list, sofar, { pages, results }) };
};

/** A page that cannot be read is passed over, and the reading proves nothing. Done where there is none behind it. */
export const passOver = (list: DayList, reading: Reading): Done | null => {
  const results = reading.first ?? list.rows;
  return goOn(list, { ...reading, taken: null, isTorn: true }, { pages: Math.ceil(results / pageRows), results });
};
