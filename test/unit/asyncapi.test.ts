import { readFileSync } from 'node:fs';
import avro from '@asyncapi/avro-schema-parser';
import asyncapi from '@asyncapi/parser';
import { expect, it } from '@jest/globals';
import { eventTopics } from '../../src/core/topics.ts';

const parser = new asyncapi.Parser();
parser.registerSchemaParser(avro.AvroSchemaParser());
const written = readFileSync('docs/asyncapi.yaml', 'utf8');

/** What AsyncAPI's own parser finds wrong; 3.0.0 is meant (dev/asyncapi.ts), though 3.1.0 is out. */
const parse = async (text: string) => {
  const { document, diagnostics } = await parser.parse(text);
  const problems = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version').map(({ message }) => message);
  return { document, problems };
};

it("docs/asyncapi.yaml is valid, with a channel, a receiver and Avro for each topic but the checkpoints'", async () => {
  const { document, problems } = await parse(written);
  expect(problems).toEqual([]);
  const names = [...Object.keys(eventTopics), 'dead_letters', 'watermarks'].sort();
  const receivers = document?.operations().filterByReceive() ?? [];
  const found = receivers.flatMap((operation) => operation.channels().all());
  expect(found.map((channel) => channel.id()).sort()).toEqual(names);
  expect(found.map((channel) => channel.address()).sort()).toEqual(names.map((name) => `tmdb.movie.${name}`));
  for (const message of document?.messages().all() ?? []) {
    expect(message.schemaFormat()).toBe('application/vnd.apache.avro;version=1.9.0');
    if (message.name() === 'Watermark') continue; // of no movie
    expect(message.payload()?.properties()).toHaveProperty('movie_id');
    expect(message.headers()?.required()).toContain('ce_id');
  }
});

it.each([
  ['an operation without a channel', /\$ref: "?#\/channels\/images"?\n/, '$ref: "#/channels/nothing"\n'],
  ['a partition count that is text', /partitions: 6/, 'partitions: six'],
  ['a payload that is nowhere', /\$ref: "#\/components\/schemas\/VideoChange"/, '$ref: "#/components/schemas/Nothing"'],
])('%s would be seen', async (_, right, wrong) => {
  expect(written).toMatch(right);
  expect((await parse(written.replace(right, wrong))).problems).not.toEqual([]);
});
