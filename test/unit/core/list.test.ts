import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readList } from '../../../src/core/list.ts';

const row = (id: unknown, more: object = {}) => ({ id, adult: false, softcore: false, ...more });
const rows = (count: number, first = 1) => Array.from({ length: count }, (_, place) => row(first + place));
const body = (results: unknown, counters: object = {}): string =>
  JSON.stringify({ results, page: 1, total_pages: 72, total_results: 7199, ...counters });
const unreadable = expect.objectContaining({ code: 'TMDB_UNREADABLE' });

describe('a page of the list', () => {
  it('gives the ids in the order of its rows, and how many pages and rows there are', () => {
    expect(readList(body([row(9), row(3), row(7)]), 1)).toEqual({
      ids: [9, 3, 7],
      odd: 0,
      pages: 72,
      results: 7199,
      isOverlong: false,
    });
  });

  it.each([
    ['before softcore came', [{ id: 9, adult: true }]],
    ['with adult null', [row(9, { adult: null, softcore: null })]],
    ['with an id alone', [{ id: 9 }]],
    ['with members that nobody has seen yet', [row(9, { score: { a: [1] }, adult: 'yes' })]],
  ])('is read: %s', (_, results) => {
    expect(readList(body(results), 1)).toMatchObject({ ids: [9], odd: 0, pages: 72 });
  });

  it('keeps its rows: a movie that stands there twice, and those of no movie', () => {
    expect(readList(body([row(null), row(9), row(null, { adult: null }), row(9)]), 1)).toMatchObject({
      ids: [null, 9, null, 9],
      odd: 0,
    });
  });

  it('leaves out what is no id of a movie, and counts it', () => {
    const odd = [0, -5, 1.5, 1e300, 2 ** 53, '9', true, {}, [9]].map((id) => row(id));
    expect(readList(body([...odd, { adult: false }, row(9), row(2 ** 53 - 1)]), 1)).toMatchObject({
      ids: [...Array.from({ length: 10 }, () => null), 9, 2 ** 53 - 1],
      odd: 10,
    });
  });

  it('may know of more members than it does today', () => {
    expect(readList(body([row(9)], { dates: { minimum: '2026-08-18' } }), 1).ids).toEqual([9]);
  });

  it('takes the totals as they are on each page: they move', () => {
    expect(readList(body(rows(100), { page: 1, total_pages: 47, total_results: 4645 }), 1).results).toBe(4645);
    expect(readList(body(rows(100), { page: 2, total_pages: 47, total_results: 4648 }), 2).results).toBe(4648);
    expect(readList(body(rows(100), { page: 48, total_pages: 47, total_results: 4648 }), 48).pages).toBe(47);
  });

  it('says how many pages there are, also where TMDB does not give them all', () => {
    const counters = { page: 500, total_pages: 501, total_results: 50_050 };
    expect(readList(body(rows(100), counters), 500)).toMatchObject({ pages: 501, results: 50_050 });
  });

  it.each([
    ['of an empty day', { page: 1, total_pages: 0, total_results: 0 }, 1],
    ['of an empty day of one page', { page: 1, total_pages: 1, total_results: 0 }, 1],
    ['past the end', { page: 73, total_pages: 72, total_results: 7199 }, 73],
    ['past the end, under another number', { page: 1, total_pages: 1, total_results: 1 }, 2],
    ['that totals on the move have made the last one', { page: 73, total_pages: 73, total_results: 7201 }, 73],
  ])('%s has nothing', (_, counters, page) => {
    expect(readList(body([], counters), page)).toMatchObject({ ids: [], isOverlong: false });
  });
});

describe('a list on one page under false counters', () => {
  const counters = { page: 1, total_pages: 1, total_results: 1 };
  it.each([2, 150, 2700, 60_000])('is whole: %i rows', (count) => {
    const { ids, ...others } = readList(body(rows(count), counters), 1);
    expect(ids).toHaveLength(count);
    expect(others).toEqual({ odd: 0, pages: 1, results: count, isOverlong: true });
  });

  it('is whole whatever page was asked for: there is no other', () => {
    expect(readList(body(rows(150), counters), 72)).toMatchObject({ pages: 1, results: 150, isOverlong: true });
  });

  it('of one row cannot be told from a short one, and need not be', () => {
    expect(readList(body([row(9)], counters), 1)).toMatchObject({ ids: [9], pages: 1, isOverlong: false });
  });

  it('that keeps true counters is one long page', () => {
    const long = body(rows(150), { page: 1, total_pages: 1, total_results: 150 });
    expect(readList(long, 1)).toMatchObject({ pages: 1, results: 150, isOverlong: false });
  });
});

describe('an answer that is no list', () => {
  it.each([
    ['a web page', '<html><body>502 Bad Gateway</body></html>'],
    ['nothing', ''],
    ['half of it', body(rows(3)).slice(0, 40)],
    ['a bare array', JSON.stringify(rows(3))],
    ['a text', '"results"'],
    ['null', 'null'],
    ["a movie's changes", '{"changes":[]}'],
    ['an error body', '{"success":false,"status_code":11,"status_message":"Internal error"}'],
    ['rows that are none', body([1, 2, 3])],
    ['a row that is null', body([row(1), null])],
    ['results that are an object', body({ 0: row(1) })],
    ['no results', body(undefined)],
    ['no counters', JSON.stringify({ results: rows(3) })],
    ['no page', body(rows(3), { page: undefined })],
    ['a negative total', body(rows(3), { total_results: -1 })],
    ['a fraction of a page', body(rows(3), { total_pages: 7.5 })],
    ['a total as text', body(rows(3), { total_results: '7199' })],
    ['a total that is null', body(rows(3), { total_pages: null })],
    ['a total beyond counting', body(rows(3), { total_results: 1e300 })],
  ])('is unreadable: %s', (_, text) => {
    expect(() => readList(text, 1)).toThrow(unreadable);
  });

  it.each([
    ['is another page', body(rows(100), { page: 1 }), 72, /is page 1 of a list, where page 72 was asked for/],
    ['has nothing, though pages follow', body([], { page: 40 }), 40, /has nothing on page 40, of 72/],
    [
      'is page 2, with more rows than there are',
      body(rows(9), { page: 2, total_pages: 1, total_results: 1 }),
      2,
      /9 rows/,
    ],
    [
      'has more rows than results, and pages follow',
      body(rows(100), { total_results: 1 }),
      1,
      /100 rows and says .* 1$/,
    ],
  ])('ends no walk before its end: one that %s', (_, text, page, message) => {
    expect(() => readList(text, page)).toThrow(unreadable);
    expect(() => readList(text, page)).toThrow(message);
  });

  it('is not quoted', () => expect(() => readList('eyJhbGciOi', 1)).toThrow(/^TMDB's answer is no JSON$/));
});

const recordings = '../shared/recordings';
const recorded = existsSync(recordings) ? it : it.skip;
recorded(`recorded lists are read${existsSync(recordings) ? '' : ' (no recordings on this machine)'}`, () => {
  const files = readdirSync(recordings).filter((file) => file.startsWith('list-'));
  for (const file of files) {
    const text = readFileSync(`${recordings}/${file}`, 'utf8');
    const { page, results } = JSON.parse(text) as { page: number; results: unknown[] };
    const list = readList(text, page);
    expect([file, list.ids.length, list.odd]).toEqual([file, results.length, 0]);
    expect([file, list.isOverlong]).toEqual([file, file.includes('unpaged')]);
  }
  expect(files.length).toBeGreaterThan(10);
});
