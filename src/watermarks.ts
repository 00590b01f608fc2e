import type { Clients } from './clients.ts';
import type { Config } from './config.ts';
import { schemaIdOf } from './core/encode.ts';
import type { Watermark } from './core/events.ts';
import type { Range } from './core/positions.ts';
import { subjectOf, watermarksTopic } from './core/topics.ts';
import { makeDecodeWatermark } from './core/watermark.ts';
import { readSchema } from './io/read-schema.ts';

type Readers = Pick<Clients, 'findRanges' | 'consume' | 'registry'>;

/** So many offsets before the end are read first: a record and a commit marker each, but for what was aborted. */
const tailOffsets = 100n;

const tailOf = (range: Range, count: bigint): Range => {
  const { low, high } = range;
  return { ...range, start: high - low > count ? high - count : low };
};

/** The last watermark that is committed by now, null where there is none. Rejects as every reader does. */
export const readWatermark = async (
  { findRanges, consume, registry }: Readers,
  { TOPIC_PREFIX }: Pick<Config, 'TOPIC_PREFIX'>,
  signal: AbortSignal,
): Promise<Watermark | null> => {
  const topic = watermarksTopic(TOPIC_PREFIX);
  const decode = makeDecodeWatermark(readSchema('watermark.avsc'));
  const whole = await findRanges([topic], { at: 'beginning' }, { at: 'now' });
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
      const id = value === null ? null : schemaIdOf(value);
      const schema = id === null ? null : await registry.schemaOf(subjectOf(topic), id);
      const watermark = value === null || schema === null ? null : decode(value, schema);
      if (watermark !== null) return watermark;
    }
    if (ranges.every(({ start, low }) => start === low)) return null;
  }
};
