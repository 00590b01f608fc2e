import { describe, expect, it } from '@jest/globals';
import { lineOf, readIds, readLines } from '../../../src/core/checkpoint-lines.ts';
import { countOverdue, dueDay, overdue } from '../../../src/core/due.ts';
import { makeCoverage } from '../../../src/core/coverage.ts';
import { readReason, sayPaused } from '../../../src/core/paused.ts';
import { sayStatus, statusOf, type Seen } from '../../../src/core/status.ts';

const today = '2026-11-27';
const now = Date.parse('2026-11-27T12:00:00Z');
const checkpoint = { since: '2026-11-01', from: '2026-11-25', seen: ['a', 'b'] };

describe('lines of checkpoints', () => {
  it('come back as they were', () => {
    expect(readLines(`${lineOf(7, checkpoint)}\r\n\n{"movieId":8,"from":"2026-11-20"}\n`, today)).toEqual({
      wishes: [
        { movieId: 7, to: checkpoint },
        { movieId: 8, to: '2026-11-20' },
      ],
      problems: [],
    });
  });
  it.each([
    ['', 'no line holds a checkpoint'],
    ['x', 'line 1: is no JSON'],
    ['{"movieId":0,"from":"2026-11-20"}', 'line 1: movieId is not a movie id'],
    ['{}', 'line 1: movieId is not a movie id'],
    ['7', 'line 1: is no object'],
    ['[]', 'line 1: is no object'],
    ['{"movieId":7,"from":"2026-11-20","since":1,"seen":[]}', 'line 1: since is not a day'],
    [
      '{"movieId":7,"from":"2026-11-20","since":"2026-02-30","seen":[]}',
      'line 1: since "2026-02-30" is not a day that exists, written YYYY-MM-DD',
    ],
    [
      '\n{"movieId":7,"from":"2026-11-20","since":"2012-10-04","seen":[]}',
      'line 2: since "2012-10-04" lies before 2012-10-05, where TMDB\'s log of changes begins',
    ],
    ['{"movieId":7,"from":"2026-11-20","since":"2026-11-20","seen":[1]}', 'line 1: seen is not a list of stamps'],
    ['{"movieId":7}', 'line 1: from is not a day'],
    ['{"movieId":7,"from":"2026-02-30"}', 'line 1: from "2026-02-30" is not a day that exists, written YYYY-MM-DD'],
    ['{"movieId":7,"from":"2026-11-28"}', 'line 1: from "2026-11-28" lies after today (2026-11-27, UTC)'],
    ['{"movieId":7,"from":"2026-11-20","seen":[]}', 'line 1: has since or seen, and not the other'],
    ['{"movieId":7,"from":"2026-11-20","since":"2026-11-21","seen":[]}', 'line 1: since lies after from'],
    ['{"movieId":7,"from":"2026-11-20"}\n{"movieId":7,"from":"2026-11-21"}', 'line 2: movie 7 stands in a line before'],
  ])('%j is refused in a sentence', (text, problem) => {
    expect(readLines(text, today).problems).toEqual([problem]);
  });
  it('that are all wrong are named up to five', () => {
    expect(readLines('x\n'.repeat(7), today).problems).toEqual([
      ...[1, 2, 3, 4, 5].map((nth) => `line ${nth}: is no JSON`),
      'and 2 more that cannot be used',
    ]);
  });
  it('ids are each taken once, and all that are wrong are named', () => {
    expect(readIds(['7,8', '7', 'x', '0'])).toEqual({
      ids: [7, 8],
      problems: ['"x" is not a movie id', '"0" is not a movie id'],
    });
  });
});

