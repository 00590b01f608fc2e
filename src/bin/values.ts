import { patiently, type Clients, type World } from '../clients.ts';
import { decode, schemaIdOf, typeOf } from '../core/encode.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { subjectOf } from '../core/topics.ts';

type AvroType = ReturnType<typeof typeOf>;

/** A value of ours, none for a tombstone, or why it is none of ours. */
export type Value = { readonly value: unknown } | { readonly problem: string };

const tryDecode = (type: AvroType, id: number, bytes: Buffer): Value => {
  try {
    return { value: decode(type, bytes) };
  } catch {
    return { problem: `it is not what schema ${id} says` };
  }
};

type Read = (bytes: Buffer) => Value;

const readerOf = (id: number, schema: string | null): Read => {
  if (schema === null) return () => ({ problem: `the registry has no schema ${id}` });
  try {
    const type = typeOf(schema);
    return (bytes) => tryDecode(type, id, bytes);
  } catch {
    return () => ({ problem: `schema ${id} is not Avro` });
  }
};

/** Values as their writer's schemas read them; each schema is asked for once, and a registry that is away is waited for. */
export const makeReadValue = ({ registry }: Pick<Clients, 'registry'>, world: World, signal: AbortSignal) => {
  const readers = new Map<number, Read>();
  const ask = async (topic: string, id: number): Promise<Read> => {
    const schema = await patiently(async () => registry.schemaOf(subjectOf(topic), id), world, signal);
    const reader = readerOf(id, schema);
    readers.set(id, reader);
    return reader;
  };
  return async ({ topic, value }: ConsumedRecord): Promise<Value> => {
    if (value === null) return { value };
    const id = schemaIdOf(value);
    if (id === null) return { problem: 'no schema id is in front of it' };
    return (readers.get(id) ?? (await ask(topic, id)))(value);
  };
};
