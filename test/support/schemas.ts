import { readdirSync, readFileSync } from 'node:fs';
import { typeOf, type RegisteredSchema, type SchemaName } from '../../src/core/encode.ts';

/** Our schemas as if a registry had numbered them from 1. */
export const testSchemas = (): Record<SchemaName, RegisteredSchema> => {
  const files = readdirSync('schemas').sort() as SchemaName[];
  const entries = files.map((file, at) => [
    file,
    { id: at + 1, type: typeOf(readFileSync(`schemas/${file}`, 'utf8')) },
  ]);
  return Object.fromEntries(entries) as Record<SchemaName, RegisteredSchema>;
};
