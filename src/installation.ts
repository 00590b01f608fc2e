import { makeClients, patiently, type Clients, type World } from './clients.ts';
import type { Config } from './config.ts';
import type { Leaders } from './core/batch.ts';
import { typeOf, type EncodeOptions } from './core/encode.ts';
import { readFault, refusalIn, ServiceError } from './core/errors.ts';
import { whyUnreachable } from './core/network.ts';
import { subjectOf, type Subject } from './core/topics.ts';
import { inspectTopics } from './io/inspect.ts';
import { withAdmin } from './io/kafka.ts';
import { provision } from './io/provision.ts';
import { rest, unlessAborted } from './io/rest.ts';
import { readSchema } from './io/read-schema.ts';

/** Why Kafka cannot be asked. */
export const asKafkaFault = (error: unknown, { KAFKA_BROKERS }: Config): ServiceError => {
  if (error instanceof ServiceError) return error;
  if (refusalIn(error) !== null) return readFault(error);
  const why = whyUnreachable(error, KAFKA_BROKERS.join(', '));
  return new ServiceError('KAFKA_UNREACHABLE', `Kafka cannot be reached: ${why} (KAFKA_BROKERS)`, error);
};

/** Whether Kafka answers, and what the topics are. */
export const inspect = async ({ kafka, specs }: Clients, config: Config) => {
  try {
    return await withAdmin(kafka, async (admin) => inspectTopics(admin, specs));
  } catch (error) {
    throw asKafkaFault(error, config);
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

/**
 * Our own schemas as the registry has them. Each is asked for once, under its first subject; provision registers all. The
 * client asks for one id after another: where the registry hangs, each would take its time, so the first goes alone.
 */
export const findSchemas = async ({
  registry,
  specs,
}: Pick<Clients, 'registry' | 'specs'>): Promise<EncodeOptions['schemas']> => {
  const firsts = new Map(specs.toReversed().map(({ topic, schema }) => [schema, subjectOf(topic)]));
  firsts.delete(null);
  const find = async ([schema, subject]: readonly [string | null, string]) => {
    const file = String(schema);
    const text = readSchema(file);
    const id = await registry.idOf(subject, text);
    if (id === null) {
      const sentence = `the registry has not our ${file} under ${subject}: run tmdb-cdc provision`;
      throw new ServiceError('SCHEMA_MISSING', sentence);
    }
    return [file, { id, type: typeOf(text) }] as const;
  };
  const [first, ...others] = firsts;
  const found = first === undefined ? [] : [await find(first)];
  return Object.fromEntries([...found, ...(await Promise.all(others.map(find)))]) as EncodeOptions['schemas']; // every schema belongs to a topic
};

/** What the registry has under the subject of a topic. */
export const makeInspectSubject =
  ({ registry }: Pick<Clients, 'registry'>) =>
  async (topic: string, file: string): Promise<Subject> => {
    const subject = subjectOf(topic);
    const isThere = (await registry.idOf(subject, readSchema(file))) !== null;
    return { subject, file, isThere, level: await registry.levelOf(subject) };
  };

/** How many subjects at once: a registry far away takes its time for each. */
const atOnce = 8;

/** All subjects that are declared. */
export const inspectSubjects = async (clients: Pick<Clients, 'registry' | 'specs'>): Promise<readonly Subject[]> => {
  const inspectSubject = makeInspectSubject(clients);
  const wanted = clients.specs.flatMap(({ topic, schema }) => (schema === null ? [] : [{ topic, schema }]));
  const found: Subject[] = [];
  // The first alone, as above.
  for (let at = 0; at < wanted.length; at += at === 0 ? 1 : atOnce) {
    const some = wanted
      .slice(at, at === 0 ? 1 : at + atOnce)
      .map(async ({ topic, schema }) => inspectSubject(topic, schema));
    found.push(...(await Promise.all(some)));
  }
  return found;
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
    inspectSubject: makeInspectSubject(clients),
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
