import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EachMessagePayload } from 'kafkajs';
import { schemaIdOf, typeOf } from '../../src/core/encode.ts';
import { eventually, runCli, type Ended, type Env } from '../support/cli.ts';
import { expectOk, itemNow, provisioned, settingsFor, startTmdb } from '../support/stage.ts';
import { makeTopics } from '../support/topics.ts';

const movie = 605;
const registry = process.env['SCHEMA_REGISTRY_URL'] ?? '';
const folders: string[] = [];
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

beforeAll(async () => {
  tmdb = await startTmdb([movie]);
  env = await provisioned(settingsFor('evolution', { TMDB_URL: tmdb.url, WATCH: String(movie) }));
}, 120_000);
afterAll(() => {
  tmdb.close();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

type Field = { name: string; type: unknown; default?: unknown };
type Fields = Field[];

/** This program with another schema of credits, in a folder of its own. */
const programWith = (change: (credit: Fields, envelope: Fields) => void): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tmdb-cdc-evolution-'));
  folders.push(folder);
  for (const name of ['src', 'schemas', 'package.json']) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'schemas/credit.avsc');
  const schema = JSON.parse(readFileSync(path, 'utf8')) as { fields: Fields };
  const before = schema.fields.find(({ name }) => name === 'before')?.type as [string, { fields: Fields }];
  change(before[1].fields, schema.fields);
  writeFileSync(path, JSON.stringify(schema));
  return folder;
};

const gender = { name: 'gender', type: ['null', 'long'], default: null };
const topic = (): string => `${env['TOPIC_PREFIX'] ?? ''}cast`;
const versionsOf = async (name: string): Promise<unknown> =>
  (await fetch(`${registry}/subjects/${name}-value/versions`)).json();
const levelOf = async (name: string): Promise<unknown> => (await fetch(`${registry}/config/${name}-value`)).json();

/** The first values of the topic, as any client reads them. */
const valuesOf = async (count: number): Promise<readonly Buffer[]> => {
  const values: Buffer[] = [];
  const consumer = makeTopics().kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic: topic(), fromBeginning: true });
  const eachMessage = async ({ message: { value } }: EachMessagePayload): Promise<void> => {
    values.push(value ?? Buffer.alloc(0));
    return Promise.resolve();
  };
  await consumer.run({ eachMessage });
  await eventually(() => expect(values).toHaveLength(count), 30_000).finally(async () => consumer.disconnect());
  return values;
};

/** The two credits in the topic, read by one schema whatever they were written by. */
const readBy = async (schema: string): Promise<unknown[]> => {
  const reader = typeOf(schema);
  const all = (await valuesOf(2)).map(async (value) => {
    const answer = await fetch(`${registry}/schemas/ids/${schemaIdOf(value) ?? ''}`);
    const writer = typeOf(((await answer.json()) as { schema: string }).schema);
    const event = reader.fromBuffer(value.subarray(5), reader.createResolver(writer)) as {
      after: object;
      raw: unknown;
    };
    return { ...event.after, raw: event.raw };
  });
  return Promise.all(all);
};

describe('a shape gains a member', () => {
  const credit = { person_id: 1, character: 'x', order: 0, cast_id: 2, credit_id: 'c' };

  it('and the registry takes it, old consumers read new events, and new consumers old ones', async () => {
    const old = readFileSync('schemas/credit.avsc', 'utf8');
    await tmdb.add(movie, 'cast', itemNow({ value: credit }));
    expectOk(await runCli(['run', '--once'], env));
    expect(await versionsOf(topic())).toHaveLength(1);

    const folder = programWith((fields) => fields.push(gender));
    const shapes = join(folder, 'src/core/shapes.ts');
    const source = readFileSync(shapes, 'utf8');
    writeFileSync(shapes, source.replace("  job: 'text',", "  job: 'text',\n  gender: 'long',"));
    const { code, stdout, stderr } = await runCli(['provision'], env, folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^registered schema credit.avsc under ${topic()}-value$`, 'm'));
    expect(await versionsOf(topic())).toHaveLength(2);
    expect(await levelOf(topic())).toEqual({ compatibilityLevel: 'FULL_TRANSITIVE' });

    await tmdb.add(movie, 'cast', itemNow({ value: { ...credit, gender: 2 } }));
    expectOk(await runCli(['run', '--once'], env, folder));
    const member = { ...credit, department: null, job: null, raw: null };
    expect(await readBy(old)).toEqual([member, member]);
    expect(await readBy(readFileSync(join(folder, 'schemas/credit.avsc'), 'utf8'))).toEqual([
      { ...member, gender: null },
      { ...member, gender: 2 },
    ]);
  }, 180_000);
});

/** One sentence, and the subject is as it was. */
const expectRefused = ({ code, stderr }: Ended): void => {
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^tmdb-cdc: SCHEMA_INCOMPATIBLE: the registry refuses the schema of \S+-value \(409, [^\n]+\n$/,
  );
};

it.each<[string, Parameters<typeof programWith>[0]]>([
  ['loses a member that has no default', (_, envelope) => envelope.splice(3, 1)],
  ['has a member of another type', (fields) => Object.assign(fields[0] ?? {}, { type: ['null', 'string'] })],
  ['gains a member without default', (_, envelope) => envelope.push({ name: 'more', type: 'string' })],
])(
  'provision refuses a schema that %s',
  async (_, change) => {
    const before = await versionsOf(topic());
    expectRefused(await runCli(['provision'], env, programWith(change)));
    expect(await versionsOf(topic())).toEqual(before);
  },
  120_000,
);
