import { describe, expect, it } from '@jest/globals';
import { makeCheckpointRecords, readCheckpointRecord } from '../../../src/core/records.ts';

const { ofMovie, ofFrontier, ofBackfill, ofState } = makeCheckpointRecords('tmdb.movie.', 's1');
const stored = { since: '2026-08-01', from: '2026-08-16', seen: ['a', '1-b'] };

const paused = { at: 1795452686140, by: 'ann@host', reason: null };

describe('a record of the checkpoints topic', () => {
  it('is JSON under the movie id, and says which session wrote it', () => {
    const written = ofMovie(550, stored);
    expect(written).toMatchObject({
      topic: 'tmdb.movie.checkpoints',
      partition: 0,
      key: '550',
      headers: { session: 's1' },
    });
    expect(JSON.parse(String(written.value))).toEqual({ version: 1, ...stored });
  });

  it.each([
    [ofMovie(550, stored), { kind: 'movie', movieId: 550, stored }],
    [ofMovie(550, { ...stored, since: null }), { kind: 'movie', movieId: 550, stored: { ...stored, since: null } }],
    [
      ofMovie(1, { since: null, from: null, seen: ['x'] }),
      { kind: 'movie', movieId: 1, stored: { since: null, from: null, seen: ['x'] } },
    ],
    [ofMovie(550, null), { kind: 'movie', movieId: 550, stored: null }],
    [
      ofFrontier({ since: '2026-08-01', through: '2026-08-16' }),
      { kind: 'frontier', frontier: { since: '2026-08-01', through: '2026-08-16' } },
    ],
    [
      ofFrontier({ since: '2026-08-01', through: '2026-08-16', fresh: true }),
      { kind: 'frontier', frontier: { since: '2026-08-01', through: '2026-08-16', fresh: true } },
    ],
    [ofBackfill('2026-01-01'), { kind: 'backfill', since: '2026-01-01' }],
    [ofBackfill(null), { kind: 'backfill', since: null }],
    [ofFrontier(null), { kind: 'frontier', frontier: null }],
    [ofState(paused), { kind: 'state', paused }],
    [
      ofState({ ...paused, reason: 'TMDB asked for it' }),
      { kind: 'state', paused: { ...paused, reason: 'TMDB asked for it' } },
    ],
    [ofState(null), { kind: 'state', paused: null }],
  ])('%j comes back as it was', ({ key, value }, read) => {
    expect(readCheckpointRecord(key, value?.toString() ?? null)).toEqual(read);
  });

  const whole = '{"version":1,"since":"2026-03-01","from":"2026-03-01","seen":[]}';
  it('a pause is of a version that stops a program which knows none', () => {
    expect(JSON.parse(String(ofState(paused).value))).toEqual({ version: 3, paused: true, ...paused });
  });

  it.each([
    ['a newer version', '550', '{"version":3,"anything":[]}', 'CHECKPOINT_TOO_NEW'],
    ['a newer kind', 'shard', '{"version":3}', 'CHECKPOINT_TOO_NEW'],
    ['a newer pause', 'state', '{"version":4,"paused":true}', 'CHECKPOINT_TOO_NEW'],
    [
      'a pause without its time',
      'state',
      '{"version":3,"paused":true,"by":"x","reason":null}',
      'CHECKPOINT_UNREADABLE',
    ],
    ['no JSON', '550', 'x', 'CHECKPOINT_UNREADABLE'],
    ['another key', 'x', whole, 'CHECKPOINT_UNREADABLE'],
    ['another key, removed', 'x', null, 'CHECKPOINT_UNREADABLE'],
    ['a day that does not exist', '550', whole.replace('03-01', '02-30'), 'CHECKPOINT_UNREADABLE'],
    ['bounds the wrong way round', '550', whole.replace('03-01', '03-02'), 'CHECKPOINT_UNREADABLE'],
    [
      'a frontier the wrong way round',
      'frontier',
      '{"version":2,"since":"2026-03-02","through":"2026-03-01"}',
      'CHECKPOINT_UNREADABLE',
    ],
    [
      'a frontier under a movie',
      '550',
      '{"version":2,"since":"2026-03-01","through":"2026-03-01"}',
      'CHECKPOINT_UNREADABLE',
    ],
  ])('of %s stops the program', (...[, key, value, code]) => {
    expect(() => readCheckpointRecord(key, value)).toThrow(expect.objectContaining({ code }));
  });
});
