import { describe, expect, it } from '@jest/globals';
import { historyDay } from '../../../src/core/values.ts';

describe('a day of history', () => {
  const judge = (text: string): unknown => {
    const parsed = historyDay('2026-08-18').safeParse(text);
    return parsed.success ? parsed.data : parsed.error.issues.map(({ message }) => message);
  };

  it.each(['2012-10-05', '2024-02-29', '2026-08-17', '2026-08-18'])('%s is one', (day) => expect(judge(day)).toBe(day));

  it.each(['', '2026-02-30', '2026-8-5', '20260805', '2026-08-05T00:00:00Z', '２０２６-08-05', 'today'])(
    '%j is no day',
    (text) => expect(judge(text)).toEqual(['is not a day that exists, written YYYY-MM-DD']),
  );

  it.each(['2012-10-04', '1895-12-28', '0001-01-01'])('%s is before the log begins', (day) =>
    expect(judge(day)).toEqual(["lies before 2012-10-05, where TMDB's log of changes begins"]),
  );

  it.each(['2026-08-19', '2027-01-01'])('%s is in the future', (day) =>
    expect(judge(day)).toEqual(['lies after today (2026-08-18, UTC)']),
  );
});
