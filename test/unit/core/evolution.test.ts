import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { typeOf } from '../../../src/core/encode.ts';
import { breaks, published, readAvro, versions, type Avro, type Field } from '../../support/evolution.ts';

const names = readdirSync('schemas').map((file) => file.replace('.avsc', ''));
const typeFrom = (avro: Avro) => typeOf(JSON.stringify(avro));

describe('the schemas, present and past', () => {
  it.each(names)('%s is as its newest version was published (if it is to be a new one: FREEZE_SCHEMAS=1)', (name) => {
    const [newest, version] = [versions().get(name)?.at(-1), versions().get(name)?.length ?? 0];
    const present = readAvro(`schemas/${name}.avsc`);
    if (process.env['FREEZE_SCHEMAS'] === '1' && JSON.stringify(newest) !== JSON.stringify(present))
      writeFileSync(`${published}/${name}.${version + 1}.avsc`, readFileSync(`schemas/${name}.avsc`));
    expect(present).toEqual(versions().get(name)?.at(-1));
  });

  it.each(names)('every version of %s reads every other, and nothing that was published is taken back', (name) => {
    const all = versions().get(name) ?? [];
    expect(all.length).toBeGreaterThan(0);
    for (const [at, older] of all.entries())
      for (const newer of all.slice(at)) {
        expect(breaks(older, newer)).toEqual([]);
        expect(() => typeFrom(older).createResolver(typeFrom(newer))).not.toThrow();
        expect(() => typeFrom(newer).createResolver(typeFrom(older))).not.toThrow();
      }
  });

  it('what was published once is still there', () => {
    expect([...versions().keys()].sort()).toEqual(names.sort());
  });
});

type Change = (schema: RecordSchema, credit: RecordSchema) => void;
interface RecordSchema {
  name: string;
  namespace?: string;
  fields: (Field & { type: Avro; default?: unknown; name: string })[];
}

const release = (): { schema: RecordSchema; inner: RecordSchema } => {
  const schema = readAvro('schemas/release-date.avsc') as unknown as RecordSchema;
  const before = schema.fields.find(({ name }) => name === 'before')?.type as readonly unknown[];
  return { schema, inner: before[1] as RecordSchema };
};
const changed = (change: Change): Avro => {
  const { schema, inner } = release();
  change(schema, inner);
  return schema as unknown as Avro;
};
const fieldOf = ({ fields }: RecordSchema, name: string) => {
  const field = fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`no ${name}`);
  return field;
};
const set =
  (name: string, members: object): Change =>
  (_, inner) =>
    void Object.assign(fieldOf(inner, name), members);
const optional = (type: Avro) => ({ type: ['null', type], default: null });

describe('a change of a schema', () => {
  const present = changed(() => undefined);
  const gained = changed((_, inner) => inner.fields.push({ name: 'venue', ...optional('string') }));

  it('that adds a nullable member is read by old consumers, and reads what is old', () => {
    expect(breaks(present, gained)).toEqual([]);
    const [old, now] = [typeFrom(present), typeFrom(gained)];
    const common = { movie_id: 1, item_id: 'a', change_key: 'release_dates', op: 'c', action: 'added', changed_at: 5 };
    const more = { iso_639_1: '', iso_3166_1: null, before: null, observed_at: 6, raw: null };
    const members = {
      iso_3166_1: 'US',
      iso_639_1: null,
      certification: 'R',
      release_date: '2024-02-23',
      type: 3,
      note: '',
    };
    const event = { ...common, ...more, after: { ...members, descriptors: ['Violence'] } };
    const withVenue = { ...event, after: { ...event.after, venue: 'Cannes' } };
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    const oldReads = old.fromBuffer(now.toBuffer(withVenue), old.createResolver(now)) as unknown;
    const newReads = now.fromBuffer(old.toBuffer(event), now.createResolver(old)) as unknown;
    expect(plain(oldReads)).toEqual(event);
    expect(plain(newReads)).toEqual({ ...event, after: { ...event.after, venue: null } });
  });

  it.each<[string, Change, RegExp]>([
    ['a member is gone', (_, inner) => void inner.fields.shift(), /iso_3166_1 is gone/],
    ['a member has another name', set('note', { name: 'remark' }), /note is gone/],
    ['a type is another', set('type', optional('string')), /\/before\/type: "long" became "string"/],
    ['a type is wider', set('type', optional('double')), /"long" became "double"/],
    ['a text is bytes', set('note', optional('bytes')), /"string" became "bytes"/],
    ['a list is of something else', set('descriptors', optional({ type: 'array', items: 'long' })), /became/],
    ['a union has one more', set('note', { type: ['null', 'string', 'bytes'] }), /became/],
    ['a union is in another order', set('note', { type: ['string', 'null'], default: '' }), /became/],
    ['null is no more', set('note', { type: 'string', default: '' }), /became "string"/],
    ['a default is another', set('note', { default: undefined }), /its default changed/],
    ['a new member has to be there', (_, inner) => void inner.fields.push({ name: 'x', type: 'long' }), /x is new/],
    [
      'a new member is nullable and has no default',
      (_, inner) => void inner.fields.push({ name: 'x', type: ['null', 'long'] }),
      /x is new and not nullable/,
    ],
    ['the envelope lost a member', (schema) => void schema.fields.splice(3, 1), /\/op is gone/],
    [
      'a time is of another unit',
      (schema) =>
        void Object.assign(fieldOf(schema, 'changed_at'), { type: { type: 'long', logicalType: 'timestamp-micros' } }),
      /timestamp-millis.* became .*timestamp-micros/,
    ],
    [
      'a time is a number',
      (schema) => void Object.assign(fieldOf(schema, 'changed_at'), { type: 'long' }),
      /became "long"/,
    ],
    ['the record has another name', (schema) => void (schema.name = 'Release'), /became tmdb.movie.Release$/],
    ['the namespace is another', (schema) => void (schema.namespace = 'tmdb'), /became tmdb.Rel/],
    [
      'an inner record has another name',
      (schema, inner) => {
        inner.name = 'Release';
        Object.assign(fieldOf(schema, 'after'), { type: ['null', 'Release'] });
      },
      /ReleaseDate became Release/,
    ],
  ])('is refused where %s', (_, change, sentence) => {
    expect(breaks(present, changed(change)).join('\n')).toMatch(sentence);
  });

  it('is none where only words about it are others', () => {
    const words = changed((schema, inner) =>
      [...schema.fields, ...inner.fields].forEach((field) => Object.assign(field, { doc: 'x' })),
    );
    expect(breaks(present, words)).toEqual([]);
    expect(words).not.toEqual(present);
  });
});
