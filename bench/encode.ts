// Events per second of CPU from a parsed item to the bytes of a record, against avsc and JSON.stringify on the same.
//   node bench/encode.ts
import { readdirSync, readFileSync } from 'node:fs';
import { editOf, makeEncode, makeRandom, map, parse, readAnswer, typeOf, type Output } from './build.ts';
import type { RegisteredSchema, SchemaName } from './build.ts';
import { cpuOf, measure, median, print, whole, type Measured } from './measure.ts';

const rounds = 9;
const count = 50_000;
const folder = new URL('../schemas', import.meta.url);

const schemas = Object.fromEntries(
  readdirSync(folder).map((file, at): [string, RegisteredSchema] => [
    file,
    { id: at + 1, type: typeOf(readFileSync(new URL(file, folder), 'utf8')) },
  ]),
) as Record<SchemaName, RegisteredSchema>; // every schema is a file of that folder

const itemsOf = (): readonly Output[] => {
  const random = makeRandom(1);
  const now = Date.now();
  const entries = Array.from({ length: count }, () => editOf(1, now - random() * 3_600_000, random));
  const groups = [...Map.groupBy(entries, ({ key }) => key)];
  const changes = groups.map(([key, all]) => ({ key, items: all.map(({ item }) => item) }));
  const window = {
    bound: 'from',
    ask: { start: '1970-01-02', end: '9999-12-30' },
    take: { start: '1970-01-02', end: null },
  } as const;
  return parse(readAnswer(JSON.stringify({ changes }), window).groups, window).outputs;
};

const items = itemsOf();
const mapped = items.map((item) => map(1, item, 0));
const encode = makeEncode({ prefix: 'bench.', partitions: 6, schemas });
let bytes = 0;

const sides = {
  'map and encode': () => items.forEach((item) => (bytes += encode(map(1, item, 0)).value.length)),
  'encode alone': () => mapped.forEach((each) => (bytes += encode(each).value.length)),
  'avsc toBuffer alone': () =>
    mapped.forEach(({ schema, value }) => (bytes += schemas[schema].type.toBuffer(value).length)),
  'JSON.stringify alone': () => mapped.forEach(({ value }) => (bytes += JSON.stringify(value).length)),
} as const;

const results = new Map<string, Measured[]>();
for (let round = -2; round < rounds; round += 1) {
  for (const [name, work] of Object.entries(sides)) {
    const measured = await measure(() => {
      work();
      return items.length;
    });
    if (round >= 0) results.set(name, [...(results.get(name) ?? []), measured]); // the first two are for the compilers
  }
}

const baseline = results.get('avsc toBuffer alone') ?? [];
print('encode', `${rounds} rounds of ${whole(count)} events, medians; ${whole(bytes)} bytes in all`);
for (const [name, all] of results) {
  const rate = 100_000 / median(all.map(cpuOf));
  const ratio = median(all.map((one, at) => cpuOf(baseline[at] ?? one) / cpuOf(one)));
  const goal = name === 'map and encode' ? ` (goal ≥ 200,000: ${rate >= 200_000 ? 'met' : 'NOT met'})` : '';
  print(`  ${name}`, `${whole(rate)} events/s${goal}, ${ratio.toFixed(2)} × avsc`);
}
