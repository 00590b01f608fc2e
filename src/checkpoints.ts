import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import { makeCoverage, type Coverage, type Frontier, type Stored } from './core/coverage.ts';
import { readCheckpointRecord } from './core/records.ts';
import type { Day } from './core/time.ts';
import { idsOf } from './core/watch.ts';

/** What is committed in the checkpoints topic by now, and the offset behind the last record. */
export const readCheckpoints = async ({ findRanges, consume }: Clients, topic: string, signal: AbortSignal) => {
  const movies = new Map<number, Stored>();
  let frontier: Frontier | null = null;
  let wanted: Day | null = null;
  const take = (key: string, text: string | null): void => {
    const record = readCheckpointRecord(key, text);
    if (record.kind === 'frontier') ({ frontier } = record);
    else if (record.kind === 'backfill') wanted = record.since;
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
  return { coverage: makeCoverage(movies, frontier, wanted), end: ranges[0]?.high ?? 0n };
};

interface StartOptions {
  readonly config: Config;
  readonly world: World;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
}

/** START_DATE is for new movies. */
export const warnOfStart = ({ config, world, start }: StartOptions, coverage: Coverage): void => {
  if (config.START_DATE === undefined) return;
  const late = idsOf(config.WATCH).filter((movieId) => (coverage.at(movieId)?.since ?? start) > start);
  if (late.length === 0) return;
  const sentence = 'START_DATE lies before the first day of movies that are read already: only backfill goes back';
  world.log.warn({ movies: late.length, start }, sentence);
};
