import { describe, expect, it } from '@jest/globals';
import type { DeadLetter } from '../../../src/core/events.ts';
import { isLetter, readAgain } from '../../../src/core/letters-again.ts';
import { pieceOf } from '../../../src/core/parse.ts';

const second = Date.parse('2026-11-20T10:00:00Z') / 1000;
const id = second.toString(16) + '0'.repeat(16);
const item = { id, action: 'added', time: '2026-11-20 10:00:00 UTC', value: 'x' };

const letter = (more: Partial<DeadLetter> = {}, received: object = item): DeadLetter => ({
  movie_id: 550,
  stamp: id,
  item_id: id,
  change_key: 'title',
  action: 'added',
  changed_at: second * 1000,
  reason: 'as it was',
  observed_at: Date.parse('2026-11-21T00:00:00Z'),
  raw: pieceOf({ changeKey: 'title', received: received as never }),
  ...more,
});

describe('a letter by the code of today', () => {
  it('is an item where nothing is wrong with it any more', () => {
    expect(readAgain(letter())).toEqual({
      item: {
        ...{ kind: 'item', changeKey: 'title', received: item, id, action: 'added', place: second * 1000, stamp: id },
      },
    });
  });

  it.each([
    ['no action', { ...item, action: null }, /^action: /],
    ['no id', { ...item, id: '' }, /^id: not 1 to 64/],
    ['no time', { ...item, time: 'yesterday' }, /^time: not an instant/],
    ['a time of other days', { ...item, time: '2026-11-01 10:00:00 UTC' }, /^time: more than a day outside/],
  ])('still fails with %s', (_, received, reason) => {
    expect(readAgain(letter({}, received))).toEqual({ reason: expect.stringMatching(reason) });
  });

  it('without a change key still fails', () => {
    expect(readAgain(letter({ raw: pieceOf({ changeKey: null, received: item }) }))).toEqual({
      reason: expect.stringMatching(/^change key: /),
    });
  });

  it.each([
    ['cut', letter().raw.slice(0, -5)],
    ['of two items', JSON.stringify({ key: 'title', items: [item, item] })],
    ['nested too deep', `{"key":"title","items":[${'['.repeat(200)}${']'.repeat(200)}]}`],
    ['empty', ''],
  ])('whose text is %s still fails', (_, raw) => {
    expect(readAgain(letter({ raw }))).toEqual({ reason: expect.stringMatching(/not that of one item/) });
  });

  // TMDB shows it among its own days as well, and there it is published.
  it('that was shown among other days stays', () => {
    const stamp = 'rejected-0123456789abcdef01234567';
    expect(readAgain(letter({ stamp }))).toEqual({ reason: 'as it was' });
    expect(readAgain(letter({ stamp, changed_at: null }))).toEqual({ reason: 'as it was' });
    const unreadable = { stamp, changed_at: null, item_id: 'x1' };
    expect(readAgain(letter(unreadable, { ...item, id: 'x1' }))).toMatchObject({ item: { stamp: `${second}-x1` } });
    const later = { ...item, id: 'x1', time: '2026-11-24 02:00:00 UTC' };
    expect(readAgain(letter(unreadable, later))).toMatchObject({ reason: expect.stringMatching(/^time: more than/) });
  });
});

describe('what is a letter', () => {
  it('has the key of its movie and stamp', () => {
    expect(isLetter(`550:${id}`, letter())).toBe(true);
    expect(isLetter('550:other', letter())).toBe(false);
    expect(isLetter(null, letter())).toBe(false);
    expect(isLetter(`550:${id}`, { ...letter(), raw: 1 })).toBe(false);
    expect(isLetter(`550:${id}`, 'text')).toBe(false);
  });
});
