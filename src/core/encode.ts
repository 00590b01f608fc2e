import avsc from 'avsc';
import { z } from 'zod';
import { bytesOf, maxBytes } from './batch.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ServiceError } from './errors.ts';
import type { SchemaTypes } from './events.ts';
import { cutDown, type Mapped } from './map.ts';
import { isDay } from './time.ts';
import { checkpointsTopic, partitionOf } from './topics.ts';

/** A record as the producer takes it. */
export interface ProducerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The records of one movie and the checkpoint that goes with them, in one transaction. */
export interface Unit {
  readonly movieId: number;
  readonly records: readonly ProducerRecord[];
  readonly checkpoint: Checkpoint;
}

export type SchemaName = keyof SchemaTypes;

/** A schema of ours: its JSON text, its one long-lived type, and its id in the registry. */
export interface RegisteredSchema {
  readonly type: avsc.Type;
  readonly id: number;
}

/** A fresh options object for each type: avsc writes into the one it is given. Timestamps stay plain numbers. */
export const typeOf = (schema: string): avsc.Type => avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, {});

/** The registry's five-byte prefix: a zero, then the schema's id. */
const prefixOf = (id: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes.writeInt32BE(id, 1);
  return bytes;
};

/** The id of the schema that a value was written with, null where the value is not one of a registry's. */
export const schemaIdOf = (value: Buffer): number | null =>
  value.length > 5 && value[0] === 0 ? value.readInt32BE(1) : null;

/** A value by the schema that it was written with, as plain objects: avsc's own have methods that count as members. */
export const decode = (type: avsc.Type, value: Buffer): unknown =>
  structuredClone(type.fromBuffer(value.subarray(5)) as unknown);

export interface EncodeOptions {
  readonly prefix: string;
  /** How many partitions the topics of events have. */
  readonly partitions: number;
  readonly schemas: Readonly<Record<SchemaName, RegisteredSchema>>;
}

/** Records as bytes: the registry's prefix and Avro. One that is too large for Kafka becomes a dead letter. */
export const makeEncode = ({ prefix, partitions, schemas }: EncodeOptions) => {
  const toRecord = ({ topic, movieId, recordKey, schema, value, headers }: Mapped): ProducerRecord => ({
    topic: `${prefix}${topic}`,
    partition: partitionOf(movieId, partitions),
    key: recordKey,
    value: Buffer.concat([prefixOf(schemas[schema].id), schemas[schema].type.toBuffer(value)]),
    headers,
  });
  return (mapped: Mapped): ProducerRecord => {
    const record = toRecord(mapped);
    const bytes = bytesOf(record);
    return bytes > maxBytes ? toRecord(cutDown(mapped, bytes)) : record;
  };
};

const version = 1;
const day = z.string().refine(isDay);
const form = z.strictObject({ version: z.literal(version), since: day, from: day, seen: z.array(z.string()) });

/** A checkpoint as a record; `session` tells who wrote it. */
export const encodeCheckpoint =
  (prefix: string, session: string) =>
  (movieId: number, checkpoint: Checkpoint): ProducerRecord => ({
    topic: checkpointsTopic(prefix),
    partition: 0,
    key: String(movieId),
    value: Buffer.from(JSON.stringify({ version, ...checkpoint })),
    headers: { session },
  });

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

const isNewer = (value: unknown): boolean =>
  z.looseObject({ version: z.number().gt(version) }).safeParse(value).success;

/**
 * The movie and its checkpoint out of a record. Throws CHECKPOINT_TOO_NEW for what a newer version has written and
 * CHECKPOINT_UNREADABLE for what is none of ours.
 */
export const decodeCheckpoint = (key: string, text: string): readonly [number, Checkpoint] => {
  const value = tryJson(text);
  if (isNewer(value)) {
    throw new ServiceError('CHECKPOINT_TOO_NEW', `the checkpoint of ${key} is of a newer version: upgrade tmdb-cdc`);
  }
  const checkpoint = form.safeParse(value);
  const movieId = Number(key);
  if (!checkpoint.success || !Number.isSafeInteger(movieId) || checkpoint.data.since > checkpoint.data.from) {
    throw new ServiceError(
      'CHECKPOINT_UNREADABLE',
      `the checkpoint ${JSON.stringify(key)} is none that tmdb-cdc wrote`,
    );
  }
  const { since, from, seen } = checkpoint.data;
  return [movieId, { since, from, seen }];
};
