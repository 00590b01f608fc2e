import { makeResolve, whyNotOurs } from './core/decode.ts';
import type { ChangeEvent } from './core/map.ts';
import { memo } from './core/time.ts';
import { eventTopics } from './core/topics.ts';
import { readSchema } from './io/read-schema.ts';

export { changes, type Changes } from './library/changes.ts';
export { type ChangeKey } from './core/change-keys.ts';
export { schemaIdOf } from './core/encode.ts';
export { ServiceError, type FaultCode } from './core/errors.ts';
export type {
  AlternativeTitle,
  AlternativeTitleChange,
  BooleanChange,
  Credit,
  CreditChange,
  DeadLetter,
  General,
  GeneralChange,
  Image,
  ImageChange,
  Keyword,
  KeywordChange,
  Named,
  NamedChange,
  NumberChange,
  OtherChange,
  ReleaseDate,
  ReleaseDateChange,
  Tagline,
  TaglineChange,
  TextListChange,
  TextChange,
  Video,
  VideoChange,
  Watermark,
} from './core/events.ts';
export { currentOf, fold, latest, type CurrentVideo, type MovieState } from './core/fold.ts';
export { toItem, type ChangeEvent, type EventOf, type OtherKey, type Topic } from './core/map.ts';
export type {
  ChangesOptions,
  ConnectionOptions,
  LogLine,
  Position,
  Skipped,
  WatermarkEvent,
  WatermarksOption,
} from './core/options.ts';

let resolve: ReturnType<typeof makeResolve<ChangeEvent>> | null = null;
const makeCached = () => memo(1000, makeResolve([...new Set(Object.values(eventTopics))].map(readSchema)));

/**
 * The event in a record's value, for clients of your own; null where it is none of ours. `schema` is the JSON text that the
 * registry has under the id of `schemaIdOf(value)`.
 */
export const decode = (value: Buffer, schema: string): ChangeEvent | null => {
  if (whyNotOurs(value) !== null) return null;
  resolve ??= makeCached(); // the schemas are read when they are needed
  const decoded = resolve(schema)(value);
  return 'event' in decoded ? decoded.event : null;
};
