import type { Leaders } from './batch.ts';
import { changeKeys } from './change-keys.ts';
import type { SchemaTypes } from './events.ts';

/** A topic as `provision` makes it. */
export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
  /** The schema of its values; none for the checkpoints, which are JSON. */
  readonly schema: keyof SchemaTypes | null;
}

// The timestamp type must be CreateTime: an answer that carries a log append time tells that the broker had the batch
// already (a false acknowledgement). `producer` keeps a cluster's default from recompressing with what kafkajs cannot read.
const common = { 'message.timestamp.type': 'CreateTime', 'compression.type': 'producer' };
const kept = { ...common, 'cleanup.policy': 'delete', 'retention.ms': '-1' };
const compacted = { ...common, 'cleanup.policy': 'compact' };
const loadsFast = {
  'segment.bytes': '67108864',
  'min.cleanable.dirty.ratio': '0.1',
  'max.compaction.lag.ms': '86400000',
};

export const checkpointsTopic = (prefix: string): string => `${prefix}checkpoints`;
export const watermarksTopic = (prefix: string): string => `${prefix}watermarks`;

/** The topics of events, without the prefix, and their schemas. */
export const eventTopics: Readonly<Record<string, keyof SchemaTypes>> = {
  ...Object.fromEntries(Object.entries(changeKeys).map(([key, { schema }]) => [key, schema])),
  other: 'other.avsc',
};

/** Every topic there is: one per change key, the catch-all, the dead letters, the watermarks and the checkpoints. */
export const declaredTopics = (prefix: string, partitions: number): readonly TopicSpec[] => [
  ...Object.entries(eventTopics).map(([name, schema]) => ({
    topic: `${prefix}${name}`,
    partitions,
    configs: kept,
    schema,
  })),
  { topic: `${prefix}dead_letters`, partitions, configs: compacted, schema: 'dead-letter.avsc' },
  // Of a record a second all but the last are of no use: what keeps the checkpoints short keeps these.
  {
    topic: watermarksTopic(prefix),
    partitions: 1,
    configs: { ...compacted, ...loadsFast },
    schema: 'watermark.avsc',
  },
  { topic: checkpointsTopic(prefix), partitions: 1, configs: { ...compacted, ...loadsFast }, schema: null },
];

/** A topic as it is. */
export interface ActualTopic {
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** One thing in which a topic differs from what is declared. */
export interface Difference {
  readonly topic: string;
  /** `partitions`, or a config. */
  readonly name: string;
  readonly actual: string;
  readonly declared: string;
  /** Else it is only worth a remark. */
  readonly isRefused: boolean;
}

/** What is there of the declared topics, with who leads their partitions, and what is not: a sentence each. */
export interface TopicReport {
  readonly missing: readonly TopicSpec[];
  readonly differing: readonly Difference[];
  readonly refused: readonly string[];
  readonly remarks: readonly string[];
  readonly leaders: Leaders;
}

/** Where these differ, events would be lost, doubled or not readable: refused. Elsewhere the operator may know better. */
const strict: Readonly<Record<string, (value: string, declared: string) => boolean>> = {
  'cleanup.policy': (value, declared) => value === declared,
  'message.timestamp.type': (value, declared) => value === declared,
  'compression.type': (value) => ['producer', 'uncompressed', 'gzip'].includes(value), // kafkajs reads no other
};

/** How a topic differs from what is declared. */
export const differencesOf = (spec: TopicSpec, actual: ActualTopic): Difference[] => {
  const { topic, partitions, configs } = spec;
  const differing = Object.entries(configs).flatMap(([name, declared]): Difference[] => {
    const value = actual.configs[name] ?? declared;
    return value === declared
      ? []
      : [{ topic, name, actual: value, declared, isRefused: strict[name]?.(value, declared) === false }];
  });
  const [has, wants] = [String(actual.partitions), String(partitions)];
  const count = { topic, name: 'partitions', actual: has, declared: wants, isRefused: true };
  return [...(has === wants ? [] : [count]), ...differing];
};

/** A difference for a person. */
export const sayDifference = ({ topic, name, actual, declared }: Difference): string =>
  name === 'partitions'
    ? `${topic}: has ${actual} partitions, declared are ${declared} (PARTITIONS)`
    : `${topic}: ${name} is ${actual}, declared is ${declared}`;

/** TopicNameStrategy. */
export const subjectOf = (topic: string): string => `${topic}-value`;

/** What the registry has under the subject of a topic. */
export interface Subject {
  readonly subject: string;
  readonly file: string;
  /** Whether it holds this very schema. */
  readonly isThere: boolean;
  /** Its own level, null where none is set. */
  readonly level: string | null;
}

/** No topic name has a `/`, so no two installations can share an id; groups begin with the same text. */
export const transactionalIdOf = (prefix: string): string => `tmdb-cdc/${prefix}/0`;
export const groupOf = (prefix: string): string => `tmdb-cdc/${prefix}`;

const mix = (value: number): number => {
  const product = Math.imul(value, 0x5bd1e995);
  return Math.imul(product ^ (product >>> 24), 0x5bd1e995);
};

/** 32-bit murmur2 as Kafka's DefaultPartitioner computes it (org.apache.kafka.common.utils.Utils.murmur2). */
export const murmur2 = (bytes: Uint8Array): number => {
  const whole = bytes.length & ~3;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0x9747b28c ^ bytes.length;
  for (let at = 0; at < whole; at += 4) hash = Math.imul(hash, 0x5bd1e995) ^ mix(view.getInt32(at, true));
  for (let at = bytes.length - 1; at >= whole; at -= 1) hash ^= view.getUint8(at) << (8 * (at - whole));
  if (whole < bytes.length) hash = Math.imul(hash, 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return hash ^ (hash >>> 15);
};

/** Where Kafka's default partitioner puts the movie id as a key: all changes of one movie keep their order. */
export const partitionOf = (movieId: number, partitions: number): number =>
  (murmur2(Buffer.from(String(movieId))) & 0x7fffffff) % partitions;
