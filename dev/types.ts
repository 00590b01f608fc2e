// Prints src/core/events.ts: the TypeScript types of schemas/*.avsc. Run by `make docs`.
import { readdirSync, readFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

interface Field {
  readonly name: string;
  readonly type: Avro;
  readonly doc?: string;
}
type Avro =
  | string
  | readonly Avro[]
  | {
      readonly type: string;
      readonly name?: string;
      readonly doc?: string;
      readonly fields?: readonly Field[];
      readonly items?: Avro;
    };

const primitives: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  double: 'number',
  long: 'number',
  null: 'null',
  string: 'string',
};
const records = new Map<string, string>();

const typeOf = (avro: Avro): string => {
  if (typeof avro === 'string') return primitives[avro] ?? avro;
  if (Array.isArray(avro)) return (avro as readonly Avro[]).map(typeOf).toReversed().join(' | ');
  const record = avro as Exclude<Avro, string | readonly Avro[]>; // what is left of the union
  if (record.items !== undefined) return `readonly ${typeOf(record.items)}[]`; // of names: no union stands in an array
  if (record.fields === undefined || record.name === undefined) return typeOf(record.type);
  const members = record.fields.map(({ name, type, doc }) => `/** ${doc ?? ''} */\nreadonly ${name}: ${typeOf(type)};`);
  records.set(record.name, `/** ${record.doc ?? ''} */\nexport interface ${record.name} {\n${members.join('\n')}\n}\n`);
  return record.name;
};

const files = readdirSync('schemas').sort();
const names = files.map((file) => [file, typeOf(JSON.parse(readFileSync(`schemas/${file}`, 'utf8')) as Avro)] as const);
const table = `/** The type of the values of each schema. */\nexport interface SchemaTypes {\n${names.map(([file, name]) => `'${file}': ${name};`).join('\n')}\n}\n`;
const source = ['// Generated from schemas/*.avsc by `make docs`: do not edit.', ...records.values(), table].join(
  '\n\n',
);
process.stdout.write(await format(source, { ...(await resolveConfig('src/core/events.ts')), parser: 'typescript' }));
