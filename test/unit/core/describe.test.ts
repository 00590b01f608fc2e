import { describe as group, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import { describe } from '../../../src/core/describe.ts';
import { map } from '../../../src/core/map.ts';
import { outputsOf } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: '', partitions: 6, schemas });
const lineOf = (file: string, at: number) => {
  const [output] = outputsOf([JSON.parse(readFileSync(`test/fixtures/${file}`, 'utf8')) as never]).slice(at);
  const mapped = map(550, output as never, 0);
  return describe(decode(schemas[mapped.schema].type, encode(mapped).value));
};

group('one line for people', () => {
  it.each([
    [
      'changes/images.json',
      1,
      '2024-01-16 01:54:57 UTC  movie 550  images updated (fr)  poster /first.jpg → poster /first.jpg fr FR',
    ],
    [
      'changes/plot_keywords.json',
      1,
      '2024-01-16 01:55:00 UTC  movie 550  plot_keywords deleted  was 325811 tense tones',
    ],
    [
      'changes/videos.json',
      0,
      /videos added \(en\) {2}65a5e1d5aa000000000000c1 abc_DEF-123 Official Trailer YouTube 2160 Trailer$/,
    ],
    ['other.json', 0, /belongs_to_collection updated {2}null → 2923706026$/],
    ['rejected.json', 1, /^movie 550 {2}dead letter rejected-[0-9a-f]{24} {2}id: /],
  ])('%s %i', (file, at, line) => {
    expect(lineOf(file, at)).toMatch(line);
  });

  const event = { movie_id: 1, change_key: 'title', action: 'added', changed_at: 0, iso_639_1: null, before: null };

  it('shows what could move a cursor, forge a line or turn the text around', () => {
    const after = '\u001b]52;c;eA==\u0007\u001b[2J\rforged\nline\u0000\u202e\u2028\u009b\ud83d';
    const line = describe({ ...event, after }) ?? '';
    expect(Array.from(line).some((c) => c < ' ' || (c >= '\u007f' && c <= '\u009f') || c === '\u2028')).toBe(false);
    expect(line).toContain('\\u001b[2J\\u000dforged\\u000aline\\u0000\\u202e\\u2028');
  });

  it('cuts long text between characters, not inside one', () => {
    const family = '👨‍👩‍👧‍👦';
    const line = describe({ ...event, after: family.repeat(200) }) ?? '';
    expect(line.endsWith(`${family}…`)).toBe(true);
    expect(line.isWellFormed()).toBe(true);
  });

  it('says nothing of a value that is none of ours', () => {
    expect([null, 7, 'x', {}, { version: 1 }].map(describe)).toEqual([null, null, null, null, null]);
  });
});
