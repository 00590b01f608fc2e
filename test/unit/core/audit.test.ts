import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareMovie, countOf, repairsOf, type Published } from '../../../src/core/audit.ts';
import { makeCollect } from '../../../src/core/audit-choice.ts';
import { problemsOf, scopeOf, spanOf, windowsOf, type Asked } from '../../../src/core/audit-scope.ts';
import type { Json } from '../../../src/core/json.ts';
import { map, toEvent, type ChangeEvent } from '../../../src/core/map.ts';
import type { Output } from '../../../src/core/parse.ts';
import { addDays, daysIn, startOf, toTmdbTime } from '../../../src/core/time.ts';
import { outputsOf, wideWindow } from '../../support/items.ts';

const span = { start: '2026-11-01', end: '2026-11-13' };
const at = startOf('2026-11-05') + 3_600_000;

const itemOf = (id: string, members: object = {}, ms = at) => ({
  ...{ id, action: 'added', time: toTmdbTime(ms), iso_639_1: '', iso_3166_1: '', value: 'x' },
  ...members,
});
const outputs = (...items: object[]): readonly Output[] => outputsOf([{ key: 'title', items }] as Json, wideWindow);

/** What is collected of movie 5 once these outputs were published, one poll a row. */
const published = (...polls: (readonly Output[])[]): Published => {
  const { addEvent, addLetter, all } = makeCollect({ movies: new Set([5]), seed: '', spanOf: () => span });
  for (const [nth, poll] of polls.entries())
    for (const output of poll)
      if (output.kind === 'item') addEvent(toEvent(5, output, nth));
      else addLetter(5, output.stamp);
  return all().get(5) as Published;
};

describe('one movie', () => {
  it('has the same items', () => {
    const shown = outputs(itemOf('a'), itemOf('b', { value: { odd: [-0, null] } }));
    expect(compareMovie(5, published(shown), shown)).toEqual({ same: 2, letters: 0, differences: [] });
  });

  it('misses what TMDB has, and the other way round', () => {
    const verdict = compareMovie(5, published(outputs(itemOf('a'), itemOf('b'))), outputs(itemOf('b'), itemOf('c')));
    expect(verdict).toMatchObject({ same: 1, letters: 0 });
    expect(verdict.differences).toMatchObject([
      { kind: 'missing', movieId: 5, recordKey: '5:c', changeKey: 'title', changedAt: at, kafka: null },
      { kind: 'extra', movieId: 5, recordKey: '5:a', changeKey: 'title', changedAt: at, tmdb: null },
    ]);
  });

  it.each([
    ['its value', { value: 'y' }, at],
    ['a member that no schema has', { odd: null }, at],
    ['its time', {}, at + 1000],
  ])('has an item of which TMDB changed %s; once it is published again, it is the same', (_, members, ms) => {
    const [before, after] = [outputs(itemOf('a')), outputs(itemOf('a', members, ms))];
    const [difference, ...others] = compareMovie(5, published(before), after).differences;
    expect(others).toEqual([]);
    expect(difference).toMatchObject({ kind: 'changed', recordKey: '5:a' });
    expect(difference?.tmdb).not.toBe(difference?.kafka);
    expect(compareMovie(5, published(before, after), after)).toEqual({ same: 1, letters: 0, differences: [] });
  });

  it('has what was published last, in whatever order the topics are read', () => {
    const [before, after] = [outputs(itemOf('a')), outputs(itemOf('a', { value: 'y' }))];
    const { addEvent, all } = makeCollect({ movies: new Set([5]), seed: '', spanOf: () => span });
    const event = (output: Output | undefined, observedAt: number): ChangeEvent =>
      map(5, output as Output, observedAt).value as ChangeEvent;
    addEvent(event(after[0], 2));
    addEvent(event(before[0], 1));
    expect(compareMovie(5, all().get(5) as Published, after)).toMatchObject({ same: 1, differences: [] });
  });

  it('has a letter for what cannot become an event, and none once it was replayed', () => {
    const shown = outputs(itemOf('a', { action: null }));
    expect(compareMovie(5, published(shown), shown)).toEqual({ same: 0, letters: 1, differences: [] });
    const { addLetter, removeLetter, all } = makeCollect({ movies: new Set([5]), seed: '', spanOf: () => span });
    addLetter(5, shown[0]?.stamp ?? '');
    removeLetter(5, shown[0]?.stamp ?? '');
    const { differences } = compareMovie(5, all().get(5) as Published, shown);
    expect(differences).toMatchObject([{ kind: 'missing', recordKey: `5:${shown[0]?.stamp ?? ''}` }]);
  });
});