describe('what is overdue', () => {
  const options = { watched: [1, 2, 3], hasLists: false, intervalMs: 900_000, overlapMs: 48 * 3_600_000, now };
  const coverage = makeCoverage(
    new Map([
      [1, { ...checkpoint, from: '2026-11-25' }],
      [2, { ...checkpoint, from: '2026-11-24' }],
      [9, { ...checkpoint, from: '2026-11-01' }],
    ]),
    { since: '2026-11-01', through: '2026-11-25' },
  );
  it('is whoever is watched and open from a day that should be closed', () => {
    expect(dueDay(options)).toBe('2026-11-25');
    expect(overdue(coverage, options)).toEqual([2]);
  });
  it('gives time after midnight, and a week where lists say who is polled', () => {
    expect(dueDay({ ...options, now: Date.parse('2026-11-27T00:30:00Z') })).toBe('2026-11-24');
    expect(overdue(coverage, { ...options, hasLists: true })).toEqual([]);
  });
  it('is whoever stays behind the frontier, where everything is watched', () => {
    expect(overdue(coverage, { ...options, watched: 'all' })).toEqual([2, 9]);
  });
  it('is counted; where nobody says who is watched, by the frontier, or not at all', () => {
    expect(countOverdue(coverage, options)).toBe(1);
    expect(countOverdue(coverage, { ...options, watched: null })).toBe(2);
    expect(countOverdue(makeCoverage(new Map([[7, checkpoint]]), null), { ...options, watched: null })).toBeNull();
  });
});

describe('a reason', () => {
  it('is one line that can be shown, of at most 200 characters', () => {
    expect(readReason(' disk\n full\u001b ')).toEqual({ reason: 'disk full\\u001b' });
    expect(readReason(' ')).toEqual({ reason: null });
    expect(readReason('x'.repeat(201)).problem).toBe('--reason is 201 characters long: at most 200');
  });
  it('is told with who and when', () => {
    expect(sayPaused({ at: now, by: 'ann@host\u0007', reason: 'disk' })).toBe(
      'paused by ann@host\\u0007 since 2026-11-27T12:00:00.000Z (disk)',
    );
  });
});

describe('status', () => {
  const seen: Seen = {
    instances: [
      { host: '10.0.0.1', isOwner: false },
      { host: '10.0.0.2', isOwner: true },
    ],
    coverage: makeCoverage(new Map([[7, checkpoint]]), null, { wanted: '2026-01-01' }),
    ...{ watching: 1, behind: 0, writtenAt: now - 12_000, watermark: null, deadLetters: 2 },
  };
  const paused = makeCoverage(new Map(), null, { paused: { at: now, by: 'ann@host', reason: null } });
  it('says who works, and what is wanted', () => {
    expect(statusOf(seen)).toMatchObject({ state: 'live', owner: '10.0.0.2', standbys: ['10.0.0.1'], paused: null });
    expect(Object.fromEntries(sayStatus(statusOf(seen), now))).toEqual({
      state: 'live: 10.0.0.2 has the turn, 1 on standby: 10.0.0.1',
      watching: '1 movie',
      checkpoints: '1, 0 of them behind; the last was written 12 s ago',
      backfill: 'back to 2026-01-01 is wanted',
      'dead letters': '2',
    });
  });
  it('claims nothing of who is behind where WATCH is not set', () => {
    const status = statusOf({ ...seen, watching: null, behind: null });
    expect(status.checkpoints).toMatchObject({ movies: 1, behind: null });
    expect(Object.fromEntries(sayStatus(status, now))).toMatchObject({
      watching: 'not known: WATCH is not set here',
      checkpoints: '1; the last was written 12 s ago',
    });
  });
  it('knows a pause, an installation that nobody runs, and one whose turn is not given yet', () => {
    expect(statusOf({ ...seen, coverage: paused })).toMatchObject({
      state: 'paused',
      paused: { at: '2026-11-27T12:00:00.000Z', by: 'ann@host' },
    });
    expect(statusOf({ ...seen, coverage: paused, instances: [] })).toMatchObject({ state: 'down', owner: null });
    expect(statusOf({ ...seen, instances: seen.instances.slice(0, 1) }).state).toBe('waiting');
  });
});
