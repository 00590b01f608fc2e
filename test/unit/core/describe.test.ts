import { describe as group, expect, it } from '@jest/globals';
import { changeKeys } from '../../../src/core/change-keys.ts';
import { describe, describeRemark } from '../../../src/core/describe.ts';
import { widthOf, type Screen } from '../../../src/core/display.ts';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import type { Json } from '../../../src/core/json.ts';
import { map } from '../../../src/core/map.ts';
import { outputsOf } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: '', partitions: 6, schemas });
const plain: Screen = { columns: null, paint: (_, text) => text };

/** A change as it goes through Kafka. */
const read = (key: string, item: Json): unknown => {
  const [output] = outputsOf([{ key, items: [item] }]);
  if (output === undefined) throw new Error('nothing was parsed');
  const mapped = map(550, output, Date.parse('2026-08-18T12:00:00Z'));
  return decode(schemas[mapped.schema].type, encode(mapped).value);
};

const item = (action: string, members: object = {}): Json => ({
  id: '6a82e8e0aa00000000000001',
  action,
  time: '2026-08-18 10:00:00 UTC',
  iso_639_1: '',
  iso_3166_1: '',
  ...members,
});
const from = (before: Json, after: Json): Json => item('updated', { original_value: before, value: after });
const added = (value: Json): Json => item('added', { value });
const deleted = (value: Json): Json => item('deleted', { original_value: value });

const poster = { file_path: '/a.jpg', iso_639_1: null };
const release = {
  iso_3166_1: 'US',
  iso_639_1: null,
  certification: 'R',
  release_date: '1999-10-15',
  type: 3,
  note: '',
};
const credit = { person_id: 287, character: 'Tyler', order: 0, cast_id: 4, credit_id: 'c' };
const long = 'A courier is late, and so is everybody else in this long line of a text. ';

