import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { causesOf, ServiceError } from '../core/errors.ts';
import { differencesOf, subjectOf, type ActualTopic, type TopicSpec } from '../core/topics.ts';

/** What is there and what is not, a sentence each. */
export interface TopicReport {
  readonly missing: readonly TopicSpec[];
  readonly refused: readonly string[];
  readonly remarks: readonly string[];
}

const { TOPIC } = kafkajs.ConfigResourceTypes;

const actualOf = async (admin: Admin, topics: readonly string[]): Promise<Map<string, ActualTopic>> => {
  if (topics.length === 0) return new Map();
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  const resources = topics.map((name) => ({ type: TOPIC, name }));
  const { resources: described } = await admin.describeConfigs({ resources, includeSynonyms: false });
  const configs = new Map(
    described.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return new Map(
    metadata.topics.map(({ name, partitions }) => [
      name,
      { partitions: partitions.length, configs: configs.get(name) ?? {} },
    ]),
  );
};

/** Compares the topics that are there with what is declared. Start-up and `provision` both do it. */
export const inspectTopics = async (admin: Admin, specs: readonly TopicSpec[]): Promise<TopicReport> => {
  const existing = new Set(await admin.listTopics());
  const there = specs.filter(({ topic }) => existing.has(topic));
  const actual = await actualOf(
    admin,
    there.map(({ topic }) => topic),
  );
  const differences = there.map((spec) =>
    differencesOf(spec, actual.get(spec.topic) ?? { partitions: 0, configs: {} }),
  );
  return {
    missing: specs.filter(({ topic }) => !existing.has(topic)),
    refused: differences.flatMap(({ refused }) => refused),
    remarks: differences.flatMap(({ remarks }) => remarks),
  };
};

const reasonOf = (error: unknown): string => {
  const errors = error instanceof kafkajs.KafkaJSAggregateError ? error.errors : [error];
  return causesOf(errors[0]).at(-1)?.message ?? '';
};

/** Makes one topic. Resolves with what went wrong, null where nothing did. */
const createTopic = async (admin: Admin, spec: TopicSpec, replicationFactor: number): Promise<string | null> => {
  const configEntries = Object.entries(spec.configs).map(([name, value]) => ({ name, value }));
  try {
    const topics = [{ topic: spec.topic, numPartitions: spec.partitions, replicationFactor, configEntries }];
    await admin.createTopics({ topics, waitForLeaders: true });
    return null;
  } catch (error) {
    // kafkajs rejects now and then though the topic is made (waitForLeaders): what is there counts.
    if ((await admin.listTopics()).includes(spec.topic)) return null;
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

export interface ProvisionOptions {
  readonly kafka: Kafka;
  readonly registry: Registry;
  readonly readSchema: (file: string) => string;
  readonly specs: readonly TopicSpec[];
  /** -1: the broker's default. */
  readonly replicationFactor: number;
  readonly dryRun: boolean;
  /** Told what is done and what is only remarked, a line each. */
  readonly say: (line: string) => void;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const provisionTopics = async (
  admin: Admin,
  { specs, replicationFactor, dryRun, say }: ProvisionOptions,
): Promise<string[]> => {
  const { missing, refused, remarks } = await inspectTopics(admin, specs);
  const problems = [...refused];
  for (const line of remarks) say(`differs   ${line}`);
  for (const spec of missing) {
    const problem = dryRun ? null : await createTopic(admin, spec, replicationFactor);
    if (problem === null)
      say(`${dryRun ? 'to create' : 'created  '} topic ${spec.topic}, ${spec.partitions} partitions`);
    else problems.push(problem);
  }
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
