import type { ChangeEvent } from './map.ts';
import { placeName } from './positions.ts';
import { eventTopics } from './topics.ts';
import { isMovieId } from './values.ts';

/** A committed event as the page is told of it. `topic` is without the prefix; `committedAt` in ms since 1970. */
export interface LiveEvent {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly committedAt: number;
  readonly value: ChangeEvent;
}

/** What a page wants to see; null: whatever there is. */
export interface Wish {
  readonly key: string | null;
  readonly movie: number | null;
}

/** What is told at once: the newest events, oldest first, and how many more there were in the meantime. */
export interface Turn {
  readonly events: readonly LiveEvent[];
  readonly skipped: number;
}

/** What a page asks for with `?key=images&movie=550`, or a sentence about what is wrong with it. */
export const wishOf = (query: URLSearchParams): Wish | string => {
  const [key, movie] = [query.get('key') ?? '', query.get('movie') ?? ''];
  if (key !== '' && !Object.hasOwn(eventTopics, key)) return 'key is no change key that has a topic';
  if (movie !== '' && !isMovieId(movie)) return 'movie is no id of a movie: digits, at most 2147483647';
  return { key: key === '' ? null : key, movie: movie === '' ? null : Number(movie) };
};

export const idOf = ({ topic, partition, offset }: LiveEvent): string => `${topic}-${partition}-${offset}`;

const isWanted = ({ key, movie }: Wish, { topic, value }: LiveEvent): boolean =>
  (key === null || key === topic) && (movie === null || movie === value.movie_id);

/** At most so many events in a turn: more cannot be read, and a browser has to draw them. */
const most = 20;

/** Where one page is. It holds no more than a turn, however long it is not taken. */
const makeCursor = (wish: Wish) => {
  let picked: LiveEvent[] = [];
  let skipped = 0;
  let isBegun = false;
  let isTold = false;
  const meet = (events: readonly LiveEvent[]): void => {
    const all = [...picked, ...events.filter((event) => isWanted(wish, event))];
    picked = all.slice(-most);
    skipped += all.length - picked.length;
  };
  return {
    /**
     * Goes on behind the last event that the page has, and where that is not known, with whatever is kept: what of it the
     * page is not told is skipped. A page that has none begins with the newest.
     */
    begin: (kept: readonly LiveEvent[], lastId: string): void => {
      if (isBegun) return;
      const at = kept.findIndex((event) => idOf(event) === lastId);
      meet(kept.slice(at + 1));
      isBegun = true;
      if (lastId === '') skipped = 0; // nobody has missed what was there before him
    },
    meet: (events: readonly LiveEvent[]): void => {
      if (isBegun) meet(events);
    },
    /** Null where there is nothing to tell. The first turn may be empty: then the page knows that there is nothing. */
    take: (): Turn | null => {
      if (!isBegun || (isTold && picked.length + skipped === 0)) return null;
      const turn = { events: picked, skipped };
      [picked, skipped, isTold] = [[], 0, true];
      return turn;
    },
  };
};

/** What a page takes its turns from, until it is closed. */
export interface Cursor {
  readonly take: () => Turn | null;
  readonly close: () => void;
}

/** The newest events, for whoever opens a page or comes back, and a cursor for each page that is open. */
export const makeRing = (size = 500) => {
  const cursors = new Map<ReturnType<typeof makeCursor>, string>();
  const known = new Map<string, bigint>(); // the last offset of each partition
  let kept: readonly LiveEvent[] = [];
  let isFilled = false;
  const isNew = ({ topic, partition, offset }: LiveEvent): boolean =>
    BigInt(offset) > (known.get(placeName(topic, partition)) ?? -1n);
  const note = ({ topic, partition, offset }: LiveEvent): void => {
    const [place, at] = [placeName(topic, partition), BigInt(offset)];
    if (at > (known.get(place) ?? -1n)) known.set(place, at);
  };
  return {
    /** Takes what was committed, once, even where it is read again. */
    add: (events: readonly LiveEvent[]): void => {
      const fresh = events.filter(isNew);
      fresh.forEach(note);
      kept = [...kept, ...fresh].slice(-size);
      for (const cursor of cursors.keys()) cursor.meet(fresh);
    },
    /** What there was is read: pages that have waited for it begin. */
    fill: (): void => {
      isFilled = true;
      for (const [cursor, lastId] of cursors) cursor.begin(kept, lastId);
    },
    /** `lastId`: the last event that the page has, by `idOf`; empty where it has none. */
    open: (wish: Wish, lastId: string): Cursor => {
      const cursor = makeCursor(wish);
      if (isFilled) cursor.begin(kept, lastId);
      cursors.set(cursor, lastId);
      return { take: cursor.take, close: () => void cursors.delete(cursor) };
    },
  };
};

export type Ring = ReturnType<typeof makeRing>;