group('one line for people', () => {
  it('tells time, action, movie, key with language and region, and the change', () => {
    const change = item('updated', { iso_639_1: 'fr', iso_3166_1: 'FR', original_value: 'Ô', value: 'Oh' });
    expect(describe(read('title', change), plain)).toBe(
      '2026-08-18 10:00:00Z  updated      550  title fr-FR          "Ô" → "Oh"',
    );
  });

  it.each<[string, Json, string]>([
    ['images', added({ poster: { file_path: '/a.jpg' } }), '+ poster /a.jpg'],
    [
      'images',
      from({ poster }, { poster: { ...poster, iso_639_1: 'fr', iso_3166_1: 'FR' } }),
      'poster /a.jpg: none → fr FR',
    ],
    ['images', deleted({ backdrop: { file_path: '/b.jpg' } }), '- backdrop /b.jpg'],
    [
      'videos',
      added({ id: 'o', key: 'k', name: 'N', site: 'YouTube', size: 1080, type: 'Trailer' }),
      '+ Trailer YouTube k "N"',
    ],
    ['cast', added(credit), '+ person 287 as "Tyler"'],
    ['cast', from(credit, { ...credit, order: 7 }), 'person 287 as "Tyler": order 0 → order 7'],
    [
      'crew',
      deleted({ person_id: 7467, department: 'Directing', job: 'Director', cast_id: 1, credit_id: 'c' }),
      '- person 7467 Director (Directing)',
    ],
    ['release_dates', from(release, { ...release, note: 'Cinema' }), 'US 1999-10-15 theatrical R: none → "Cinema"'],
    ['alternative_titles', deleted({ title: 'T', type: '', iso_3166_1: 'PL' }), '- PL "T"'],
    ['plot_keywords', deleted({ id: 1, name: 'tense', group: 'tones' }), '- "tense" tones'],
    ['production_companies', added({ id: 1, name: 'Film' }), '+ "Film"'],
    ['tagline', from({ tagline: 'x', primary: false }, { tagline: 'x', primary: true }), '"x": not primary → primary'],
    ['spoken_languages', from(['en', 'fr'], ['en', 'de']), '-fr +de'],
    ['spoken_languages', from(['en', 'fr'], ['fr', 'en']), 'en, fr → fr, en'],
    ['revenue', from(0, 2_923_706_026), '0 → 2,923,706,026'],
    ['video', item('updated', { value: true }), '→ true'],
    ['general', item('destroyed', { value: { reason: '2' } }), 'reason 2'],
    ['homepage', from('https://a', ''), '"https://a" → ""'],
    [
      'overview',
      from(`${long}${long}It ends well.`, `${long}${long}It ends badly.`),
      '"… text. It ends well." → "… text. It ends badly."',
    ],
    ['crew', from(credit, credit), 'person 287 as "Tyler" (as it was)'],
    ['mystery', from(null, { a: 1, b: [true] }), 'null → a 1 b true'],
    ['mystery', added('"'), '+ """'],
    ['images', added({ poster: { file_path: '/a.jpg', much: 7 } }), '+ poster /a.jpg much 7'],
    ['revenue', from('a', 2.5), '"a" → 2.5'],
  ])('%s', (...[key, change, words]) => {
    expect(describe(read(key, change), plain)?.slice(60).trimStart()).toBe(words);
  });

  it('has words for whatever comes under any key', () => {
    for (const key of [...Object.keys(changeKeys), 'other', 'constructor'])
      for (const value of [null, true, 0, '', 'x', [], [null, {}], {}, { x: { y: [] } }, { __proto__: null }] as Json[])
        for (const change of [added(value), deleted(value), from(value, 'y'), from({ name: 'n' }, value)])
          expect(describe(read(key, change), plain)).toMatch(/^2026-08-18 10:00:00Z {2}\w+ +550 {2}\w+ .*\S$/);
  });

  it('tells why a dead letter is one', () => {
    expect(describe(read('images', item('', { id: 7 })), plain)).toMatch(
      /^2026-08-18 10:00:00Z {2}rejected {6}550 {2}images {15}1787047200-rejected-[0-9a-f]{24}: id: /,
    );
  });

  it('says nothing of a value that is none of ours', () => {
    const event = read('title', added('x')) as object;
    const odd = [null, 7, 'x', {}, { version: 1 }, { ...event, changed_at: 8.7e15 }, { ...event, op: 1 }];
    expect(odd.map((value) => describe(value, plain))).toEqual(odd.map(() => null));
    expect(describe({ ...event, raw: '{'.repeat(9), after: null }, plain)).toMatch(/ {2}\{{9}$/);
    expect(
      describe({ ...event, raw: `{"value":${'['.repeat(90_000)}${']'.repeat(90_000)}}`, after: null }, plain),
    ).toMatch(/…$/);
  });

  it('shows a record that is no event with where it is', () => {
    const remark = { ms: 0, word: 'not ours', about: 'images/3@7 \u001b[2J' };
    expect(describeRemark(remark, plain)).toMatch(/^1970-01-01 00:00:00Z {2}not ours .* images\/3@7 \\u001b\[2J$/);
  });
});

group('text on a terminal', () => {
  const lineOf = (value: string, columns: number | null = null): string =>
    describe(read('title', added(value)), { ...plain, columns }) ?? '';

  it('shows what could move a cursor, forge a line or turn the text around', () => {
    const hostile = '\u001b]52;c;eA==\u0007\u001b[2J\rforged\nline\u0000\u202e\u2028\u009b\ud83d';
    for (const line of [
      lineOf(hostile),
      describe(read(hostile.slice(0, -1), item(hostile, { iso_639_1: hostile })), plain) ?? '',
      describe(read('images', added({ [hostile]: { file_path: hostile, [hostile]: hostile } })), plain) ?? '',
    ]) {
      expect(Array.from(line).some((c) => c < ' ' || (c >= '\u007f' && c <= '\u009f') || c === '\u2028')).toBe(false);
      expect(line).toContain('\\u001b[2J\\u000dforged');
      expect(line.isWellFormed()).toBe(true);
    }
  });

  it('is cut between characters, not inside one', () => {
    const family = '👨‍👩‍👧‍👦';
    const line = lineOf(family.repeat(200));
    expect(line.endsWith(`${family}…`)).toBe(true);
    expect(line.isWellFormed()).toBe(true);
  });

  it.each([
    ['abc', 3],
    ['漢字', 4],
    ['한', 2],
    ['e\u0301', 1],
    ['👨‍👩‍👧‍👦', 2],
    ['☂', 1],
    ['☂️', 2],
    ['Ж', 1],
    ['a\u200b', 1],
  ])('%s takes the columns that a terminal gives it', (text, columns) => {
    expect(widthOf(text)).toBe(columns);
  });

  it.each(['A very long title of a movie', '漢字'.repeat(20), '👨‍👩‍👧‍👦'.repeat(20), 'e\u0301'.repeat(60)])(
    'is as wide as the terminal, and no wider: %s',
    (title) => {
      for (const columns of [1, 20, 40, 70, 71, 72, 73, 80]) {
        const line = lineOf(title, columns);
        expect(widthOf(line)).toBeLessThanOrEqual(columns);
        if (columns >= 70) expect(widthOf(line)).toBeGreaterThanOrEqual(columns - 1);
      }
      expect(lineOf('Short', 200)).toBe(lineOf('Short'));
    },
  );

  it('is painted piece by piece, which does not count as width', () => {
    const paint: Screen['paint'] = (style, text) => `<${style}>${text}</>`;
    const line = describe(read('title', deleted('x'.repeat(90))), { columns: 70, paint }) ?? '';
    expect(line).toMatch(
      /^<dim>2026-08-18 10:00:00Z<\/> {2}<red>deleted<\/> {2}<bold> {4}550<\/> {2}<cyan>title +<\/> {2}- "x+…$/,
    );
    expect(widthOf(line.replace(/<[^>]*>/g, ''))).toBe(70);
  });
});
