import kafkajs, { type Admin } from 'kafkajs';
import { causesOf, readFault, ServiceError, type Cause } from '../core/errors.ts';
import type { Subject, TopicReport, TopicSpec } from '../core/topics.ts';

/** What each topic that could not be made was refused with. One that somebody else makes at the same time is made (36). */
const refusalsIn = (error: unknown, specs: readonly TopicSpec[]): Map<string, Cause> => {
  if (!(error instanceof kafkajs.KafkaJSAggregateError)) {
    const last = causesOf(error).at(-1) ?? { name: '', message: String(error) };
    return new Map(specs.map(({ topic }) => [topic, last]));
  }
  // kafkajs's types do not know what it throws here.
  const each = error.errors as unknown as readonly (Cause & { readonly topic: string })[];
  return new Map(each.filter(({ code }) => code !== 36).map((one) => [one.topic, one]));
};

/** Makes topics, all in one request. Resolves with what went wrong, by topic. */
const createTopics = async (
  admin: Admin,
  specs: readonly TopicSpec[],
  replicationFactor: number,
): Promise<Map<string, Cause>> => {
  const topics = specs.map(({ topic, partitions, configs }) => {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    return { topic, numPartitions: partitions, replicationFactor, configEntries };
  });
  try {
    if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: false });
    return new Map();
  } catch (error) {
    return refusalsIn(error, specs);
  }
};

/** The part of `io/schemas.ts` that provision needs. */
interface Registry {
  readonly register: (subject: string, schema: string) => Promise<number>;
  readonly setLevel: (subject: string) => Promise<void>;
}

const visibleTries = 100;

// Not kafkajs's waitForLeaders: it rejects now and then, with "does not host this topic-partition", though all is made.
const untilListed = async (
  admin: Admin,
  { specs, rest }: Pick<ProvisionOptions, 'specs' | 'rest'>,
  tries = visibleTries,
): Promise<void> => {
  const listed = new Set(await admin.listTopics());
  if (tries === 0 || specs.every(({ topic }) => listed.has(topic))) return;
  await rest(100);
  await untilListed(admin, { specs, rest }, tries - 1);
};

export interface ProvisionOptions {
  readonly registry: Registry;
  readonly readSchema: (file: string) => string;
  readonly inspectSubject: (topic: string, file: string) => Promise<Subject>;
  readonly specs: readonly TopicSpec[];
  /** The topics as they are now. */
  readonly report: TopicReport;
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly dryRun: boolean;
  readonly rest: (ms: number) => Promise<void>;
  /** Told what is done and what is only remarked, a line each. */
  readonly say: (line: string) => void;
}

const isForbidden = ([, { code }]: readonly [string, Cause]): boolean => code === 29 || code === 31;

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What is wrong with the topics: sentences, and a fault where the right to make them is missing. */
const provisionTopics = async (
  admin: Admin,
  { specs, report, replicationFactor, dryRun, rest, say }: ProvisionOptions,
): Promise<{ readonly problems: readonly string[]; readonly faults: readonly ServiceError[] }> => {
  const { missing, refused, remarks } = report;
  for (const line of remarks) say(`differs   ${line}`);
  const failed = dryRun ? new Map<string, Cause>() : await createTopics(admin, missing, replicationFactor);
  const made = missing.filter(({ topic }) => !failed.has(topic));
  for (const { topic, partitions } of made)
    say(`${dryRun ? 'to create' : 'created  '} topic ${topic}, ${partitions} partitions`);
  if (!dryRun) await untilListed(admin, { specs: made, rest });
  for (const { topic } of specs.filter((spec) => !missing.includes(spec))) say(`there     topic ${topic}`);
  const [forbidden, others] = [[...failed].filter(isForbidden), [...failed].filter((each) => !isForbidden(each))];
  const asked = { operation: 'Create', topics: forbidden.map(([topic]) => topic) } as const;
  const factor = replicationFactor === -1 ? "the broker's default" : String(replicationFactor);
  const problems = others.map(
    ([topic, { message: why }]) =>
      `${topic} cannot be created with replication factor ${factor} (REPLICATION_FACTOR): ${why}`,
  );
  return {
    problems: [...refused, ...problems],
    faults: forbidden.slice(0, 1).map(([, cause]) => readFault(cause, asked)),
  };
};

/** One subject: its schema and its level. A new subject has no level to set before it has a schema. Resolves with a line. */
const provisionSubject = async (
  topic: string,
  file: string,
  { registry, readSchema, inspectSubject, dryRun }: ProvisionOptions,
): Promise<string> => {
  const { subject, isThere, level } = await inspectSubject(topic, file);
  if (dryRun) return `${isThere ? 'there    ' : 'to register'} schema ${file} under ${subject}`;
  const faults: unknown[] = [];
  const setLevel = async () => registry.setLevel(subject).catch((error: unknown) => faults.push(error));
  if (level !== null && level !== 'FULL_TRANSITIVE') await setLevel();
  if (!isThere) await registry.register(subject, readSchema(file));
  if (level === null) await setLevel();
  if (faults.length > 0) throw faults[0];
  return `${isThere ? 'there    ' : 'registered'} schema ${file} under ${subject}`;
};

/** How many subjects at once: a registry far away takes its time for each. */
const atOnce = 8;

/** All subjects; what is said is in their order. Resolves with what went wrong. */
const provisionSubjects = async (options: ProvisionOptions): Promise<unknown[]> => {
  const subjects = options.specs.flatMap(({ topic, schema }) => (schema === null ? [] : [{ topic, schema }]));
  const done: PromiseSettledResult<string>[] = [];
  const queue = subjects.entries();
  const work = async (): Promise<void> => {
    for (const [at, { topic, schema }] of queue)
      [done[at]] = await Promise.allSettled([provisionSubject(topic, schema, options)]);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  for (const each of done) if (each.status === 'fulfilled') options.say(each.value);
  return done.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
};

/** Topics and schemas as declared; what is there stays as it is. Throws TOPICS_DIFFER after having done the rest. */
export const provision = async (admin: Admin, options: ProvisionOptions): Promise<void> => {
  const { problems, faults: forbidden } = await provisionTopics(admin, options);
  const faults = [...forbidden, ...(await provisionSubjects(options))];
  if (problems.length > 0) throw new ServiceError('TOPICS_DIFFER', [...problems, ...faults.map(message)].join('; '));
  if (faults.length > 0) throw faults[0];
};
