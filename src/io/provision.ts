import kafkajs, { type Admin } from 'kafkajs';
import { causesOf, ServiceError } from '../core/errors.ts';
import { subjectOf, type TopicReport, type TopicSpec } from '../core/topics.ts';

const reasonOf = (error: unknown): string => {
  const errors = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error];
  return causesOf(errors[0]).at(-1)?.message ?? '';
};

/** Makes one topic. Resolves with what went wrong, null where nothing did. */
const createTopic = async (admin: Admin, spec: TopicSpec, replicationFactor: number): Promise<string | null> => {
  const configEntries = Object.entries(spec.configs).map(([name, value]) => ({ name, value }));
  try {
    const topics = [{ topic: spec.topic, numPartitions: spec.partitions, replicationFactor, configEntries }];
    await admin.createTopics({ topics, waitForLeaders: false });
    return null;
  } catch (error) {
    const factor = replicationFactor === -1 ? "the broker's default" : String(replicationFactor);
    return `${spec.topic} cannot be created with replication factor ${factor} (REPLICATION_FACTOR): ${reasonOf(error)}`;
  }
};

/** The part of `io/schemas.ts` that provision needs. */
interface Registry {
  readonly idOf: (subject: string, schema: string) => Promise<number | null>;
  readonly register: (subject: string, schema: string) => Promise<number>;
  readonly levelOf: (subject: string) => Promise<string | null>;
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

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const provisionTopics = async (
  admin: Admin,
  { specs, report, replicationFactor, dryRun, rest, say }: ProvisionOptions,
): Promise<string[]> => {
  const { missing, refused, remarks } = report;
  const problems = [...refused];
  for (const line of remarks) say(`differs   ${line}`);
  const made: TopicSpec[] = [];
  for (const spec of missing) {
    const problem = dryRun ? null : await createTopic(admin, spec, replicationFactor);
    if (problem !== null) {
      problems.push(problem);
      continue;
    }
    made.push(spec);
    say(`${dryRun ? 'to create' : 'created  '} topic ${spec.topic}, ${spec.partitions} partitions`);
  }
  if (!dryRun) await untilListed(admin, { specs: made, rest });
  for (const { topic } of specs.filter((spec) => !missing.includes(spec))) say(`there     topic ${topic}`);
  return problems;
};

/** One subject: its schema and its level. A new subject has no level to set before it has a schema. */
const provisionSubject = async (
  topic: string,
  file: string,
  { registry, readSchema, dryRun, say }: ProvisionOptions,
): Promise<void> => {
  const subject = subjectOf(topic);
  const schema = readSchema(file);
  const isThere = (await registry.idOf(subject, schema)) !== null;
  const level = await registry.levelOf(subject);
  if (dryRun) {
    say(`${isThere ? 'there    ' : 'to register'} schema ${file} under ${subject}`);
    return;
  }
  const faults: unknown[] = [];
  const setLevel = async () => registry.setLevel(subject).catch((error: unknown) => faults.push(error));
  if (level !== null && level !== 'FULL_TRANSITIVE') await setLevel();
  if (!isThere) await registry.register(subject, schema);
  if (level === null) await setLevel();
  if (faults.length > 0) throw faults[0];
  say(`${isThere ? 'there    ' : 'registered'} schema ${file} under ${subject}`);
};

/** Topics and schemas as declared; what is there stays as it is. Throws TOPICS_DIFFER after having done the rest. */
export const provision = async (admin: Admin, options: ProvisionOptions): Promise<void> => {
  const problems = await provisionTopics(admin, options);
  const faults: unknown[] = [];
  for (const { topic, schema } of options.specs) {
    if (schema !== null) await provisionSubject(topic, schema, options).catch((error: unknown) => faults.push(error));
  }
  if (problems.length > 0) throw new ServiceError('TOPICS_DIFFER', [...problems, ...faults.map(message)].join('; '));
  if (faults.length > 0) throw faults[0];
};
