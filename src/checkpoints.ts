import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import { entering, type Checkpoint } from './core/checkpoint.ts';
import { decodeCheckpoint } from './core/encode.ts';
import { dayOf, type Day } from './core/time.ts';
import { idsOf } from './core/watch.ts';

/** The checkpoints as they are committed now, and the offset behind the last of them. */
export const readCheckpoints = async ({ findRanges, consume }: Clients, topic: string, signal: AbortSignal) => {
  const checkpoints = new Map<number, Checkpoint>();
  const ranges = await findRanges([topic], { at: 'beginning' }, { at: 'now' });
  const request = {
    ranges,
    onRecords: async (records: readonly { key: string | null; value: Buffer | null }[]) => {
      for (const { key, value } of records) {
        if (value === null) checkpoints.delete(Number(key));
        else checkpoints.set(...decodeCheckpoint(key ?? '', value.toString()));
      }
      return Promise.resolve();
    },
  };
  await consume(request, signal);
  signal.throwIfAborted();
  return { checkpoints, end: ranges[0]?.high ?? 0n };
};

/** How many checkpoints go into one transaction when movies are entered. */
const enterAtOnce = 500;

interface EnterOptions {
  readonly config: Config;
  readonly world: World;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
}

type PublishAll = (checkpoints: readonly (readonly [number, Checkpoint])[]) => Promise<void>;

/** A movie's checkpoint is written before its first poll. */
export const enterAll = async (
  { config, world, start }: EnterOptions,
  stored: Map<number, Checkpoint>,
  publish: PublishAll,
) => {
  const movies = idsOf(config.WATCH);
  const late = movies.filter((movieId) => (stored.get(movieId)?.since ?? start) > start);
  if (config.START_DATE !== undefined && late.length > 0) {
    const sentence = 'START_DATE lies before the first day of movies that are read already: only backfill goes back';
    world.log.warn({ movies: late.length, start }, sentence);
  }
  const fresh = entering(movies, stored, { start, today: dayOf(world.now()) });
  for (let at = 0; at < fresh.length; at += enterAtOnce) await publish(fresh.slice(at, at + enterAtOnce));
  for (const [movieId, checkpoint] of fresh) stored.set(movieId, checkpoint);
};
