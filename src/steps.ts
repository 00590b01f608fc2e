import { EnvHttpProxyAgent } from 'undici';
import type { World } from './clients.ts';
import type { Config } from './config.ts';
import { makeEncode, type EncodeOptions } from './core/encode.ts';
import { usageError } from './core/errors.ts';
import { untold, type Tell } from './core/tell.ts';
import { makeGet } from './io/get.ts';
import { makeLimit, type Limit } from './io/limit.ts';
import { makeList } from './io/list.ts';
import { makePoll } from './io/poll.ts';
import { atMost, onClockSet, rest, unlessAborted, within } from './io/rest.ts';

const makeDispatcher = (connections: number): EnvHttpProxyAgent => {
  try {
    return new EnvHttpProxyAgent({ connections, allowH2: false });
  } catch {
    // The reason would show the value, and that may hold a password.
    throw usageError(['HTTP_PROXY or HTTPS_PROXY: is not a URL that begins with http:// or https://']);
  }
};

/** What is told, and a limit of which less may be let through. */
interface TmdbOptions {
  readonly tell?: Tell;
  readonly pace?: (limit: Limit) => Limit;
}

/** The way to TMDB, which lives as long as the process: the HTTP pool and the one request budget. */
export const makeTmdb = (
  config: Config,
  { now, chance, log }: World,
  { tell = untold, pace = (all) => all }: TmdbOptions = {},
) => {
  // Respects HTTP_PROXY, HTTPS_PROXY and NO_PROXY. HTTP/1.1: one HTTP/2 connection would make `connections` mean nothing.
  const dispatcher = makeDispatcher(config.TMDB_CONNECTIONS);
  const limit = makeLimit({
    requestsPerSecond: config.TMDB_REQUESTS_PER_SECOND,
    connections: config.TMDB_CONNECTIONS,
    onThrottled: tell.onThrottled,
    rest,
    unlessAborted,
    onClockSet: (over, act) => onClockSet(now, over, act),
  });
  const get = makeGet({
    dispatcher,
    url: config.TMDB_URL,
    token: config.TMDB_TOKEN ?? '',
    limit: pace(limit),
    rest,
    within,
    now,
    chance,
    onWaiting: tell.onWaiting,
    onRequest: (requested) => {
      log.debug({ lane: requested.lane, status: requested.status }, 'request');
      tell.onRequest(requested);
    },
  });
  const close = async (): Promise<void> => atMost(1000, Promise.all([limit.close(), dispatcher.destroy()]));
  return { poll: makePoll({ get }), list: makeList({ get }), close };
};

/** The steps of a poll. */
export const makeSteps = (
  config: Config,
  { world, tell }: { readonly world: World; readonly tell: Tell },
  schemas: EncodeOptions['schemas'],
) => {
  const { close, ...tmdb } = makeTmdb(config, world, { tell });
  const encode = makeEncode({ prefix: config.TOPIC_PREFIX, partitions: config.PARTITIONS, schemas });
  const steps = { ...tmdb, encode, now: world.now, overlapMs: config.OVERLAP_HOURS * 3_600_000 };
  return { steps, closeTmdb: close };
};
