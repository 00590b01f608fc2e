import { expect, it } from '@jest/globals';
import { addDays, isDay, parseInstant, toTmdbTime } from '../../../src/core/time.ts';

it.each(['2024-02-29', '2012-10-05', '2026-12-31'])('%s is a day', (text) => expect(isDay(text)).toBe(true));

it.each([
  '2026-02-30',
  '2026-02-29',
  '2026-13-01',
  '2026-8-5',
  '2026-08-05junk',
  '+012026-08-05',
  '2026-00-01',
  '２０２６-08-05',
  '',
])('%s is none', (text) => expect(isDay(text)).toBe(false));

it('days go on over the end of a month and of a year', () => {
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2024-03-01', -1)).toBe('2024-02-29');
});

it.each([
  ['2026-08-18 01:19:46 UTC', '2026-08-18T01:19:46.000Z'],
  ['2026-08-18T01:19:46Z', '2026-08-18T01:19:46.000Z'],
  ['2026-08-18T01:19:46.123456Z', '2026-08-18T01:19:46.123Z'],
  ['2026-08-18T01:19:46+05:30', '2026-08-17T19:49:46.000Z'],
  ['2026-08-18T01:19:46-0130', '2026-08-18T02:49:46.000Z'],
])('%s is an instant', (text, iso) => expect(new Date(parseInstant(text) ?? 0).toISOString()).toBe(iso));

it.each([
  '2026-02-30 10:00:00 UTC',
  '2026-08-18',
  '2026-08-18 01:19:46',
  '1755480000',
  '2026-08-18 01:60:00 UTC',
  'today',
])('%s is none', (text) => expect(parseInstant(text)).toBeNull());

it("writes TMDB's own form", () =>
  expect(toTmdbTime(Date.parse('2026-08-18T01:19:46Z'))).toBe('2026-08-18 01:19:46 UTC'));
