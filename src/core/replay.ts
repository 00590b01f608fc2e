import { z } from 'zod';
import type { Checkpoint } from './checkpoint.ts';
import type { Change, Coverage } from './coverage.ts';
import type { ProducerRecord } from './encode.ts';
import { readAgain, type Letter } from './letters-again.ts';
import { map, type Mapped } from './map.ts';
import { placeOf, stampOfItem } from './stamp.ts';
import { startOf } from './time.ts';

/** A letter by today's code: the event that it becomes, or why it still becomes none. */
export type Reread =
  | { readonly letter: Letter; readonly stamp: string; readonly event: ProducerRecord }
  | { readonly letter: Letter; readonly reason: string };

export interface RereadOptions {
  /** Events, and what is too large for Kafka as a letter. */
  readonly encode: (mapped: Mapped) => ProducerRecord;
  /** With the prefix. */
  readonly lettersTopic: string;
}

export const reread = (letter: Letter, { encode, lettersTopic }: RereadOptions): Reread => {
  const { value } = letter;
  const again = readAgain(value);
  if ('reason' in again) return { letter, reason: again.reason };
  const event = encode(map(value.movie_id, again.item, value.observed_at));
  if (event.topic === lettersTopic) return { letter, reason: 'its event is too large for Kafka' };
  return { letter, stamp: again.item.stamp, event };
};

/** What is to be done with a letter. */
export type Fate =
  /** Its event, which nobody else publishes; with the stamp where the checkpoint has to have it. */
  | { readonly kind: 'publish'; readonly event: ProducerRecord; readonly isStamped: boolean }
  /** The event is there already, only the letter is left. */
  | { readonly kind: 'remove'; readonly event: ProducerRecord }
  | { readonly kind: 'fails'; readonly reason: string }
  /** An event, which is for others to publish. */
  | { readonly kind: 'waits'; readonly reason: string };

interface About {
  /** Of its movie; undefined where nothing speaks for it. */
  readonly checkpoint: Checkpoint | undefined;
  /** The stamp of the letter. */
  readonly own: string;
  /** Whether its event stands in the topic. */
  readonly isPublished: boolean;
}

/**
 * Topics and checkpoint go on saying the same: an item of a day that is closed, and one in `seen`, is published; any other
 * is for live polling or backfill. So an open day needs the stamp, or the next poll publishes the item as well, and what
 * lies before `since` is left to backfill, which asks for it. That a stamp is in `seen` tells that its event is there, but
 * for the letter's own; of that, and of a day that was closed since, only the topic tells.
 */
export const fateOf = (
  stamp: string,
  { checkpoint, own, isPublished }: About,
): 'publish' | 'publish and stamp' | 'remove' | 'unknown' | 'early' => {
  if (isPublished) return 'remove';
  if (checkpoint === undefined) return 'unknown';
  const place = placeOf(stamp) ?? 0; // an item has one
  if (place < startOf(checkpoint.since)) return 'early';
  const isSeen = checkpoint.seen.includes(stamp);
  if (isSeen && stamp !== own) return 'remove';
  return isSeen || place < startOf(checkpoint.from) ? 'publish' : 'publish and stamp';
};

const waits = {
  unknown: 'nothing is published of its movie yet: run begins at START_DATE',
  early: 'it lies before what is published of its movie: backfill publishes it',
} as const;

/** How an event is named among those that stand in the topics. */
export const nameOf = (movieId: number, stamp: string): string => `${movieId}:${stamp}`;

const eventForm = z.looseObject({ movie_id: z.int(), item_id: z.string(), changed_at: z.number() });

/** The name of what was read from a topic of events; null where that is none of ours. */
export const nameOfEvent = (value: unknown): string | null => {
  const { data } = eventForm.safeParse(value);
  return data === undefined ? null : nameOf(data.movie_id, stampOfItem(data.item_id, data.changed_at));
};

export interface Judged {
  readonly letter: Letter;
  readonly fate: Fate;
}

const withStamp = (checkpoint: Checkpoint, stamp: string): Checkpoint => ({
  ...checkpoint,
  seen: [...checkpoint.seen, stamp],
});

/**
 * What becomes of each letter, in their order, and the checkpoints with what they have to say besides. `published` are the
 * names of events that stand in the topics behind the letters. Two letters of one change become one event.
 */
export const judge = (
  all: readonly Reread[],
  coverage: Pick<Coverage, 'at'>,
  published: ReadonlySet<string>,
): { readonly judged: readonly Judged[]; readonly checkpoints: ReadonlyMap<number, Checkpoint> } => {
  const there = new Set(published);
  const checkpoints = new Map<number, Checkpoint>();
  const fateIn = (each: Reread): Fate => {
    if ('reason' in each) return { kind: 'fails', reason: each.reason };
    const { letter, stamp, event } = each;
    const { movie_id: movieId, stamp: own } = letter.value;
    const checkpoint = checkpoints.get(movieId) ?? coverage.at(movieId);
    const isPublished = there.has(nameOf(movieId, stamp));
    const fate = fateOf(stamp, { checkpoint, own, isPublished });
    if (fate === 'unknown' || fate === 'early') return { kind: 'waits', reason: waits[fate] };
    there.add(nameOf(movieId, stamp));
    const isStamped = fate === 'publish and stamp';
    if (isStamped && checkpoint !== undefined) checkpoints.set(movieId, withStamp(checkpoint, stamp));
    return fate === 'remove' ? { kind: 'remove', event } : { kind: 'publish', event, isStamped };
  };
  return { judged: all.map((each) => ({ letter: each.letter, fate: fateIn(each) })), checkpoints };
};

/** Whether the letter is done with. */
export const isDone = ({ fate }: Judged): boolean => fate.kind === 'publish' || fate.kind === 'remove';

/** A movie's record with more in `seen`; its bounds stay as they are kept. */
const storedOf = (coverage: Pick<Coverage, 'record' | 'asStored'>, movieId: number, checkpoint: Checkpoint) => {
  const own = coverage.record(movieId);
  return own === undefined ? coverage.asStored(checkpoint) : { ...own, seen: checkpoint.seen };
};

/** One transaction: events, tombstones of their letters, and the stamps. Null where there is nothing to do. */
export const replayOf = (
  { judged, checkpoints }: ReturnType<typeof judge>,
  coverage: Pick<Coverage, 'record' | 'asStored'>,
  lettersTopic: string,
): (Change & { readonly records: readonly ProducerRecord[] }) | null => {
  const done = judged.filter(isDone);
  if (done.length === 0) return null;
  const events = done.flatMap(({ fate }) => (fate.kind === 'publish' ? [fate.event] : []));
  const gone = done.map(({ letter: { key, partition } }) => ({
    ...{ topic: lettersTopic, partition, key, value: null, headers: {} },
  }));
  const movies = [...checkpoints].map(([id, checkpoint]) => [id, storedOf(coverage, id, checkpoint)] as const);
  return { movies, records: [...events, ...gone] };
};
