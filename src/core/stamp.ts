import { createHash } from 'node:crypto';

const objectId = /^[0-9a-f]{24}$/;

/** The second that a Mongo ObjectId carries in its first four bytes, null for any other id. */
export const secondOfId = (id: string): number | null =>
  objectId.test(id) ? Number.parseInt(id.slice(0, 8), 16) : null;

/**
 * One name per item for identity, dedupe and pruning: the item's id, behind its second where the id's own is another.
 * Made from parsed values, never from TMDB's text: TMDB has switched its time format elsewhere.
 */
export const stampOfItem = (id: string, ms: number): string => {
  const second = Math.floor(ms / 1000);
  return secondOfId(id) === second ? id : `${second}-${id}`;
};

/** The name of what has no usable id or no usable time. `text` is its canonical JSON, `ms` its place in time. */
export const stampOfText = (text: string, ms: number | null): string => {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 24);
  return ms === null ? `rejected-${hash}` : `${Math.floor(ms / 1000)}-rejected-${hash}`;
};

/** The place in time, in ms, that a stamp carries; null for a rejected item that has none. */
export const placeOf = (stamp: string): number | null => {
  const second = secondOfId(stamp) ?? /^(\d+)-/.exec(stamp)?.[1];
  return second === undefined ? null : Number(second) * 1000;
};
