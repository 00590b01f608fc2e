import { makeResolve, whyNotOurs, type Decoded } from './core/decode.ts';
import { schemaIdOf } from './core/encode.ts';
import { ServiceError } from './core/errors.ts';
import type { ConsumedRecord } from './core/reading.ts';
import { eventTopics, subjectOf } from './core/topics.ts';
import type { Wanted } from './core/wanted.ts';
import { readSchema } from './io/read-schema.ts';
import { patienceMs, rest } from './io/rest.ts';
import type { Registry } from './io/schemas.ts';

export interface DecodeOptions {
  readonly wanted: Pick<Wanted, 'log'>;
  readonly stop: AbortSignal;
}

export const warnOf =
  ({ log }: Pick<Wanted, 'log'>) =>
  (_: object, message: string): void =>
    log?.({ level: 'warn', message });

type Reader = (value: Buffer) => Decoded;

/** The reader of a schema. A registry that is away is waited for: a minute before its first answer, then for ever. */
const makeReaderOf = (registry: Registry, { wanted, stop }: DecodeOptions) => {
  const resolve = makeResolve([...new Set(Object.values(eventTopics))].map(readSchema));
  const warn = warnOf(wanted);
  let [waited, hasAnswered] = [0, false];
  const ask = async ({ topic, partition, offset }: ConsumedRecord, id: number): Promise<Reader> => {
    const schema = await registry.schemaOf(subjectOf(topic), id);
    hasAnswered = true;
    const sentence = `${topic} partition ${partition} offset ${offset}: the registry does not know its schema, id ${id}`;
    if (schema === null) throw new ServiceError('SCHEMA_MISSING', sentence);
    return resolve(schema);
  };
  return async (record: ConsumedRecord, id: number): Promise<Reader> => {
    for (;;) {
      try {
        return await ask(record, id);
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
        if (!hasAnswered && waited > patienceMs) throw error;
        if (waited % patienceMs === 0) warn({}, error.message);
      }
      await rest(1000, stop);
      waited += 1000;
    }
  };
};

/** What a record is; a schema is asked for once. */
export const makeDecode = (registry: Registry, options: DecodeOptions) => {
  const readerOf = makeReaderOf(registry, options);
  const readers = new Map<number, Reader>();
  return (record: ConsumedRecord): Decoded | Promise<Decoded> => {
    const { value } = record;
    const id = value === null ? null : schemaIdOf(value);
    if (value === null || id === null) return { reason: whyNotOurs(value) ?? '' };
    const known = readers.get(id);
    if (known !== undefined) return known(value);
    return readerOf(record, id).then((reader) => {
      readers.set(id, reader);
      return reader(value);
    });
  };
};
