import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import { makeCoverage, type Coverage, type Frontier, type Stored, type Wishes } from './core/coverage.ts';
import { alone, type ConsumedRecord } from './core/reading.ts';
import { readCheckpointRecord } from './core/records.ts';
import { idsOf } from './core/watch.ts';
import { openStaying } from './staying.ts';

/** Of a fetch, compressed: what is read is a hundred times as much, and a large fetch is much of it at once. */
const maxBytes = 16 * 1024;

interface Told {
  /** Of each record of a movie, and of what stood there before. */
  readonly onMovie?: (before: Stored | undefined, after: Stored | null) => void;
  readonly onRecord?: (record: ConsumedRecord) => void;
}

type Readers = Pick<Clients, 'findRanges' | 'consume'>;

/** The coverage by now, and the offset behind its last record. */
export type ReadCheckpoints = (signal: AbortSignal) => Promise<{ readonly coverage: Coverage; readonly end: bigint }>;

/** Records put together as the coverage that they make. */
const makeTaking = ({ onMovie, onRecord }: Told) => {
  const movies = new Map<number, Stored>();
  let frontier: Frontier | null = null;
  let wishes: Wishes = { wanted: null, paused: null };
  const take = (key: string, text: string | null): void => {
    const record = readCheckpointRecord(key, text);
    if (record.kind === 'frontier') ({ frontier } = record);
    if (record.kind === 'backfill') wishes = { ...wishes, wanted: record.since };
    if (record.kind === 'state') wishes = { ...wishes, paused: record.paused };
    if (record.kind !== 'movie') return;
    onMovie?.(movies.get(record.movieId), record.stored);
    if (record.stored === null) movies.delete(record.movieId);
    else movies.set(record.movieId, record.stored);
  };
  return {
    coverage: (): Coverage => makeCoverage(movies, frontier, wishes),
    onRecords: async (records: readonly ConsumedRecord[]): Promise<void> => {
      for (const record of records) {
        take(record.key ?? '', record.value?.toString() ?? null);
        onRecord?.(record);
      }
      return Promise.resolve();
    },
  };
};

const membership = { ...alone, options: { maxBytes } };

/** Reads what is committed in the checkpoints topic: all of it, and afterwards what has come since. */
export const makeCheckpointReader = (
  { findRanges, consume }: Readers,
  topic: string,
  told: Told = {},
): ReadCheckpoints => {
  const { coverage, onRecords } = makeTaking(told);
  let end: bigint | null = null;
  const readTo = (high: bigint): void => void (end = high);
  return async (signal) => {
    const from = end === null ? ({ at: 'beginning' } as const) : ({ at: 'offset', offset: end } as const);
    const ranges = await findRanges([topic], from, { at: 'now' });
    await consume({ ranges, onRecords, membership }, signal);
    signal.throwIfAborted();
    const high = ranges[0]?.high ?? 0n;
    readTo(high);
    return { coverage: coverage(), end: high };
  };
};

/** The same with one consumer for all reads, which stays until `close`. */
export const openCheckpointReader = (
  clients: Readers,
  topic: string,
  told: Told = {},
): { readonly read: ReadCheckpoints; readonly close: () => Promise<void> } => {
  const { coverage, onRecords } = makeTaking(told);
  const { read, close } = openStaying(clients, { topic, onRecords, membership });
  return { read: async (signal) => ({ end: await read(signal), coverage: coverage() }), close };
};

interface StartOptions {
  readonly config: Config;
  readonly world: World;
}

/** START_DATE is for new movies. */
export const warnOfStart = ({ config, world }: StartOptions, coverage: Coverage): void => {
  const start = config.START_DATE;
  if (start === undefined) return;
  const late = idsOf(config.WATCH).filter((movieId) => (coverage.at(movieId)?.since ?? start) > start);
  if (late.length === 0) return;
  const sentence = 'START_DATE lies before the first day of movies that are read already: only backfill goes back';
  world.log.warn({ movies: late.length, start }, sentence);
};
