import type avsc from 'avsc';
import { schemaIdOf, typeOf } from './encode.ts';
import type { ChangeEvent } from './map.ts';

/** What a value is: an event, or why it is none of ours. */
export type Decoded<T = ChangeEvent> = { readonly event: T } | { readonly reason: string };

const reason = (text: string) => () => ({ reason: text });

const tryTo = <T>(work: () => T): T | null => {
  try {
    return work();
  } catch {
    return null;
  }
};

/**
 * Reads values by the schema that they were written with, as this version's schema of the same record has it: members
 * that it lacks are left out, those that the writer lacked have their defaults. `schemas` are this version's, JSON texts.
 */
export const makeResolve = <T = ChangeEvent>(schemas: readonly string[]) => {
  const readers = new Map(schemas.map((text) => typeOf(text)).map((type) => [type.name, type]));
  const resolverOf = (writer: avsc.Type, reader: avsc.Type) =>
    // A resolver of a type to itself reads three times slower.
    writer.fingerprint().equals(reader.fingerprint()) ? undefined : reader.createResolver(writer);
  return (schema: string): ((value: Buffer) => Decoded<T>) => {
    const writer = tryTo(() => typeOf(schema));
    if (writer === null) return reason('its schema is not Avro');
    const [name, reader] = [writer.name ?? schema, readers.get(writer.name)];
    if (reader === undefined) return reason(`its schema is ${name}, which is no change that this version knows`);
    const made = tryTo(() => ({ resolver: resolverOf(writer, reader) }));
    if (made === null) return reason(`its schema ${name} cannot be read as this version's`);
    return (value) => {
      const event = tryTo(() => reader.fromBuffer(value.subarray(5), made.resolver) as T);
      return event === null ? { reason: `it is no ${name}` } : { event };
    };
  };
};

/** Why a value is none of ours, whatever the registry says; null where its schema has to be asked for. */
export const whyNotOurs = (value: Buffer | null): string | null => {
  if (value === null) return 'it has no value';
  return schemaIdOf(value) === null ? "it does not begin with a schema's id" : null;
};