describe('whatever TMDB has and whatever was published of it', () => {
  const ids = fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { selector: (id) => id });
  const edits = fc.record({ there: ids, here: ids, changed: ids });
  const cell = (id: number, value = 'x') => itemOf(`i${id}`, { value }, at + id * 1000);

  it('each item is counted once, by what became of it, and what the repair publishes makes it clean', () => {
    fc.assert(
      fc.property(edits, ({ there, here, changed }) => {
        const shown = outputs(...there.map((id) => cell(id)));
        const old = outputs(...here.map((id) => cell(id, changed.includes(id) ? 'old' : 'x')));
        const { same, differences } = compareMovie(5, published(old), shown);
        const both = there.filter((id) => here.includes(id));
        expect([same, ...(['missing', 'changed', 'extra'] as const).map((kind) => countOf(differences, kind))]).toEqual(
          [
            both.filter((id) => !changed.includes(id)).length,
            there.length - both.length,
            both.filter((id) => changed.includes(id)).length,
            here.length - both.length,
          ],
        );
        const after = compareMovie(5, published(old, shown), shown);
        expect(after.same).toBe(there.length);
        expect(after.differences.every(({ kind }) => kind === 'extra')).toBe(true);
      }),
    );
  });
});

describe('the repair', () => {
  it('begins at the first day on which something is missing or has changed, movies of one day in one command', () => {
    const of = (movieId: number, kind: 'missing' | 'changed' | 'extra', day: string) => ({
      ...{ kind, movieId, recordKey: '', changeKey: '', tmdb: null, kafka: null },
      changedAt: startOf(day) + 5,
    });
    expect(
      repairsOf([
        ...[of(9, 'missing', '2026-11-04'), of(9, 'changed', '2026-11-03'), of(7, 'missing', '2026-11-03')],
        of(7, 'changed', '2026-11-05'),
        ...[of(8, 'changed', '2026-11-02'), of(6, 'extra', '2026-11-01')],
      ]),
    ).toEqual([
      'tmdb-cdc checkpoint set 8 --from 2026-11-02 --execute',
      'tmdb-cdc checkpoint set 7 9 --from 2026-11-03 --execute',
    ]);
  });
});

