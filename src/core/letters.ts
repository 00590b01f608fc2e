import type { DeadLetter } from './events.ts';
import { member } from './json.ts';
import { textOrNull } from './kinds.ts';
import type { Mapped } from './map.ts';
import { pieceOf, type Rejected } from './parse.ts';
import { parseInstant } from './time.ts';

export const lettersTopic = (prefix: string): string => `${prefix}dead_letters`;

/** What cannot become an event, as a letter. `observedAt` in ms since 1970. */
export const toDeadLetter = (movieId: number, rejected: Rejected, observedAt: number): DeadLetter => {
  const { received, stamp, reason } = rejected;
  const time = member(received, 'time');
  return {
    movie_id: movieId,
    stamp,
    item_id: textOrNull(member(received, 'id')),
    change_key: textOrNull(rejected.changeKey),
    action: textOrNull(member(received, 'action')),
    changed_at: typeof time === 'string' ? parseInstant(time) : null,
    reason,
    observed_at: observedAt,
    raw: pieceOf(rejected),
  };
};

/** CloudEvents binary mode, the four required attributes, always text: kafkajs throws on a header without value. */
export const headersOf = (movieId: number, id: string, type: string): Record<string, string> => ({
  ce_specversion: '1.0',
  ce_id: `${movieId}:${id}`,
  ce_source: `/tmdb/movie/${movieId}`,
  ce_type: `tmdb.movie.${type}`,
});

/** A letter as a record. */
export const deadLetter = (movieId: number, value: DeadLetter): Mapped => ({
  topic: 'dead_letters',
  movieId,
  recordKey: `${movieId}:${value.stamp}`,
  schema: 'dead-letter.avsc',
  value,
  headers: headersOf(movieId, value.stamp, 'dead_letter'),
});
