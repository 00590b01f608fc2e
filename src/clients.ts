import type { Config } from './config.ts';
import type { Leaders } from './core/batch.ts';
import { typeOf, type EncodeOptions } from './core/encode.ts';
import { readFault, refusalIn, ServiceError } from './core/errors.ts';
import { whyUnreachable } from './core/network.ts';
import { declaredTopics, groupOf, subjectOf } from './core/topics.ts';
import { makeConsume } from './io/consume.ts';
import { makeKafka, withAdmin } from './io/kafka.ts';
import { makeFindRanges } from './io/offsets.ts';
import { inspectTopics } from './io/inspect.ts';
import { provision } from './io/provision.ts';
import { makeRead } from './io/read.ts';
import { atMost, rest, unlessAborted } from './io/rest.ts';
import { makeRegistry, readSchema } from './io/schemas.ts';
import { kafkaLog, type Logger } from './log.ts';

/** What a program is given instead of reading it: clock, chance, identifiers, and a log. */
export interface World {
  readonly log: Logger;
  /** Ms since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly chance: () => number;
  readonly randomId: () => string;
}

export type Clients = ReturnType<typeof makeClients>;

/** What every command talks to. Nothing is connected yet. */
export const makeClients = (config: Config, { log, now, randomId }: World) => {
  const { read, log: kafkasLog } = makeRead(kafkaLog(log));
  const { kafka, close } = makeKafka({ brokers: config.KAFKA_BROKERS, log: kafkasLog });
  const groupId = (): string => `${groupOf(config.TOPIC_PREFIX)}/read-${randomId()}`;
  const deleteGroup = async (group: string) => withAdmin(kafka, async (admin) => admin.deleteGroups([group]));
  const findRanges = makeFindRanges({ kafka, atMost, now });
  return {
    kafka,
    close,
    registry: makeRegistry(config.SCHEMA_REGISTRY_URL),
    specs: declaredTopics(config.TOPIC_PREFIX, config.PARTITIONS),
    findRanges,
    consume: makeConsume({ kafka, groupId, deleteGroup, read, findRanges, atMost, rest }),
  };
};

/** How long a command waits at start for what it needs, and how often it says so, in ms. */
export const patienceMs = 60_000;
const sayEveryMs = 5000;

const unreachable = new Set<unknown>(['KAFKA_UNREACHABLE', 'REGISTRY_UNREACHABLE']);

/** Tries until it works, a minute at most. Only a thing out of reach is waited for; any other fault ends it at once. */
export const patiently = async <T>(
  attempt: () => Promise<T>,
  { log }: Pick<World, 'log'>,
  signal: AbortSignal,
): Promise<T> => {
  const startedAt = performance.now();
  for (let said = 0; ;) {
    try {
      return await unlessAborted(attempt(), signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof ServiceError) || !unreachable.has(error.code)) throw error;
      const waited = performance.now() - startedAt;
      if (waited > patienceMs) throw error;
      if (waited >= said) {
        log.warn({ code: error.code, waitedSeconds: Math.round(waited / 1000) }, error.message);
        said += sayEveryMs;
      }
    }
    await rest(1000, signal);
  }
};

/** Whether Kafka answers, and what the topics are. */
const inspect = async ({ kafka, specs }: Clients, config: Config) => {
  try {
    return await withAdmin(kafka, async (admin) => inspectTopics(admin, specs));
  } catch (error) {
    if (refusalIn(error) !== null) throw readFault(error);
    const why = whyUnreachable(error, config.KAFKA_BROKERS.join(', '));
    throw new ServiceError('KAFKA_UNREACHABLE', `Kafka cannot be reached: ${why} (KAFKA_BROKERS)`, error);
  }
};

/** Which broker leads which partition. Throws TOPICS_MISSING or TOPICS_DIFFER. */
export const checkTopics = async (clients: Clients, config: Config, { log }: World): Promise<Leaders> => {
  const { missing, refused, remarks, leaders } = await inspect(clients, config);
  if (missing.length > 0) {
    const names = missing.map(({ topic }) => topic).join(', ');
    throw new ServiceError('TOPICS_MISSING', `these topics are not there: ${names}; run tmdb-cdc provision`);
  }
  if (refused.length > 0) throw new ServiceError('TOPICS_DIFFER', refused.join('; '));
  for (const remark of remarks) log.info({ remark }, 'topic differs');
  return leaders;
};

/** Our own schemas as the registry has them. The first subject of each is asked; provision registers all. */
export const findSchemas = async ({ registry, specs }: Clients): Promise<EncodeOptions['schemas']> => {
  const found = specs.flatMap(({ topic, schema: file }) =>
    file === null ? [] : [{ topic, file, text: readSchema(file) }],
  );
  const registered = found.map(async ({ topic, file, text }) => {
    const id = await registry.idOf(subjectOf(topic), text);
    if (id === null) {
      throw new ServiceError(
        'SCHEMA_MISSING',
        `the registry has not our ${file} under ${subjectOf(topic)}: run tmdb-cdc provision`,
      );
    }
    return [file, { id, type: typeOf(text) }] as const;
  });
  return Object.fromEntries(await Promise.all(registered)) as EncodeOptions['schemas']; // every schema belongs to a topic
};

/** Waits for Kafka and the registry, then makes the topics and schemas that are missing. */
export const runProvision = async (
  config: Config,
  world: World,
  { dryRun, say, signal }: { dryRun: boolean; say: (line: string) => void; signal: AbortSignal },
): Promise<void> => {
  const clients = makeClients(config, world);
  const { kafka, registry, specs } = clients;
  const replicationFactor = config.REPLICATION_FACTOR ?? -1;
  const options = {
    kafka,
    registry,
    readSchema,
    specs,
    replicationFactor,
    dryRun,
    rest: async (ms: number) => rest(ms, signal),
    say,
  };
  try {
    const report = await patiently(async () => inspect(clients, config), world, signal);
    await patiently(async () => registry.levelOf(subjectOf(specs[0]?.topic ?? '')), world, signal);
    await unlessAborted(
      withAdmin(kafka, async (admin) => provision(admin, { ...options, report })),
      signal,
    );
  } catch (error) {
    throw error instanceof ServiceError || signal.aborted ? error : readFault(error);
  } finally {
    clients.close();
  }
};
