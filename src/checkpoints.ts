import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import { entering } from './core/closing.ts';
import { makeCoverage, type Change, type Coverage, type Frontier, type Stored } from './core/coverage.ts';
import { readCheckpointRecord } from './core/records.ts';
import { dayOf, type Day } from './core/time.ts';

/** What is committed in the checkpoints topic by now, and the offset behind the last record. */
export const readCheckpoints = async ({ findRanges, consume }: Clients, topic: string, signal: AbortSignal) => {
  const movies = new Map<number, Stored>();
  let frontier: Frontier | null = null;
  let backfill: Day | null = null;
  const take = (key: string, text: string | null): void => {
    const record = readCheckpointRecord(key, text);
    if (record.kind === 'frontier') ({ frontier } = record);
    else if (record.kind === 'backfill') backfill = record.since;
    else if (record.stored === null) movies.delete(record.movieId);
    else movies.set(record.movieId, record.stored);
  };
  const ranges = await findRanges([topic], { at: 'beginning' }, { at: 'now' });
  const onRecords = async (records: readonly { key: string | null; value: Buffer | null }[]): Promise<void> => {
    for (const { key, value } of records) take(key ?? '', value?.toString() ?? null);
    return Promise.resolve();
  };
  await consume({ ranges, onRecords }, signal);
  signal.throwIfAborted();
  return { coverage: makeCoverage(movies, frontier), backfill, end: ranges[0]?.high ?? 0n };
};

interface EnterOptions {
  readonly config: Config;
  readonly world: World;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
}

/** A movie's checkpoint is written before its first poll. */
export const enterAll = async (
  { config, world, start }: EnterOptions,
  coverage: Coverage,
  write: (change: Change) => Promise<void>,
): Promise<void> => {
  const movies = config.WATCH ?? [];
  const late = movies.filter((movieId) => (coverage.at(movieId)?.since ?? start) > start);
  if (config.START_DATE !== undefined && late.length > 0) {
    const sentence = 'START_DATE lies before the first day of movies that are read already: only backfill goes back';
    world.log.warn({ movies: late.length, start }, sentence);
  }
  for (const change of entering(coverage, movies, { start, today: dayOf(world.now()) })) await write(change);
};
