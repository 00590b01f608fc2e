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

/**
 * The reader of a schema; null once the partition is lost. A registry that is away is waited for: a minute before its first
 * answer, then for ever.
 */
const makeReaderOf = (registry: Pick<Registry, 'schemaOf'>, { wanted, stop }: DecodeOptions) => {
  const resolve = makeResolve([...new Set(Object.values(eventTopics))].map(readSchema));
  const warn = warnOf(wanted);
  let hasAnswered = false;
  const ask = async ({ topic, partition, offset }: ConsumedRecord, id: number): Promise<Reader> => {
    const schema = await registry.schemaOf(subjectOf(topic), id);
    hasAnswered = true;
    const sentence = `${topic} partition ${partition} offset ${offset}: the registry does not know its schema, id ${id}`;
    if (schema === null) throw new ServiceError('SCHEMA_MISSING', sentence);
    return resolve(schema);
  };
  return async (record: ConsumedRecord, id: number, lost: AbortSignal): Promise<Reader | null> => {
    const startedAt = performance.now();
    for (let sayAt = 0; !lost.aborted;) {
      try {
        return await ask(record, id);
      } catch (error) {
        if (!(error instanceof ServiceError) || error.code !== 'REGISTRY_UNREACHABLE') throw error;
        const waited = performance.now() - startedAt;
        if (!hasAnswered && waited > patienceMs) throw error;
        if (waited >= sayAt) {
          warn({}, error.message);
          sayAt = waited + patienceMs;
        }
      }
      await rest(1000, AbortSignal.any([stop, lost])).catch(() => stop.throwIfAborted());
    }
    return null;
  };
};

/** What a record is, null once its partition is lost; a schema is asked for once. */
export const makeDecode = (registry: Pick<Registry, 'schemaOf'>, options: DecodeOptions) => {
  const readerOf = makeReaderOf(registry, options);
  const readers = new Map<number, Reader>();
  return (record: ConsumedRecord, lost: AbortSignal): Decoded | Promise<Decoded | null> => {
    const { value } = record;
    const id = value === null ? null : schemaIdOf(value);
    if (value === null || id === null) return { reason: whyNotOurs(value) ?? '' };
    const known = readers.get(id);
    if (known !== undefined) return known(value);
    return readerOf(record, id, lost).then((reader) => {
      if (reader === null) return null;
      readers.set(id, reader);
      return reader(value);
    });
  };
};
