import { dayMs } from '../time.ts';

export const weekMs = 7 * dayMs;
/** What is new has its place on the ring within so long, in ms. */
const mergeEveryMs = 60_000;
const mostRecent = 100_000;
const most = 2 ** 32;

// The golden ratio's multiples: they spread any ids evenly, and each has its inverse, so the id itself is not kept.
const spread = 0x9e3779b1;
const inverse = 0x0e8b2f51;
export const mix = (id: number): number => Math.imul(id, spread) >>> 0;
export const unmix = (hash: number): number => Math.imul(hash, inverse) >>> 0;

/** The first place at or behind `hash`. */
const placeOf = (hashes: Uint32Array, hash: number): number => {
  let [low, high] = [0, hashes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((hashes[middle] ?? most) < hash) low = middle + 1;
    else high = middle;
  }
  return low;
};

const hashesOf = (ids: Iterable<number>): Uint32Array => Uint32Array.from(ids, mix).sort();

const union = (hashes: Uint32Array, more: Uint32Array): Uint32Array => {
  const added = more.filter((hash, at) => hash !== more[at - 1] && hashes[placeOf(hashes, hash)] !== hash);
  if (added.length === 0) return hashes;
  const all = new Uint32Array(hashes.length + added.length);
  all.set(hashes);
  all.set(added, hashes.length);
  return all.sort();
};

interface Moment {
  readonly week: number;
  readonly hash: number;
}

/** A movie's turn on the ring, and when it comes. */
export interface Turn {
  readonly moment: Moment;
  readonly at: number;
  readonly movieId: number;
}

const momentOf = (ms: number): Moment => {
  const week = Math.floor(ms / weekMs);
  return { week, hash: Math.ceil((ms / weekMs - week) * most) };
};

/** Numbers in order, four bytes each. To sort a million again costs as much each time: what is new waits a while. */
const makeHashes = (first: Uint32Array) => {
  const recent = new Set<number>();
  let hashes = first;
  let mergedAt = -Infinity;
  const all = (): Uint32Array => {
    if (recent.size > 0) hashes = union(hashes, Uint32Array.from(recent).sort());
    recent.clear();
    return hashes;
  };
  return {
    all,
    has: (hash: number): boolean => hashes[placeOf(hashes, hash)] === hash || recent.has(hash),
    count: (): number => hashes.length + recent.size,
    add: (more: Iterable<number>): void => {
      for (const hash of more) if (hashes[placeOf(hashes, hash)] !== hash) recent.add(hash); // a list that is read again
      if (recent.size > mostRecent) all();
    },
    remove: (gone: ReadonlySet<number>): void => void (hashes = all().filter((hash) => !gone.has(hash))),
    /** With what is new, if that has waited long enough. */
    atTimes: (now: number): Uint32Array => {
      if (Math.abs(now - mergedAt) < mergeEveryMs) return hashes;
      mergedAt = now;
      return all();
    },
  };
};

/**
 * The watched movies and the ring on which each has a moment of the week: so the next one is known without a memory that
 * a restart would lose.
 */
export const makeMembers = (watched: 'all' | Iterable<number>) => {
  const members = makeHashes(watched === 'all' ? new Uint32Array() : union(new Uint32Array(), hashesOf(watched)));
  let reached: Moment | null = null; // the ring was asked up to there
  const find = (hashes: Uint32Array, { week, hash: from }: Moment): Turn | null => {
    const place = placeOf(hashes, from);
    const hash = hashes[place] ?? hashes[0];
    if (hash === undefined) return null;
    const moment = { week: place < hashes.length ? week : week + 1, hash };
    return { moment, at: (moment.week + hash / most) * weekMs, movieId: unmix(hash) };
  };
  return {
    has: (id: number): boolean => watched === 'all' || (id < most && members.has(mix(id))),
    add: (ids: Iterable<number>): void => members.add(Array.from(ids, mix)),
    remove: (ids: Iterable<number>): void => members.remove(new Set(Array.from(ids, mix))),
    ids: (): number[] => Array.from(members.all(), unmix),
    count: members.count,
    /** How many turns of the ring come in a second. */
    ringPerSecond: (): number => (members.count() / weekMs) * 1000,
    /** Whose turn comes first since the last `turn`, and when. */
    ring: (now: number): Turn | null => find(members.atTimes(now), (reached ??= momentOf(now))),
    /** Turns count from now on. */
    skip: (now: number): void => void (reached = momentOf(now)),
    /** It had its turn. */
    turn: ({ moment: { week, hash } }: Turn): void => void (reached = { week, hash: hash + 1 }),
  };
};
export type Members = ReturnType<typeof makeMembers>;
