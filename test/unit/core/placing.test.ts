import { describe, expect, it } from '@jest/globals';
import { makeCoverage, type Stored } from '../../../src/core/coverage.ts';
import { forgottenOf, makeConsequences, sayForgotten, sayMove } from '../../../src/core/consequences.ts';
import { movedTo, placing, resettingAll } from '../../../src/core/placing.ts';
import { stampOfItem } from '../../../src/core/stamp.ts';

const idAt = (time: string, tail = 1): string =>
  Math.floor(Date.parse(time) / 1000).toString(16) + String(tail).padStart(16, '0');
const [on24, on25, on26] = ['2026-11-24', '2026-11-25', '2026-11-26'].map((day) => idAt(`${day}T10:00:00Z`)) as [
  string,
  string,
  string,
];
const odd = stampOfItem(idAt('2026-11-20T00:00:00Z'), Date.parse('2026-11-26T00:00:00Z'));
const before = { since: '2026-11-10', from: '2026-11-24', seen: [on24, on25, on26, odd, 'rejected-x'] };

describe('a checkpoint that is moved', () => {
  it('back says nothing of the days since then, and has the days before', () => {
    expect(movedTo(before, '2026-11-20')).toEqual({ since: '2026-11-10', from: '2026-11-20', seen: ['rejected-x'] });
    expect(movedTo(before, '2026-11-24')).toEqual({ since: '2026-11-10', from: '2026-11-24', seen: ['rejected-x'] });
  });
  it('back before its first day begins there', () => {
    expect(movedTo(before, '2026-11-01')).toMatchObject({ since: '2026-11-01', from: '2026-11-01' });
  });
  it('on keeps what is published of the days from then on', () => {
    expect(movedTo(before, '2026-11-25')).toEqual({
      ...before,
      from: '2026-11-25',
      seen: [on25, on26, odd, 'rejected-x'],
    });
  });
});

describe('setting', () => {
  const frontier = { since: '2026-11-01', through: '2026-11-24' };
  const records = new Map<number, Stored>([[1, { since: null, from: null, seen: [on24] }]]);
  const decide = (to: string, movieId: number) =>
    placing([{ movieId, to }]).map((each) => each(makeCoverage(new Map(records), frontier)));

  it('writes a record of the movie’s own, whatever the frontier says', () => {
    expect(decide('2026-11-20', 7)).toEqual([{ movies: [[7, { since: null, from: '2026-11-20', seen: [] }]] }]);
    expect(decide('2026-11-24', 1)).toEqual([{ movies: [[1, { since: null, from: '2026-11-24', seen: [] }]] }]);
  });
  it('writes nothing where it is so already', () => {
    expect(decide('2026-11-24', 7)).toEqual([null]);
  });
  it('of a movie that nothing is known of begins on that day', () => {
    const changes = placing([{ movieId: 7, to: '2026-11-20' }]).map((each) => each(makeCoverage(new Map(), null)));
    expect(changes).toEqual([{ movies: [[7, { since: '2026-11-20', from: '2026-11-20', seen: [] }]] }]);
  });
  it('takes a checkpoint as it is given', () => {
    const changes = placing([{ movieId: 7, to: before }]).map((each) => each(makeCoverage(new Map(), null)));
    expect(changes).toEqual([{ movies: [[7, before]] }]);
  });
});

it('to forget everything of a watch list removes each record, and what is wanted', () => {
  const coverage = makeCoverage(new Map([[1, before]]), null, { wanted: '2026-01-01' });
  expect(resettingAll(coverage, '2026-11-20').map((each) => each(coverage))).toEqual([
    { wanted: null, movies: [] },
    { movies: [[1, null]] },
  ]);
});

describe('what it comes to', () => {
  const tell = (movieId: number, after: string) => {
    const move = { movieId, before, after: movedTo(before, after) };
    const consequences = makeConsequences([move]);
    const late = idAt('2026-11-26T11:00:00Z', 9); // published while it is counted
    const keys = [idAt('2026-11-19T10:00:00Z'), idAt('2026-11-22T10:00:00Z'), on24, on25, on25, on26, late];
    for (const id of keys) consequences.note(`${movieId}:${id}`);
    consequences.note(`8:${on25}`);
    consequences.note('no key of ours');
    return [consequences.of(move), sayMove(move, consequences.of(move))];
  };
  it.each([
    [
      '2026-11-22',
      { again: { events: 4, days: 4 }, never: 0, first: 0 },
      'from 2026-11-24 → 2026-11-22: about 4 events of 4 days will be published again (same keys)',
    ],
    [
      '2026-11-05',
      { again: { events: 5, days: 5 }, never: 0, first: 5 },
      'from 2026-11-24 → 2026-11-05: about 5 events of 5 days will be published again (same keys); 5 days before 2026-11-10 will be published for the first time',
    ],
    [
      '2026-11-26',
      { again: { events: 0, days: 0 }, never: 2, first: 0 },
      'from 2026-11-24 → 2026-11-26: 2 days will never be published, but for what is by now; tmdb-cdc audit can tell which',
    ],
  ])('of %s is told in numbers', (after, comes, sentence) => {
    expect(tell(7, after)).toEqual([comes, sentence]);
  });
  it('of all is told in one sentence', () => {
    const coverage = makeCoverage(
      new Map<number, Stored>([
        [1, { since: '2026-11-01', from: '2026-11-18', seen: [] }],
        [2, { since: '2026-11-01', from: null, seen: [] }],
      ]),
      { since: '2026-11-01', through: '2026-11-24' },
      { wanted: '2026-01-01' },
    );
    const again = { events: 1, days: 1 };
    expect(sayForgotten(forgottenOf(coverage, '2026-11-20', again))).toBe(
      'forgotten: 2 checkpoints, the frontier (2026-11-01 to 2026-11-24), the wish for backfill to 2026-01-01. Every movie begins on 2026-11-20 (START_DATE, or today): about 1 event of 1 day will be published again (same keys); of 1 movies days before 2026-11-20 will never be published',
    );
    // The days that nobody has closed, of movies that have no record: as live polling would have published them.
    expect(sayForgotten(forgottenOf(coverage, '2026-11-27', again))).toMatch(
      /; 3 days of every movie, 2026-11-24 to 2026-11-26, will never be published, but for what is by now: set START_DATE=2026-11-24 here and for run$/,
    );
  });
});
