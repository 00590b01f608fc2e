import { describe, expect, it } from '@jest/globals';
import { AvroDeserializer, AvroSerializer, SerdeType, SchemaRegistryClient } from '@confluentinc/schemaregistry';
import { readFileSync } from 'node:fs';
import kafkajs from 'kafkajs';
import {
  decodeCheckpoint,
  encodeCheckpoint,
  makeEncode,
  schemaIdOf,
  type SchemaName,
} from '../../../src/core/encode.ts';
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

describe('a checkpoint', () => {
  const checkpoint = { since: '2026-08-01', from: '2026-08-16', seen: ['a', '1-b'] };
  const written = encodeCheckpoint('tmdb.movie.', 's1')(550, checkpoint);

  it('is JSON under the movie id, and says which session wrote it', () => {
    expect(written).toMatchObject({
      topic: 'tmdb.movie.checkpoints',
      partition: 0,
      key: '550',
      headers: { session: 's1' },
    });
    expect(JSON.parse(written.value.toString())).toEqual({ version: 1, ...checkpoint });
    expect(decodeCheckpoint('550', written.value.toString())).toEqual([550, checkpoint]);
  });

  it.each([
    ['a newer version', '550', '{"version":2,"anything":[]}', 'CHECKPOINT_TOO_NEW'],
    ['a newer kind', 'frontier', '{"version":2}', 'CHECKPOINT_TOO_NEW'],
    ['no JSON', '550', 'x', 'CHECKPOINT_UNREADABLE'],
    ['another key', 'x', written.value.toString(), 'CHECKPOINT_UNREADABLE'],
    [
      'a day that does not exist',
      '550',
      '{"version":1,"since":"2026-02-30","from":"2026-03-01","seen":[]}',
      'CHECKPOINT_UNREADABLE',
    ],
    [
      'bounds the wrong way round',
      '550',
      '{"version":1,"since":"2026-03-02","from":"2026-03-01","seen":[]}',
      'CHECKPOINT_UNREADABLE',
    ],
  ])('of %s stops the program', (...[, key, value, code]) => {
    expect(() => decodeCheckpoint(key, value)).toThrow(expect.objectContaining({ code }));
  });
});
