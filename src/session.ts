import { EnvHttpProxyAgent } from 'undici';
import { checkTopics, findSchemas, makeClients, patiently, type Clients, type World } from './clients.ts';
import type { Config } from './config.ts';
import { entering, type Checkpoint } from './core/checkpoint.ts';
import { decodeCheckpoint, encodeCheckpoint, makeEncode, type EncodeOptions, type Unit } from './core/encode.ts';
import { actionOf, ServiceError, usageError } from './core/errors.ts';
import { dayOf, type Day } from './core/time.ts';
import { checkpointsTopic, transactionalIdOf } from './core/topics.ts';
import { makeProducer } from './io/kafka.ts';
import { makeLimit } from './io/limit.ts';
import { makePoll } from './io/poll.ts';
import { makePublish, type Publish } from './io/publish.ts';
import { atMost, rest, unlessAborted, withGrace, within } from './io/rest.ts';

const makeDispatcher = (connections: number): EnvHttpProxyAgent => {
  try {
    return new EnvHttpProxyAgent({ connections, allowH2: false });
  } catch {
    // The reason would show the value, and that may hold a password.
    throw usageError(['HTTP_PROXY or HTTPS_PROXY: is not a URL that begins with http:// or https://']);
  }
};

const makeSteps = (config: Config, { now, chance, log }: World, schemas: EncodeOptions['schemas']) => {
  // Respects HTTP_PROXY, HTTPS_PROXY and NO_PROXY. HTTP/1.1: one HTTP/2 connection would make `connections` mean nothing.
  const dispatcher = makeDispatcher(config.TMDB_CONNECTIONS);
  const limit = makeLimit({
    requestsPerSecond: config.TMDB_REQUESTS_PER_SECOND,
    connections: config.TMDB_CONNECTIONS,
    rest,
    unlessAborted,
  });
  const poll = makePoll({
    dispatcher,
    url: config.TMDB_URL,
    token: config.TMDB_TOKEN ?? '',
    limit,
    rest,
    within,
    now,
    chance,
    onRequest: (status) => log.debug({ status }, 'request'),
  });
  const encode = makeEncode({ prefix: config.TOPIC_PREFIX, partitions: config.PARTITIONS, schemas });
  const steps = { poll, encode, now, overlapMs: config.OVERLAP_HOURS * 3_600_000 };
  return { steps, closeTmdb: async () => atMost(1000, Promise.all([limit.close(), dispatcher.destroy()])) };
};

const readCheckpoints = async ({ findRanges, consume }: Clients, topic: string, signal: AbortSignal) => {
  const checkpoints = new Map<number, Checkpoint>();
  const ranges = await findRanges([topic], { at: 'beginning' });
  const request = {
    ranges,
    untilNow: true,
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
  return checkpoints;
};

/** How many checkpoints go into one transaction when movies are entered. */
const enterAtOnce = 500;

interface SessionOptions {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
  /** The first day of a movie that has no checkpoint. */
  readonly start: Day;
}

/** A movie's checkpoint is written before its first poll. */
const enterAll = async (
  { config, world, start }: SessionOptions,
  stored: Map<number, Checkpoint>,
  publish: PublishAll,
) => {
  const late = (config.WATCH ?? []).filter((movieId) => (stored.get(movieId)?.since ?? start) > start);
  if (config.START_DATE !== undefined && late.length > 0) {
    const sentence = 'START_DATE lies before the first day of movies that are read already: only backfill goes back';
    world.log.warn({ movies: late.length, start }, sentence);
  }
  const fresh = entering(config.WATCH ?? [], stored, { start, today: dayOf(world.now()) });
  for (let at = 0; at < fresh.length; at += enterAtOnce) await publish(fresh.slice(at, at + enterAtOnce));
  for (const [movieId, checkpoint] of fresh) stored.set(movieId, checkpoint);
};

type PublishAll = (checkpoints: readonly (readonly [number, Checkpoint])[]) => Promise<void>;

const open = async (options: SessionOptions, publish: Publish, signal: AbortSignal) => {
  const { clients, config, world } = options;
  const session = world.randomId();
  const encodeOne = encodeCheckpoint(config.TOPIC_PREFIX, session);
  await checkTopics(clients, config, world); // one that was deleted meanwhile will not come back by itself
  await publish([]); // fences and settles whatever had the transactional id before; nothing is sent
  const checkpoints = await readCheckpoints(clients, checkpointsTopic(config.TOPIC_PREFIX), signal);
  await enterAll(options, checkpoints, async (all) =>
    publish(all.map(([id, checkpoint]) => encodeOne(id, checkpoint))),
  );
  world.log.info({ session, checkpoints: checkpoints.size }, 'session open');
  return {
    checkpoints,
    publish: async ({ movieId, records, checkpoint }: Unit) => publish([...records, encodeOne(movieId, checkpoint)]),
  };
};

const isFinal = (error: unknown): boolean =>
  error instanceof ServiceError && actionOf(error) === 'stop' && error.code !== 'KAFKA_UNREACHABLE';

/** A new producer, its fence, and the checkpoints as they are after it. Ordinary start-up and recovery are one path. */
const makeOpenSession = (options: SessionOptions) => async (signal: AbortSignal) => {
  const { clients, config } = options;
  const producer = makeProducer(clients.kafka, transactionalIdOf(config.TOPIC_PREFIX));
  const close = async () => atMost(1000, producer.disconnect());
  try {
    await unlessAborted(producer.connect(), signal);
    return { ...(await unlessAborted(open(options, makePublish(producer), signal), signal)), close };
  } catch (error) {
    await close();
    if (signal.aborted || isFinal(error)) throw error;
    throw new ServiceError('PUBLISH_FAILED', 'no session with Kafka could be opened', error);
  }
};

/** What lives as long as the process: Kafka and registry found in order, the way to TMDB, and how to open a session. */
export const openService = async (config: Config, world: World, signal: AbortSignal) => {
  const clients = makeClients(config, world);
  try {
    await patiently(async () => checkTopics(clients, config, world), world, signal);
    const schemas = await patiently(async () => findSchemas(clients), world, signal);
    const { steps, closeTmdb } = makeSteps(config, world, schemas);
    const start = config.START_DATE ?? dayOf(world.now());
    const openSession = makeOpenSession({ clients, config, world, start });
    const close = async (): Promise<void> => {
      await closeTmdb();
      clients.close();
    };
    return { steps, openSession, rest, withGrace, close };
  } catch (error) {
    clients.close();
    throw error;
  }
};
