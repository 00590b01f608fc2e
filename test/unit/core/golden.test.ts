import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { changeKeys } from '../../../src/core/change-keys.ts';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import { map } from '../../../src/core/map.ts';
import { parse, readAnswer } from '../../../src/core/parse.ts';
import { wideWindow } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: 'tmdb.movie.', partitions: 6, schemas });
const fixtures = [
  ...readdirSync('test/fixtures/changes').map((file) => `changes/${file}`),
  'other.json',
  'rejected.json',
];
const names = (dir: string): string[] => readdirSync(dir).sort();

describe('the bytes and headers on the wire', () => {
  it.each(fixtures)('are the committed ones for %s', (file) => {
    const group = readFileSync(`test/fixtures/${file}`, 'utf8');
    const { groups } = readAnswer(`{"changes":[${group}]}`, wideWindow);
    const records = parse(groups, wideWindow).outputs.map((output) => {
      const mapped = map(558449, output, 1_705_370_000_000);
      const record = encode(mapped);
      const decoded: unknown = JSON.parse(JSON.stringify(decode(schemas[mapped.schema].type, record.value)));
      expect(decoded).toEqual(JSON.parse(JSON.stringify(mapped.value)));
      return { ...record, value: record.value.toString('hex'), decoded };
    });
    const golden = `test/golden/${file.split('/').at(-1) ?? ''}`;
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, `${JSON.stringify(records, null, 2)}\n`);
    expect(records).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
  });
});

it('every change key has a fixture, and every fixture a change key', () => {
  expect(names('test/fixtures/changes')).toEqual(
    Object.keys(changeKeys)
      .map((key) => `${key}.json`)
      .sort(),
  );
});

it('every schema belongs to a shape, the catch-all, the dead letters or the watermarks, and every shape has its schema', () => {
  const shapes = Object.values(changeKeys).map(({ schema }) => schema);
  const used = [...shapes, 'other.avsc', 'dead-letter.avsc', 'watermark.avsc'];
  expect(names('schemas')).toEqual([...new Set(used)].sort());
});

it('no two schemas share the full name of a record: code generation over all of them would stop', () => {
  const all = names('schemas').flatMap((file) =>
    [...readFileSync(`schemas/${file}`, 'utf8').matchAll(/"type": "record",\s+"name": "(\w+)"/g)].map(
      ([, name]) => name,
    ),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBe(25);
});

it('avsc types can be built again and again: it writes into the options it is given', () => {
  expect(() => [testSchemas(), testSchemas()]).not.toThrow();
});
