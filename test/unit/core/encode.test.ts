import { describe, expect, it } from '@jest/globals';
import { AvroDeserializer, AvroSerializer, SerdeType, SchemaRegistryClient } from '@confluentinc/schemaregistry';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import { decode, makeEncode, schemaIdOf, type SchemaName } from '../../../src/core/encode.ts';
import type { DeadLetter } from '../../../src/core/events.ts';
import { canonicalJson } from '../../../src/core/json.ts';
import { map } from '../../../src/core/map.ts';
import { partitionOf, subjectOf } from '../../../src/core/topics.ts';
import { outputsOf } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const fixture = (file: string) => JSON.parse(readFileSync(`test/fixtures/${file}`, 'utf8')) as never;

describe("the registry's own client", () => {
  const client = SchemaRegistryClient.newClient({ baseURLs: ['mock://encode'], cacheCapacity: 100 });

  it.each(['changes/images.json', 'changes/videos.json', 'changes/plot_keywords.json', 'other.json', 'rejected.json'])(
    'writes the same bytes and reads ours: %s',
    async (file) => {
      for (const output of outputsOf([fixture(file)])) {
        const mapped = map(558449, output, 1_700_000_000_000);
        const topic = `tmdb.movie.${mapped.topic}`;
        const schema = readFileSync(`schemas/${mapped.schema}`, 'utf8');
        const id = await client.register(subjectOf(topic), { schemaType: 'AVRO', schema }, false);
        const schemas = testSchemas();
        const ours = makeEncode({
          prefix: 'tmdb.movie.',
          partitions: 6,
          schemas: { ...schemas, [mapped.schema]: { ...schemas[mapped.schema], id } },
        })(mapped);
        // TOPIC is TopicNameStrategy; guessed schemas are what the option beside it prevents.
        const options = {
          useLatestVersion: true,
          autoRegisterSchemas: false,
          subjectNameStrategyType: 'TOPIC' as never,
        };
        const theirs = await new AvroSerializer(client, SerdeType.VALUE, options).serialize(
          topic,
          mapped.value,
          undefined,
        );
        expect(theirs).toEqual(ours.value);
        const read = (await new AvroDeserializer(client, SerdeType.VALUE, options).deserialize(
          topic,
          ours.value,
        )) as unknown;
        expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(JSON.stringify(mapped.value)));
      }
    },
  );
});

it('an event that is read has its members and nothing else, nested ones too', () => {
  const [output] = outputsOf([fixture('changes/images.json')]).slice(1);
  const schemas = testSchemas();
  const mapped = map(1, output as never, 0);
  const record = makeEncode({ prefix: '', partitions: 6, schemas })(mapped);
  const event = decode(schemas[mapped.schema].type, record.value) as { after: object };
  const membersOf = (value: object): string[] => {
    const names: string[] = [];
    for (const name in value) names.push(name); // inherited ones too
    return names;
  };
  expect(event).toEqual(mapped.value);
  expect(membersOf(event)).toEqual(Object.keys(mapped.value));
  expect(membersOf(event.after)).toEqual(['kind', 'file_path', 'iso_639_1', 'iso_3166_1']);
});

it("the partition is where Kafka's default partitioner puts the movie id as a key", () => {
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: 6 }, (_, partitionId) => ({ partitionId, leader: 1 })) as never;
  for (let id = 1; id < 3_000_000_000; id = id * 3 + 1) {
    expect(partitionOf(id, 6)).toBe(
      choose({ topic: 't', partitionMetadata, message: { key: String(id), value: null } }),
    );
  }
});

it('a key never begins with the byte that begins a value', () => {
  const [output] = outputsOf([fixture('changes/videos.json')]);
  const record = makeEncode({ prefix: '', partitions: 6, schemas: testSchemas() })(map(1, output as never, 0));
  expect(record.key).toBe('1:65a5e1d5aa000000000000c2');
  expect(schemaIdOf(record.value)).toBe(testSchemas()['video.avsc' satisfies SchemaName].id);
  expect(schemaIdOf(Buffer.from('{"version":1}'))).toBeNull();
});

describe('an item that is too large for a record', () => {
  const encode = makeEncode({ prefix: 'p.', partitions: 6, schemas: testSchemas() });
  const second = Date.parse('2026-08-18T10:00:00Z');
  const id = `${(second / 1000).toString(16)}aa00000000000001`;
  const item = { id, action: 'added', time: '2026-08-18 10:00:00 UTC', value: 'x' };
  const recordOf = (key: string, members: object) => {
    const [output] = outputsOf([{ key, items: [{ ...item, ...members }] }]);
    if (output === undefined) throw new Error('nothing was parsed');
    return encode(map(7, output, second));
  };
  const letterOf = ({ value }: { value: Buffer }): DeadLetter =>
    decode(testSchemas()['dead-letter.avsc'].type, value) as DeadLetter;
  const large = 'Amélie '.repeat(200_000);

  it.each([
    ['a text', 'overview', { value: large }],
    ['a member that we do not know', 'images', { value: { poster: { file_path: '/a', much: large } } }],
    ['an action', 'title', { action: large }],
    ['a change key', large, {}],
    ['a rejected one', 'title', { action: null, value: large }],
    ['an id', 'title', { id: large }],
    ['half an emoji at the cut', 'title', { value: '\u{1f600}'.repeat(400_000) }],
  ])('is a dead letter, cut, with the hash of the whole: %s', (_, key, members) => {
    const record = recordOf(key, members);
    const letter = letterOf(record);
    const piece = canonicalJson({ key, items: [{ ...item, ...members }] });
    expect(record.topic).toBe('p.dead_letters');
    expect(record.value.length).toBeLessThan(512 * 1024);
    expect(piece.startsWith(letter.raw) && letter.raw.isWellFormed()).toBe(true);
    expect(letter.reason).toContain(createHash('sha256').update(piece).digest('hex'));
    expect(record.key).toBe(`7:${letter.stamp}`);
    expect(JSON.stringify(record.headers).length).toBeLessThan(500);
  });

  it('has the stamp that the item had, so that its checkpoint knows it', () => {
    expect(letterOf(recordOf('overview', { value: large })).stamp).toBe(id);
  });

  it('is none below the limit', () => {
    expect(recordOf('overview', { value: 'x'.repeat(500_000) }).topic).toBe('p.overview');
    expect(recordOf('overview', { value: 'x'.repeat(524_288) }).topic).toBe('p.dead_letters');
  });
});
