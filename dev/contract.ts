// What docs/asyncapi.yaml and docs/topics.md are generated from: the table of topics, schemas/*.avsc and the golden events.
import { readFileSync } from 'node:fs';
import { declaredTopics, type TopicSpec } from '../src/core/topics.ts';

/** A schema as it stands in its file. */
export type Avro =
  | string
  | readonly Avro[]
  | AvroRecord
  | { readonly type: 'array'; readonly items: Avro }
  | { readonly type: string; readonly logicalType?: string };
export interface AvroField {
  readonly name: string;
  readonly type: Avro;
  readonly doc?: string;
}
export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly doc?: string;
  readonly fields: readonly AvroField[];
}

/** A record as the tests hold it to the byte. */
export interface Golden {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly decoded: Readonly<Record<string, unknown>>;
}

/** A topic of events or of dead letters, as its readers see it. */
export interface Contract {
  /** Without the prefix. */
  readonly name: string;
  readonly spec: TopicSpec;
  readonly schema: AvroRecord;
  readonly examples: readonly Golden[];
}

export const prefix = 'tmdb.movie.';
export const specs = declaredTopics(prefix, 6);

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

/** Every topic whose values are Avro. */
export const contracts: readonly Contract[] = specs.flatMap((spec) => {
  if (spec.schema === null) return [];
  const name = spec.topic.slice(prefix.length);
  return {
    name,
    spec,
    schema: readJson(`schemas/${spec.schema}`) as AvroRecord, // held by avsc in the tests
    examples: readJson(`test/golden/${name === 'dead_letters' ? 'rejected' : name}.json`) as Golden[],
  };
});