describe('which days', () => {
  const rules = { now: startOf('2026-11-20') + 1000, overlapMs: 48 * 3_600_000 };
  const day = (since: string, from: string) => ({ since, from, seen: [] });
  const usual = scopeOf({ ids: [] }, rules);

  it('are the last twelve that are closed, of 100 movies', () => {
    expect(usual).toEqual({
      asked: { start: '2026-11-06', end: '2026-11-18', isNamed: { start: false, end: false } },
      movies: 100,
    });
  });

  it('end with the one that is named', () => {
    expect(scopeOf({ ids: ['5,6', '7'], to: '2026-11-10' }, rules)).toEqual({
      asked: { start: '2026-10-30', end: '2026-11-11', isNamed: { start: false, end: true } },
      movies: new Set([5, 6, 7]),
    });
  });

  it('are of a movie those that are complete, and none where a named one is not', () => {
    expect(spanOf(day('2026-11-07', '2026-11-10'), usual.asked)).toEqual({ start: '2026-11-07', end: '2026-11-10' });
    expect(spanOf(day('2020-01-01', '2026-11-19'), usual.asked)).toEqual({ start: '2026-11-06', end: '2026-11-18' });
    expect(spanOf(day('2026-11-10', '2026-11-10'), usual.asked)).toBeNull();
    expect(spanOf(day('2026-10-01', '2026-11-01'), usual.asked)).toBeNull();
    const named: Asked = { start: '2026-11-05', end: '2026-11-10', isNamed: { start: true, end: true } };
    expect(spanOf(day('2026-11-05', '2026-11-10'), named)).toEqual({ start: '2026-11-05', end: '2026-11-10' });
    expect(spanOf(day('2026-11-06', '2026-11-10'), named)).toBeNull();
    expect(spanOf(day('2026-11-05', '2026-11-09'), named)).toBeNull();
  });

  it('that are not complete are refused by movie, and movies that nobody watches all at once', () => {
    const stored = new Map([
      [5, day('2026-11-01', '2026-11-10')],
      [6, day('2026-11-10', '2026-11-10')],
      [7, day('2026-11-01', '2026-11-18')],
    ]);
    const asked: Asked = { start: '2026-11-05', end: '2026-11-12', isNamed: { start: true, end: true } };
    expect(problemsOf(new Set([5, 6, 7, 8, 9]), asked, (id) => stored.get(id))).toEqual([
      'nothing is published of 8, 9: add them to WATCH, or wait until run has polled them',
      'movie 5: complete is 2026-11-01 to 2026-11-09; asked for is 2026-11-05 to 2026-11-11',
      'movie 6: no day is complete yet; asked for is 2026-11-05 to 2026-11-11',
    ]);
  });

  it('and movies that cannot be are all named at once', () => {
    const wish = { ids: ['5,x', '0'], movies: '0', from: '2026-02-30', to: '2026-11-21' };
    const refusal = ((): string => {
      try {
        scopeOf(wish, rules);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    expect(refusal.split('\n')).toEqual([
      '--from "2026-02-30" is not a day that exists, written YYYY-MM-DD',
      '--to "2026-11-21" lies after today (2026-11-20, UTC)',
      'no movie ids: "x", "0"',
      '--movies goes without ids: it says how many to choose',
    ]);
    expect(() => scopeOf({ ids: [], from: '2026-11-03', to: '2026-11-02' }, rules)).toThrow(/lies after --to/);
    expect(() => scopeOf({ ids: [], movies: '0' }, rules)).toThrow('is not a whole number from 1 to');
  });

  it('are asked for twelve at a time, with a day more on either side', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (days) => {
        const windows = windowsOf({ start: '2026-01-01', end: addDays('2026-01-01', days) });
        expect(
          windows.every(
            ({ ask, take }) => daysIn(ask) <= 14 && daysIn(ask) === daysIn({ ...take, end: take.end ?? '' }) + 2,
          ),
        ).toBe(true);
        const taken = windows.flatMap(({ take }) => [take.start, take.end]);
        expect([taken[0], ...taken.slice(1).filter((_, nth) => nth % 2 === 0)]).toEqual([
          '2026-01-01',
          ...taken.slice(2).filter((_, nth) => nth % 2 === 0),
          addDays('2026-01-01', days),
        ]);
      }),
    );
  });
});

describe('the choice', () => {
  const event = (movieId: number, nth: number, ms = at): ChangeEvent => {
    const [output] = outputs(itemOf(`m${nth}`, {}, ms));
    return map(movieId, output as Output, 0).value as ChangeEvent;
  };

  it('has all that was published of as many movies as are wanted, whatever the order, and the same for the same seed', () => {
    const records = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 8 }), fc.string(), (movies, most, seed) => {
        const take = (order: readonly (readonly [number, number])[]) => {
          const { isWanted, addEvent, all } = makeCollect({ movies: most, seed, spanOf: () => span });
          for (const [nth, movieId] of order) if (isWanted(movieId)) addEvent(event(movieId, nth));
          return new Map([...all()].map(([movieId, { events }]) => [movieId, [...events.keys()].sort()]));
        };
        const order = [...movies.entries()];
        const chosen = take(order);
        expect(chosen.size).toBe(Math.min(most, new Set(movies).size));
        for (const [movieId, stamps] of chosen)
          expect(stamps).toHaveLength(movies.filter((each) => each === movieId).length);
        expect(take(order.toReversed())).toEqual(chosen);
      }),
    );
  });

  it('is another one with another seed', () => {
    const choose = (seed: string) => {
      const { addEvent, all } = makeCollect({ movies: 5, seed, spanOf: () => span });
      for (let movieId = 1; movieId <= 200; movieId += 1) addEvent(event(movieId, 0));
      return [...all().keys()];
    };
    expect(choose('2026-11-20')).toEqual(choose('2026-11-20'));
    expect(choose('2026-11-20')).not.toEqual(choose('2026-11-21'));
  });

  it('leaves out what lies outside the days of a movie, and movies that have none', () => {
    const spans = new Map([
      [1, span],
      [2, null],
    ]);
    const { addEvent, all } = makeCollect({ movies: 5, seed: '', spanOf: (movieId) => spans.get(movieId) ?? null });
    addEvent(event(1, 0, startOf(span.end)));
    addEvent(event(2, 0));
    expect(all().size).toBe(0);
    addEvent(event(1, 1, startOf(span.end) - 1));
    expect([...all().keys()]).toEqual([1]);
  });
});
