import { makeResolve } from './decode.ts';
import { makeWrite, type ProducerRecord, type RegisteredSchema } from './encode.ts';
import type { Watermark } from './events.ts';
import { startOf, type Day } from './time.ts';
import { watermarksTopic } from './topics.ts';

/** Of the one shard that there is. */
const key = '0';

/** A watermark as the record of its topic. */
export const makeEncodeWatermark = (prefix: string, schema: RegisteredSchema) => {
  const write = makeWrite();
  return (watermark: Watermark): ProducerRecord => ({
    topic: watermarksTopic(prefix),
    partition: 0,
    key,
    value: write(schema, watermark),
    headers: {},
  });
};

/** Reads records of the topic; `ours` is this version's schema, `schema` the one that it was written with, JSON texts. */
export const makeDecodeWatermark = (ours: string) => {
  const resolve = makeResolve<Watermark>([ours]);
  /** Null: none of ours. */
  return (value: Buffer, schema: string): Watermark | null => {
    const decoded = resolve(schema)(value);
    return 'event' in decoded ? decoded.event : null;
  };
};

/** What has to be said where checkpoints go back to a day, `at` by our clock in ms; null where nothing is taken back. */
export const setBack = (last: Watermark | null, day: Day, at: number): Watermark | null => {
  const lower = (ms: number | null): number | null => (ms === null ? null : Math.min(ms, startOf(day)));
  const next = last && {
    ...last,
    observed_through: lower(last.observed_through),
    complete_through: lower(last.complete_through),
    at,
  };
  return next?.observed_through === last?.observed_through && next?.complete_through === last?.complete_through
    ? null
    : next;
};
