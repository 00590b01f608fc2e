import fc from 'fast-check';
import { changeKeys } from '../../src/core/change-keys.ts';
import type { Window } from '../../src/core/checkpoint.ts';
import type { Json } from '../../src/core/json.ts';
import type { Kind } from '../../src/core/kinds.ts';
import { parse, readAnswer, type Output } from '../../src/core/parse.ts';
import type { Shape } from '../../src/core/shapes.ts';

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
const rarely = (arbitrary: fc.Arbitrary<object>) =>
  fc.oneof({ arbitrary: fc.constant({}), weight: 5 }, { arbitrary, weight: 1 });
const record = (...members: fc.Arbitrary<object>[]) =>
  fc.tuple(...members).map((parts) => Object.assign({}, ...parts) as Json);

const texts = fc.array(text, { maxLength: 3 });

const mostly = (usual: fc.Arbitrary<Json>, odd: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: odd, weight: 1 });
const plainText = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'poster', '漢字', 'Epix cinema '));
const plainNumber = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 2_147_483_648, -(2 ** 52), 2 ** 53 - 2));

/** What each kind is made of, and what is near it and is not. */
const ofKind = {
  text: mostly(plainText, text),
  long: mostly(plainNumber, number),
  boolean: fc.boolean(),
  texts: mostly(fc.array(plainText, { maxLength: 3 }), fc.array(fc.oneof(scalar, texts), { maxLength: 3 })),
} as const satisfies Record<Kind, fc.Arbitrary<Json>>;

const membersOf = (members: Readonly<Record<string, Kind>>): fc.Arbitrary<Json> =>
  record(
    ...Object.entries(members).map(([name, kind]) => maybe(mostly(ofKind[kind], value), name)),
    rarely(maybe(value, 'member_of_tomorrow')),
  );

const imageKinds = fc.constantFrom('poster', 'backdrop', 'title_logo', '__proto__', '', '\ud83d');
const images = (members: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof(
    fc.tuple(imageKinds, members).map(([kind, v]) => Object.fromEntries([[kind, v]])),
    record(maybe(members, 'poster'), maybe(value, 'still')),
  );

/** Values of a shape, and near it. */
const valueOf = ({ schema, form }: Shape): fc.Arbitrary<Json> => {
  if (form === null) return value;
  if (typeof form === 'string') return ofKind[form];
  const members = membersOf(form);
  if (schema === 'tagline.avsc') return fc.oneof(members, text);
  return schema === 'image.avsc' ? images(members) : members;
};

const id = fc.stringMatching(/^[0-9a-f]{24}$/);
const action = fc.oneof(
  fc.constantFrom('added', 'updated', 'deleted', 'created', 'destroyed', 'merged', '\ud83d', 'constructor'),
  text,
);
const time = fc
  .date({ min: new Date('2012-10-05T00:00:00Z'), max: new Date('2030-01-01T00:00:00Z'), noInvalidDate: true })
  .chain((date) => {
    const iso = date.toISOString();
    return mostly(
      fc.constant(`${iso.slice(0, 19).replace('T', ' ')} UTC`),
      fc.constantFrom(iso, `${iso.slice(0, 19)}+02:00`),
    );
  });

const code = fc.oneof(
  { arbitrary: fc.constantFrom('', 'fr', 'FR', 'xx'), weight: 5 },
  { arbitrary: scalar, weight: 1 },
);

const itemOf = (shaped: fc.Arbitrary<Json>): fc.Arbitrary<Json> => {
  const side = mostly(shaped, value);
  return fc
    .tuple(
      fc.record({ id, action, time }),
      maybe(code, 'iso_639_1'),
      maybe(code, 'iso_3166_1'),
      maybe(side, 'value'),
      maybe(side, 'original_value'),
      rarely(maybe(value, 'unknown_member')),
    )
    .map((parts) => Object.assign({}, ...parts) as Json);
};

/** Items of every change key, absent, null, "", 0, false and [] in every place. */
export const anyGroup: fc.Arbitrary<{ readonly key: string; readonly item: Json }> = fc.oneof(
  ...Object.entries(changeKeys).map(([key, shape]) =>
    fc.record({ key: fc.constant(key), item: itemOf(valueOf(shape)) }),
  ),
  fc.record({
    key: fc.constantFrom('belongs_to_collection', 'constructor', '__proto__', 'checkpoints', 'other', ''),
    item: itemOf(value),
  }),
);
