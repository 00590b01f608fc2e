import { collectAll, type CollectRequest } from './audit-collect.ts';
import { makeCheckpointReader } from '../checkpoints.ts';
import { makeClients, patiently, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import { windowsOf, type Span } from '../core/audit-scope.ts';
import { compareMovie, type Published, type Verdict } from '../core/audit.ts';
import type { Coverage } from '../core/coverage.ts';
import { readFault, ServiceError } from '../core/errors.ts';
import { isGone, sayAllGone } from '../core/gone.ts';
import { parse, type Output } from '../core/parse.ts';
import { checkpointsTopic } from '../core/topics.ts';
import type { Poll } from '../io/poll.ts';
import { rest } from '../io/rest.ts';
import { makeSpare, pacedBy } from './spare.ts';
import { makeTmdb } from '../steps.ts';
import { readWatermark } from '../watermarks.ts';

const translate = (error: unknown): never => {
  throw error instanceof ServiceError ? error : readFault(error);
};

interface Answer {
  /** What TMDB shows of a movie, null where it cannot be read. */
  readonly outputs: readonly Output[] | null;
  /** TMDB does not know it, or no longer. */
  readonly isUnknown: boolean;
}

const ask = async (poll: Poll, of: { movieId: number; span: Span }, signal: AbortSignal): Promise<Answer> => {
  const outputs: Output[] = [];
  try {
    for (const window of windowsOf(of.span))
      outputs.push(...parse((await poll(of.movieId, window, signal)).groups, window).outputs);
  } catch (error) {
    if (isGone(error)) return { outputs: [], isUnknown: true };
    if (error instanceof ServiceError && error.code === 'TMDB_UNREADABLE') return { outputs: null, isUnknown: false };
    throw error;
  }
  return { outputs, isUnknown: false };
};

export interface CompareRequest extends Pick<CollectRequest, 'spanOf'> {
  readonly movies: ReadonlyMap<number, Published>;
  /** Null: TMDB's answer cannot be read. */
  readonly onMovie: (movieId: number, verdict: Verdict | null) => void;
}

/** The pace is held although TMDB takes a quarter of a second for an answer. */
const atOnceOf = ({ TMDB_REQUESTS_PER_SECOND: pace, TMDB_CONNECTIONS: connections }: Config): number =>
  Math.min(Math.ceil(pace / 4), connections);

const nothing: Answer = { outputs: [], isUnknown: false };

interface Asking {
  readonly poll: Poll;
  readonly url: string;
  readonly atOnce: number;
}

/** Asks TMDB for each movie and compares, several movies at a time. INCOMPLETE where it knows none of several. */
export const compareAll = async (
  { poll, url, atOnce }: Asking,
  { movies, spanOf, onMovie }: CompareRequest,
  signal: AbortSignal,
): Promise<void> => {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const queue = movies.entries();
  let unknown = 0;
  const work = async (): Promise<void> => {
    for (const [movieId, published] of queue) {
      const span = spanOf(movieId);
      const { outputs, isUnknown } = span === null ? nothing : await ask(poll, { movieId, span }, either);
      if (isUnknown) unknown += 1;
      onMovie(movieId, outputs === null ? null : compareMovie(movieId, published, outputs));
    }
  };
  // Whoever fails first says why; the others have nothing to finish.
  const fail = (error: unknown): never => {
    over.abort();
    throw error;
  };
  await Promise.all(Array.from({ length: atOnce }, async () => work().catch(fail)));
  // One may be gone by itself.
  if (unknown > 1 && unknown === movies.size)
    throw new ServiceError('INCOMPLETE', sayAllGone(`every one of ${unknown} movies`, url));
};

/** What TMDB shows against what was published; it reads, and no more. */
export const openAudit = (config: Config, world: World) => {
  const clients = makeClients(config, world);
  const readSpare = async (signal: AbortSignal): Promise<number | null> =>
    (await readWatermark(clients, config, signal))?.spare_requests_per_second ?? null;
  const spare = makeSpare({ clients, config, world, readSpare });
  const tmdb = makeTmdb(config, world, { pace: pacedBy({ spare, rest }) });
  const read = makeCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX));
  return {
    /** What is published of each movie. Waits for Kafka. */
    coverage: async (signal: AbortSignal): Promise<Coverage> =>
      patiently(async () => (await read(signal).catch(translate)).coverage, world, signal),
    collect: async (request: CollectRequest, signal: AbortSignal) =>
      collectAll({ clients, config, world }, request, signal),
    compare: async (request: CompareRequest, signal: AbortSignal): Promise<void> =>
      compareAll({ poll: tmdb.poll, url: config.TMDB_URL, atOnce: atOnceOf(config) }, request, signal),
    /** Requests/s that are ours to make. */
    pace: async (signal: AbortSignal): Promise<number> => patiently(async () => spare(signal), world, signal),
    close: async (): Promise<void> => {
      clients.close();
      await tmdb.close();
    },
  };
};
export type Audit = ReturnType<typeof openAudit>;
