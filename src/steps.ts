import { EnvHttpProxyAgent } from 'undici';
import type { World } from './clients.ts';
import type { Config } from './config.ts';
import { makeEncode, type EncodeOptions } from './core/encode.ts';
import { usageError } from './core/errors.ts';
import { makeGet, type GetOptions } from './io/get.ts';
import { makeLimit } from './io/limit.ts';
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

/** The way to TMDB, which lives as long as the process: the HTTP pool and the one request budget. */
export const makeTmdb = (
  config: Config,
  { now, chance, log }: World,
  { onRequest }: { readonly onRequest?: NonNullable<GetOptions['onAttempt']> } = {},
) => {
  // Respects HTTP_PROXY, HTTPS_PROXY and NO_PROXY. HTTP/1.1: one HTTP/2 connection would make `connections` mean nothing.
  const dispatcher = makeDispatcher(config.TMDB_CONNECTIONS);
  const limit = makeLimit({
    requestsPerSecond: config.TMDB_REQUESTS_PER_SECOND,
    connections: config.TMDB_CONNECTIONS,
    rest,
    unlessAborted,
    onClockSet: (over, act) => onClockSet(now, over, act),
  });
  const get = makeGet({
    dispatcher,
    url: config.TMDB_URL,
    token: config.TMDB_TOKEN ?? '',
    limit,
    rest,
    within,
    now,
    chance,
    onRequest: (status) => log.debug({ status }, 'request'),
    ...(onRequest === undefined ? {} : { onAttempt: onRequest }),
  });
  const close = async (): Promise<void> => atMost(1000, Promise.all([limit.close(), dispatcher.destroy()]));
  return { poll: makePoll({ get }), list: makeList({ get }), close };
};

/** The steps of a poll. */
export const makeSteps = (config: Config, world: World, schemas: EncodeOptions['schemas']) => {
  const { close, ...tmdb } = makeTmdb(config, world);
  const encode = makeEncode({ prefix: config.TOPIC_PREFIX, partitions: config.PARTITIONS, schemas });
  const steps = { ...tmdb, encode, now: world.now, overlapMs: config.OVERLAP_HOURS * 3_600_000 };
  return { steps, closeTmdb: close };
};
