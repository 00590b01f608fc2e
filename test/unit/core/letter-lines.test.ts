import { expect, it } from '@jest/globals';
import {
  addCounts,
  fateJson,
  fateLines,
  letterJson,
  letterLines,
  noCounts,
  sumLine,
} from '../../../src/core/letter-lines.ts';
import type { Letter } from '../../../src/core/letters-again.ts';
import type { Judged } from '../../../src/core/replay.ts';

const screen = { columns: null, paint: (_: unknown, text: string) => text };

const letter = (movieId: number, stamp: string, more: Partial<Letter['value']> = {}): Letter => ({
  key: `${movieId}:${stamp}`,
  partition: 0,
  timestamp: Date.parse('2026-11-20T10:00:00.123Z'),
  value: {
    ...{ movie_id: movieId, stamp, item_id: null, change_key: 'title', action: null, changed_at: null, observed_at: 0 },
    ...{ reason: 'action: wrong', raw: '{"items":[],"key":"title"}' },
    ...more,
  },
});

const letters = [letter(5, 'rejected-1'), letter(550, 'x', { change_key: null, reason: 'a\u001b[31m', raw: '{}' })];

it('letters stand in columns, and nothing of TMDB reaches the terminal as it is', () => {
  expect(letterLines(letters, screen)).toEqual([
    '2026-11-20T10:00:00Z  5:rejected-1  title  action: wrong  {"items":[],"key":"title"}',
    '2026-11-20T10:00:00Z  550:x                a\\u001b[31m    {}',
  ]);
  expect(letterLines([], screen)).toEqual([]);
});

it('programs are given the whole letter', () => {
  expect(JSON.parse(letterJson(letters[0] as Letter))).toEqual({
    ...{ key: '5:rejected-1', timestamp: letters[0]?.timestamp, value: letters[0]?.value },
  });
});

const event = { topic: 't.title', partition: 0, key: '5:a', value: Buffer.from(''), headers: {} };
const judged: Judged[] = [
  { letter: letter(5, 'a'), fate: { kind: 'publish', event, isStamped: true } },
  { letter: letter(5, 'bb'), fate: { kind: 'remove', event } },
  { letter: letter(5, 'c'), fate: { kind: 'fails', reason: 'id: \u202e' } },
  { letter: letter(5, 'd'), fate: { kind: 'waits', reason: 'not yet' } },
];

it('a plan says what would be done, a replay what was', () => {
  expect(fateLines(judged, false, screen)).toEqual([
    '5:a   would be published to t.title as 5:a',
    '5:bb  is published already, only its letter would be removed: t.title as 5:a',
    '5:c   still fails: id: \\u202e',
    '5:d   waits: not yet',
  ]);
  expect(fateLines(judged.slice(0, 2), true, screen)).toEqual([
    '5:a   published to t.title as 5:a',
    '5:bb  was published already: t.title as 5:a',
  ]);
  const counts = addCounts(noCounts, judged);
  expect(sumLine(counts, false)).toBe(
    '4 letters: 1 to publish, 1 only to remove, 1 still fail, 1 wait; --execute does it',
  );
  expect(sumLine(counts, true)).toBe('4 letters: 1 published, 1 only removed, 1 still fail, 1 wait');
  expect(sumLine(addCounts(noCounts, judged.slice(2, 3)), false)).toBe(
    '1 letter: 0 to publish, 0 only to remove, 1 still fail',
  );
});

it('programs are told the same', () => {
  expect(judged.map((each) => JSON.parse(fateJson(each, true)) as unknown)).toEqual([
    { key: '5:a', fate: 'publish', topic: 't.title', as: '5:a', done: true },
    { key: '5:bb', fate: 'remove', topic: 't.title', as: '5:a', done: true },
    { key: '5:c', fate: 'fails', reason: 'id: \u202e', done: false },
    { key: '5:d', fate: 'waits', reason: 'not yet', done: false },
  ]);
  expect(JSON.parse(fateJson(judged[0] as Judged, false))).toMatchObject({ done: false });
});
