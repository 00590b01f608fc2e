import avsc from 'avsc';
import { bytesOf, maxBytes } from './batch.ts';
import type { Checkpoint } from './checkpoint.ts';
import { cutDown } from './cut.ts';
import type { SchemaTypes } from './events.ts';
import { noteRecord, type Mapped } from './map.ts';
import { partitionOf } from './topics.ts';

/** A record as the producer takes it. */
export interface ProducerRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  /** Null: whatever the key had is gone. */
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A record of an event or of a dead letter. */
export type EncodedRecord = ProducerRecord & { readonly value: Buffer };

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

/**
 * A fresh options object for each type: avsc writes into the one it is given. Timestamps stay plain numbers. What is read
 * has no methods, which would count as members, and the name of its record is noted once for all.
 */
export const typeOf = (schema: string): avsc.Type => {
  const type = avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema, { omitRecordMethods: true });
  const read: unknown = type instanceof avsc.types.RecordType ? type.recordConstructor : undefined;
  if (typeof read === 'function') noteRecord(read.prototype as object, type.name ?? ''); // whose instances are read
  return type;
};

/** The id of the schema that a value was written with, null where the value is not one of a registry's. */
export const schemaIdOf = (value: Buffer): number | null =>
  value.length > 5 && value[0] === 0 ? value.readInt32BE(1) : null;

/** A value by the schema that it was written with. */
export const decode = (type: avsc.Type, value: Buffer): unknown => type.fromBuffer(value.subarray(5)) as unknown;

export interface EncodeOptions {
  readonly prefix: string;
  /** How many partitions the topics of events have. */
  readonly partitions: number;
  readonly schemas: Readonly<Record<SchemaName, RegisteredSchema>>;
}

/** The registry's five-byte prefix (a zero, then the schema's id) and Avro, written into memory that is used again. */
export const makeWrite = () => {
  const scratch = Buffer.alloc(64 * 1024);
  return ({ id, type }: RegisteredSchema, value: unknown): Buffer => {
    scratch.writeInt32BE(id, 1);
    const end = type.encode(value, scratch, 5);
    return end > 0
      ? Buffer.from(scratch.subarray(0, end)) // a copy
      : Buffer.concat([scratch.subarray(0, 5), type.toBuffer(value)]);
  };
};

/** Records as bytes: the registry's prefix and Avro. One that is too large for Kafka becomes a dead letter. */
export const makeEncode = ({ prefix, partitions, schemas }: EncodeOptions) => {
  const write = makeWrite();
  const toRecord = ({ topic, movieId, recordKey, schema, value, headers }: Mapped): EncodedRecord => ({
    topic: `${prefix}${topic}`,
    partition: partitionOf(movieId, partitions),
    key: recordKey,
    value: write(schemas[schema], value),
    headers,
  });
  return (mapped: Mapped): EncodedRecord => {
    const record = toRecord(mapped);
    const bytes = bytesOf(record);
    return bytes > maxBytes ? toRecord(cutDown(mapped, bytes)) : record;
  };
};
