import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { makeDecodeWatermark, makeEncodeWatermark, setBack } from '../../../src/core/watermark.ts';
import { testSchemas } from '../../support/schemas.ts';

const schema = readFileSync('schemas/watermark.avsc', 'utf8');
const encode = makeEncodeWatermark('tmdb.movie.', testSchemas()['watermark.avsc']);
const decode = makeDecodeWatermark(schema);
const at = Date.parse('2024-01-16T02:00:00Z');
const nothing = {
  ...{ observed_through: null, complete_through: null, since: null, spare_requests_per_second: null, watch: null },
  at,
};
const days = { complete_through: Date.parse('2024-01-14'), since: Date.parse('2023-12-01') };
const some = { ...nothing, ...days, observed_through: at - 95_000, spare_requests_per_second: 14.5, watch: 'all' };

it('the bytes on the wire are the committed ones', () => {
  const records = [some, nothing].map((watermark) => {
    const { value, ...record } = encode(watermark);
    const bytes = Buffer.from(value ?? []);
    return { ...record, value: bytes.toString('hex'), decoded: { ...decode(bytes, schema) } };
  });
  const golden = 'test/golden/watermarks.json';
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, `${JSON.stringify(records, null, 2)}\n`);
  expect(records).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});

it('what is none of ours is no watermark', () => {
  expect(decode(Buffer.from('0000000010ff', 'hex'), schema)).toBeNull();
  expect(decode(encode(some).value ?? Buffer.alloc(0), readFileSync('schemas/video.avsc', 'utf8'))).toBeNull();
});

it('is older where checkpoints go back, and nothing is said where they do not', () => {
  const day = Date.parse('2024-01-10');
  expect(setBack(some, '2024-01-10', at + 1)).toEqual({
    ...some,
    observed_through: day,
    complete_through: day,
    at: at + 1,
  });
  expect(setBack(some, '2024-01-15', at + 1)).toEqual({
    ...some,
    observed_through: Date.parse('2024-01-15'),
    at: at + 1,
  });
  expect(setBack(some, '2024-01-17', at + 1)).toBeNull();
  expect(setBack(null, '2024-01-10', at)).toBeNull();
});
