// docs/topics.md: each topic with what it carries. Written by `make docs`.
import {
  contracts,
  specs,
  type Avro,
  type AvroField,
  type AvroRecord,
  type Contract,
  type Golden,
} from './contract.ts';
import { generated, table } from './markdown.ts';

const isUnion = (avro: Avro): avro is readonly Avro[] => Array.isArray(avro);

/** A type in words; that it may be null is said once for all. */
const typeText = (avro: Avro): string => {
  if (typeof avro === 'string') return avro;
  if (isUnion(avro))
    return avro
      .filter((each) => each !== 'null')
      .map(typeText)
      .join(' or ');
  if ('name' in avro) return avro.name;
  if ('items' in avro) return `array of ${typeText(avro.items)}`;
  return avro.logicalType ?? typeText(avro.type);
};

const fieldRows = (fields: readonly AvroField[]) =>
  fields.map(({ name, type, doc }) => [`\`${name}\``, typeText(type), doc ?? '']);

const isRecord = (avro: Avro): avro is AvroRecord => typeof avro === 'object' && 'fields' in avro;

/** The records that a record defines within itself. */
const nested = ({ fields }: AvroRecord): readonly AvroRecord[] =>
  fields.flatMap(({ type }) => (isUnion(type) ? type : [type])).filter(isRecord);

const sides = ['before', 'after'];
const envelopeOf = ({ fields }: AvroRecord): readonly AvroField[] => fields.filter(({ name }) => !sides.includes(name));

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return '–';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
};

/** What a side was seen to hold; a member that is not always there has a question mark. */
const sideText = (values: readonly unknown[]): string => {
  const objects = values.filter(isObject).map((value) => Object.entries(value).filter(([, member]) => member !== null));
  const counts = Map.groupBy(objects.flat(), ([name]) => name);
  const members = [...counts].map(([name, all]) => `\`${name}\`${all.length < objects.length ? '?' : ''}`);
  const others = values.filter((value) => !isObject(value)).map(kindOf);
  return [...(objects.length > 0 ? [members.join(', ')] : []), ...new Set(others)].join('<br>or ');
};

/** Which of before and after an action has, and which of their members; what only `raw` could hold shows neither. */
const actionRows = (examples: readonly Golden[]) => {
  const typed = examples.filter(({ decoded }) => decoded['raw'] === null);
  return [...Map.groupBy(typed, ({ decoded }) => String(decoded['action']))].map(([action, all]) => [
    `\`${action}\``,
    ...sides.map((side) => sideText(all.map(({ decoded }) => decoded[side]))),
  ]);
};

/** As `tail --format json` prints its value, on a few lines. */
const exampleOf = (examples: readonly Golden[]): string => {
  const isWhole = ({ decoded }: Golden) => sides.every((side) => (decoded[side] ?? null) !== null);
  const { decoded } = examples.find(isWhole) ?? examples[0] ?? { decoded: {} };
  const members = Object.entries(decoded).map(([name, value]) => {
    const member = `"${name}": ${JSON.stringify(value)}`;
    return sides.includes(name) || name === 'observed_at' || name === 'reason' ? `\n  ${member}` : member;
  });
  return `\`\`\`json\n{ ${members.join(', ').replaceAll(', \n', ',\n')} }\n\`\`\`\n`;
};

const isEvent = ({ fields }: AvroRecord): boolean => fields.some(({ name }) => sides.includes(name));

const membersOf = (title: string, fields: readonly AvroField[]): string =>
  `${title}\n\n${table(['member', 'type', 'meaning'], fieldRows(fields))}`;

const recordPart = ({ schema, spec }: Contract): string => {
  const own = isEvent(schema) ? schema.fields.filter(({ name }) => sides.includes(name)) : schema.fields;
  const inner = nested(schema).map(({ name, doc, fields }) => membersOf(`\`${name}\`: ${doc ?? ''}`, fields));
  const file = `[${spec.schema ?? ''}](../schemas/${spec.schema ?? ''})`;
  return [`## ${schema.name}\n`, membersOf(`${schema.doc ?? ''} ${file}`, own), ...inner].join('\n');
};

const topicPart = ({ name, spec, schema, examples }: Contract): string => {
  const actions = isEvent(schema) ? `${table(['action', ...sides], actionRows(examples))}\n` : '';
  return `### \`${name}\`\n\n\`${spec.topic}\`\n\n${actions}${exampleOf(examples)}`;
};

const records = [...Map.groupBy(contracts, ({ schema }) => schema.name).values()];
const parts = records.flatMap((all) => [...all.slice(0, 1).map(recordPart), ...all.map(topicPart)]);

const envelope = contracts
  .filter(({ schema }) => isEvent(schema))
  .slice(0, 1)
  .map(({ schema }) => envelopeOf(schema))
  .flat();

const isCommon = ([name, value]: readonly [string, string]): boolean =>
  specs.every(({ configs }) => configs[name] === value);

const texts = (configs: readonly (readonly [string, string])[]) => configs.map((config) => config.join('='));

const common = texts(specs.slice(0, 1).flatMap(({ configs }) => Object.entries(configs).filter(isCommon)));

const topicRows = specs.map(({ topic, partitions, configs }) => {
  const schema = contracts.find(({ spec }) => spec.topic === topic)?.schema;
  const link = schema === undefined ? "JSON, the service's own" : `[${schema.name}](#${schema.name.toLowerCase()})`;
  const own = Object.entries(configs).filter((config) => !isCommon(config));
  return [`\`${topic}\``, link, String(partitions), texts(own).join('<br>')];
});

/** The page. */
export const topicsPage = `${generated('src/core/topics.ts, schemas/ and test/golden/')}# Topics

As \`provision\` makes them with the default prefix and 6 partitions. Keys are text: \`<movie id>:<item id>\`, of the
watermarks \`0\`. Values are Avro behind the registry's five bytes. Headers are CloudEvents 1.0 in binary mode:
\`ce_specversion\`, \`ce_id\`, \`ce_source\`, \`ce_type\`; watermarks have none. Every topic has
${common.map((config) => `\`${config}\``).join(' and ')}. How to read them: [consumers.md](consumers.md); the same
for tools: [asyncapi.yaml](asyncapi.yaml).

${table(['topic', 'record', 'partitions', 'configs'], topicRows)}
${membersOf('Every event has these members; whatever may be absent is null then.', envelope)}
What follows names for each topic which of \`before\` and \`after\` an action has and which of their members are there (\`?\`:
not always), as TMDB was seen to send it, and shows one event.

${parts.join('\n')}`;
