import type { Clients } from './clients.ts';
import type { Config } from './config.ts';
import { schemaIdOf, type EncodeOptions, type ProducerRecord } from './core/encode.ts';
import type { Watermark } from './core/events.ts';
import type { Range } from './core/positions.ts';
import { subjectOf, watermarksTopic } from './core/topics.ts';
import { makeDecodeWatermark, makeEncodeWatermark } from './core/watermark.ts';
import { readSchema } from './io/read-schema.ts';
import { openStaying } from './staying.ts';

export interface Readers extends Pick<Clients, 'findRanges' | 'consume'> {
  readonly registry: Pick<Clients['registry'], 'schemaOf'>;
}

/** So many offsets before the end are read first: a record and a commit marker each, but for what was aborted. */
const tailOffsets = 100n;

const tailOf = (range: Range, count: bigint): Range => {
  const { low, high } = range;
  return { ...range, start: high - low > count ? high - count : low };
};

/** Reads values of the topic; null for one that is none of ours. A schema is asked for once. */
export const makeWatermarkDecoder = (registry: Readers['registry'], topic: string) => {
  const decode = makeDecodeWatermark(readSchema('watermark.avsc'));
  const schemas = new Map<number, string>();
  return async (value: Buffer | null): Promise<Watermark | null> => {
    const id = value === null ? null : schemaIdOf(value);
    if (value === null || id === null) return null;
    const schema = schemas.get(id) ?? (await registry.schemaOf(subjectOf(topic), id));
    if (schema === null) return null;
    schemas.set(id, schema);
    return decode(value, schema);
  };
};

interface Before {
  readonly topic: string;
  /** All that there is of it, or was. */
  readonly whole: readonly Range[];
}

/** The last watermark before the ends, null where there is none. Rejects as every reader does. */
export const readWatermarkBefore = async (
  { consume, registry }: Pick<Readers, 'consume' | 'registry'>,
  { topic, whole }: Before,
  signal: AbortSignal,
): Promise<Watermark | null> => {
  const decode = makeWatermarkDecoder(registry, topic);
  for (let count = tailOffsets; ; count *= 100n) {
    const ranges = whole.map((range) => tailOf(range, count));
    const values: (Buffer | null)[] = [];
    const onRecords = async (records: readonly { readonly value: Buffer | null }[]): Promise<void> => {
      values.push(...records.map(({ value }) => value));
      return Promise.resolve();
    };
    await consume({ ranges, onRecords }, signal);
    signal.throwIfAborted();
    for (const value of values.toReversed()) {
      const watermark = await decode(value);
      if (watermark !== null) return watermark;
    }
    if (ranges.every(({ start, low }) => start === low)) return null;
  }
};

/** The last watermark that is committed by now, null where there is none. Rejects as every reader does. */
export const readWatermark = async (
  readers: Readers,
  { TOPIC_PREFIX }: Pick<Config, 'TOPIC_PREFIX'>,
  signal: AbortSignal,
): Promise<Watermark | null> => {
  const topic = watermarksTopic(TOPIC_PREFIX);
  const whole = await readers.findRanges([topic], { at: 'beginning' }, { at: 'now' });
  return readWatermarkBefore(readers, { topic, whole }, signal);
};

interface Options {
  readonly clients: Clients;
  readonly config: Config;
  readonly schemas: EncodeOptions['schemas'];
}

/** What a writer has of the watermarks: the last one, and records of what it says itself. */
export const makeWatermarks = ({ clients, config, schemas }: Options) => {
  const own = schemas['watermark.avsc'];
  const encode = makeEncodeWatermark(config.TOPIC_PREFIX, own);
  /** A registry that is away must not keep a session from opening: what it alone could tell counts as not said. */
  const schemaOf: Readers['registry']['schemaOf'] = async (subject, id) =>
    id === own.id ? readSchema('watermark.avsc') : clients.registry.schemaOf(subject, id).catch(() => null);
  const readers = { ...clients, registry: { schemaOf } };
  const read = async (signal: AbortSignal): Promise<Watermark | null> => readWatermark(readers, config, signal);
  return {
    read,
    recordsOf: (watermark: Watermark | null): ProducerRecord[] => (watermark === null ? [] : [encode(watermark)]),
    /** To read it again and again, with one consumer until `close`. */
    open: () => {
      const topic = watermarksTopic(config.TOPIC_PREFIX);
      const decode = makeWatermarkDecoder(readers.registry, topic);
      let value: Buffer | null = null;
      const onRecords = async (records: readonly { readonly value: Buffer | null }[]): Promise<void> => {
        value = records.at(-1)?.value ?? value;
        return Promise.resolve();
      };
      const staying = openStaying(clients, { topic, onRecords, from: (whole) => tailOf(whole, tailOffsets) });
      const last = async (signal: AbortSignal): Promise<Watermark | null> => {
        await staying.read(signal);
        return (await decode(value)) ?? read(signal); // nothing but what was aborted may be so near to the end
      };
      return { last, close: staying.close };
    },
  };
};
