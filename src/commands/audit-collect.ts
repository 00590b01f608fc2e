import { patiently, type Clients, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import { makeCollect, type Collect } from '../core/audit-choice.ts';
import type { Scope, Span } from '../core/audit-scope.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { movieOf, rangesOfMovies } from '../core/movie-ranges.ts';
import { dayMs, dayOf, startOf } from '../core/time.ts';
import { eventTopics } from '../core/topics.ts';
import { makeDecode } from '../decode-record.ts';

export interface Given {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
}

/** Takes records of the movies that are compared; gives how many were none of ours. */
const makeTake = ({ clients, config }: Given, collect: Collect, signal: AbortSignal) => {
  const decode = makeDecode(clients.registry, { wanted: {}, stop: signal });
  const letters = `${config.TOPIC_PREFIX}dead_letters`;
  let foreign = 0;
  const takeEvent = async (record: ConsumedRecord): Promise<void> => {
    const decoded = await decode(record, signal);
    try {
      if (decoded !== null && 'event' in decoded) collect.addEvent(decoded.event);
      else foreign += 1;
    } catch {
      foreign += 1; // in the form of ours, and what it holds is not
    }
  };
  const take = async (record: ConsumedRecord): Promise<void> => {
    const [movieId, stamp] = [movieOf(record.key), record.key?.slice(record.key.indexOf(':') + 1) ?? ''];
    if (!collect.isWanted(movieId)) return;
    if (record.topic !== letters) await takeEvent(record);
    else if (record.value === null) collect.removeLetter(movieId, stamp);
    else collect.addLetter(movieId, stamp);
  };
  return { take, foreign: () => foreign };
};

export interface CollectRequest {
  readonly scope: Scope;
  readonly spanOf: (movieId: number) => Span | null;
}

/** What is published by now of the movies that are compared, by movie id. */
export const collectAll = async (given: Given, request: CollectRequest, signal: AbortSignal) => {
  const { clients, config, world } = given;
  const { asked, movies } = request.scope;
  // The same movies on the same day: after a repair the audit looks where it has looked before.
  const collect = makeCollect({ movies, seed: dayOf(world.now()), spanOf: request.spanOf });
  const topics = [...Object.keys(eventTopics), 'dead_letters'].map((name) => `${config.TOPIC_PREFIX}${name}`);
  // Nothing is published before it has happened, by whatever clock.
  const from = { at: 'time', ms: startOf(asked.start) - dayMs } as const;
  const ranges = await patiently(async () => clients.findRanges(topics, from, { at: 'now' }), world, signal);
  const { take, foreign } = makeTake(given, collect, signal);
  const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
    for (const record of records) if (!signal.aborted) await take(record);
  };
  const wanted = rangesOfMovies(ranges, typeof movies === 'number' ? new Set() : movies);
  await clients.consume({ ranges: wanted, onRecords }, signal);
  signal.throwIfAborted();
  return { movies: collect.all(), foreign: foreign() };
};
