import fc from 'fast-check';
import type { Json } from '../../src/core/json.ts';
import type { Window } from '../../src/core/checkpoint.ts';
import { parse, readAnswer, type Output } from '../../src/core/parse.ts';

/** A window that leaves nothing out. */
export const wideWindow: Window = {
  bound: 'from',
  ask: { start: '1970-01-02', end: '9999-12-30' },
  take: { start: '1970-01-02', end: null },
};

/** Groups as TMDB sends them, through the text, as they would arrive. */
export const outputsOf = (changes: Json, window: Window = wideWindow): readonly Output[] =>
  parse(readAnswer(JSON.stringify({ changes }), window).groups, window).outputs;

const half = fc.constantFrom('\ud83d', 'cut \udc00', 'a\ud83d b');
const text = fc.oneof(fc.string({ unit: 'grapheme' }), half, fc.constantFrom('', 'poster', '漢字', 'Epix cinema '));
const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    2_147_483_648,
    2 ** 53,
    2 ** 53 - 1,
    -(2 ** 52),
    -(2 ** 52) - 1,
    2 ** 53 - 2,
    -(2 ** 60),
    0.1,
    Infinity,
  ),
  fc.integer(),
);
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.jsonValue({ maxDepth: 3 })) as fc.Arbitrary<Json>;

const maybe = <T>(arbitrary: fc.Arbitrary<T>, name: string) =>
  fc.oneof({ arbitrary: fc.constant({}), weight: 1 }, { arbitrary: arbitrary.map((v) => ({ [name]: v })), weight: 3 });
const record = (...members: fc.Arbitrary<object>[]) =>
  fc.tuple(...members).map((parts) => Object.assign({}, ...parts) as Json);

const imageMembers = record(maybe(text, 'file_path'), maybe(value, 'iso_639_1'), maybe(value, 'iso_3166_1'));
const image = fc.oneof(
  fc
    .tuple(fc.constantFrom('poster', 'backdrop', 'title_logo', '__proto__', ''), imageMembers)
    .map(([kind, v]) => Object.fromEntries([[kind, v]])),
  record(maybe(imageMembers, 'poster'), maybe(value, 'still')),
) as fc.Arbitrary<Json>;
const video = record(
  ...['id', 'key', 'name', 'site', 'size', 'type', 'official'].map((name) =>
    maybe(fc.oneof(text, number, value), name),
  ),
);
const keyword = record(...['id', 'name', 'group', 'extra'].map((name) => maybe(fc.oneof(text, number, value), name)));
const values = { images: image, videos: video, plot_keywords: keyword } as const;

const id = fc.stringMatching(/^[0-9a-f]{24}$/);
const action = fc.oneof(
  fc.constantFrom('added', 'updated', 'deleted', 'created', 'destroyed', 'merged', '\ud83d', 'constructor'),
  text,
);
const time = fc
  .date({ min: new Date('2012-10-05T00:00:00Z'), max: new Date('2030-01-01T00:00:00Z'), noInvalidDate: true })
  .chain((date) => {
    const iso = date.toISOString();
    return fc.constantFrom(`${iso.slice(0, 19).replace('T', ' ')} UTC`, iso, `${iso.slice(0, 19)}+02:00`);
  });

const itemOf = (shaped: fc.Arbitrary<Json>): fc.Arbitrary<Json> => {
  const side = fc.oneof({ arbitrary: shaped, weight: 4 }, { arbitrary: value, weight: 1 });
  return fc
    .tuple(
      fc.record({ id, action, time }),
      maybe(scalar, 'iso_639_1'),
      maybe(scalar, 'iso_3166_1'),
      maybe(side, 'value'),
      maybe(side, 'original_value'),
      maybe(value, 'unknown_member'),
    )
    .map((parts) => Object.assign({}, ...parts) as Json);
};

/** Items of every shape that an event can be made of, absent, null, "", 0, false and [] in every place. */
export const anyGroup: fc.Arbitrary<{ readonly key: string; readonly item: Json }> = fc.oneof(
  ...(['images', 'videos', 'plot_keywords'] as const).map((key) =>
    fc.record({ key: fc.constant(key), item: itemOf(values[key]) }),
  ),
  fc.record({
    key: fc.constantFrom('title', '_type', 'constructor', '__proto__', 'checkpoints', ''),
    item: itemOf(value),
  }),
);
