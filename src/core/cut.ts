import { createHash } from 'node:crypto';
import type { DeadLetter } from './events.ts';
import { deadLetter } from './letters.ts';
import { toItem, type ChangeEvent, type Mapped } from './map.ts';
import { pieceOf } from './parse.ts';
import { stampOfItem } from './stamp.ts';

/** No text of a letter is longer, in UTF-16 units: the four of them together stay below what a partition takes at once. */
const longest = 32_768;

const cut = (text: string): string =>
  text.length > longest ? text.slice(0, longest).replace(/[\ud800-\udbff]$/, '') : text;
const cutOrNull = (text: string | null): string | null => (text === null ? null : cut(text));

const letterOf = (event: ChangeEvent): DeadLetter => {
  const { movie_id, item_id, change_key, action, changed_at, observed_at } = event;
  const raw = pieceOf({ changeKey: change_key, received: toItem(event) });
  const stamp = stampOfItem(item_id, changed_at);
  return { movie_id, stamp, item_id, change_key, action, changed_at, observed_at, raw, reason: '' };
};

/** A record that Kafka would refuse for its size, as a dead letter with its text cut and the hash of the whole. */
export const cutDown = ({ movieId, value }: Mapped, bytes: number): Mapped => {
  const letter = 'stamp' in value ? value : letterOf(value);
  const hash = createHash('sha256').update(letter.raw).digest('hex');
  const reason = `${bytes} bytes are too many for one record: raw is cut, SHA-256 of the whole ${hash}; ${letter.reason}`;
  return deadLetter(movieId, {
    ...letter,
    item_id: cutOrNull(letter.item_id),
    change_key: cutOrNull(letter.change_key),
    action: cutOrNull(letter.action),
    raw: cut(letter.raw),
    reason: cut(reason.replace(/; $/, '')),
  });
};
