import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeResolve, whyNotOurs } from '../../../src/core/decode.ts';
import { typeOf } from '../../../src/core/encode.ts';
import { toItem } from '../../../src/core/map.ts';
import { decode } from '../../../src/index.ts';
import { framed, keywordChange, schemaText } from '../../support/changes.ts';

interface Schema {
  readonly name: string;
  readonly namespace: string;
  readonly fields: { name: string; type: unknown; default?: unknown }[];
}
const ours = JSON.parse(schemaText) as Schema;
const less: Schema = { ...ours, fields: ours.fields.filter(({ name }) => name !== 'raw') };
const more: Schema = { ...ours, fields: [...ours.fields, { name: 'later', type: ['null', 'string'], default: null }] };

const write = (schema: Schema, value: object): Buffer => framed(7, typeOf(JSON.stringify(schema)).toBuffer(value));
const read = (reader: Schema, writer: Schema, value: object) =>
  makeResolve([JSON.stringify(reader)])(JSON.stringify(writer))(write(writer, value));

const event = keywordChange(1);

describe("a value is read as this version's schema has it", () => {
  it.each<[string, Schema, Schema, object]>([
    ['the same schema', ours, ours, event],
    ['a new program, an old event: what it lacked has its default', ours, less, event],
    ['an old program, a new event: what it does not know is left out', ours, more, { ...event, later: 'x' }],
  ])('%s', (_, reader, writer, value) => expect(read(reader, writer, value)).toEqual({ event }));

  it('in both directions in one process, one after the other', () => {
    const resolve = makeResolve([JSON.stringify(ours)]);
    for (const writer of [less, more, less, ours])
      expect(resolve(JSON.stringify(writer))(write(writer, { ...event, later: 'x' }))).toEqual({ event });
  });

  it('and brings its item back, by `raw` too', () => {
    const raw = JSON.stringify({ id: 'item-1', action: 'added', odd: true });
    const decoded = read(ours, more, { ...event, raw, later: null });
    expect('event' in decoded && toItem(decoded.event)).toEqual(JSON.parse(raw));
    const plain = read(ours, less, event);
    expect('event' in plain && toItem(plain.event)).toMatchObject({
      id: 'item-1',
      value: { id: 1, name: 'keyword 1' },
    });
  });
});

describe('what is none of ours', () => {
  const resolve = makeResolve([JSON.stringify(ours)]);
  it.each<[string, string, Buffer]>([
    ['its schema is not Avro', '{"title":"JSON Schema"}', framed(7, Buffer.from([1]))],
    ['its schema is not Avro', 'syntax = "proto3";', framed(7, Buffer.from([1]))],
    [
      'its schema is x.Y, which is no change that this version knows',
      '{"type":"record","name":"x.Y","fields":[]}',
      framed(7, Buffer.from([1])),
    ],
    ['its schema is "string", which is no change that this version knows', '"string"', framed(7, Buffer.from([1]))],
    [
      "its schema tmdb.movie.KeywordChange cannot be read as this version's",
      JSON.stringify({ ...ours, fields: [] }),
      framed(7, Buffer.from([])),
    ],
    ['it is no tmdb.movie.KeywordChange', schemaText, framed(7, Buffer.from([255, 255]))],
    ['it is no tmdb.movie.KeywordChange', schemaText, Buffer.concat([write(ours, event), Buffer.from([0])])],
  ])('%s', (reason, schema, value) => expect(resolve(schema)(value)).toEqual({ reason }));

  it('has no value, or begins with something else than the id of a schema', () => {
    expect(whyNotOurs(null)).toBe('it has no value');
    for (const value of ['', '{"version":1}', '603:5f1'])
      expect(whyNotOurs(Buffer.from(value))).toMatch(/^it does not begin/);
    expect(whyNotOurs(write(ours, event))).toBeNull();
  });

  it('for other clients too: the bytes of an event behind anything else are none', () => {
    const value = write(ours, event);
    expect(decode(value, schemaText)).toEqual(event);
    expect(decode(Buffer.concat([Buffer.from('x'), value.subarray(1)]), schemaText)).toBeNull();
  });

  it('no key of a record and no checkpoint looks like a value', () =>
    fc.assert(
      fc.property(fc.nat(), fc.string(), (movieId, id) => {
        for (const text of [`${movieId}:${id}`, JSON.stringify({ id })])
          expect(whyNotOurs(Buffer.from(text))).not.toBeNull();
      }),
    ));
});
