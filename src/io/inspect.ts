import kafkajs, { type Admin } from 'kafkajs';
import { causesOf, readFault, refusalIn } from '../core/errors.ts';
import { placeName } from '../core/positions.ts';
import { differencesOf, sayDifference, type ActualTopic, type TopicReport, type TopicSpec } from '../core/topics.ts';

const { TOPIC } = kafkajs.ConfigResourceTypes;

const asking = async <T>(
  operation: 'Describe' | 'DescribeConfigs',
  topics: readonly string[],
  work: Promise<T>,
): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    throw refusalIn(error) === null ? error : readFault(error, { operation, topics });
  }
};

/** What we may not see is not listed: a topic that is not there says so (3), one that is hidden says why (29). */
const failWhereHidden = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  if (topics.length === 0) return;
  const missing = (error: unknown): unknown => {
    if (causesOf(error).some(({ code }) => code === 3)) return null;
    throw error;
  };
  await asking('Describe', topics, admin.fetchTopicMetadata({ topics: [...topics] }).catch(missing));
};

const actualOf = async (admin: Admin, topics: readonly string[]) => {
  if (topics.length === 0) return { actual: new Map<string, ActualTopic>(), leaders: new Map<string, number>() };
  const metadata = await asking('Describe', topics, admin.fetchTopicMetadata({ topics: [...topics] }));
  const resources = topics.map((name) => ({ type: TOPIC, name }));
  const describing = admin.describeConfigs({ resources, includeSynonyms: false });
  const { resources: described } = await asking('DescribeConfigs', topics, describing);
  const configs = new Map(
    described.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  const actual = new Map<string, ActualTopic>(
    metadata.topics.map(({ name, partitions }) => [
      name,
      { partitions: partitions.length, configs: configs.get(name) ?? {} },
    ]),
  );
  const places = metadata.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, leader }) => [placeName(name, partitionId), leader] as const),
  );
  return { actual, leaders: new Map(places) };
};

/** Compares the topics that are there with what is declared. Start-up and `provision` both do it. */
export const inspectTopics = async (admin: Admin, specs: readonly TopicSpec[]): Promise<TopicReport> => {
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter(({ topic }) => !existing.has(topic));
  await failWhereHidden(
    admin,
    missing.map(({ topic }) => topic),
  );
  const there = specs.filter(({ topic }) => existing.has(topic));
  const { actual, leaders } = await actualOf(
    admin,
    there.map(({ topic }) => topic),
  );
  const differing = there.flatMap((spec) =>
    differencesOf(spec, actual.get(spec.topic) ?? { partitions: 0, configs: {} }),
  );
  const say = (isRefused: boolean) => differing.filter((each) => each.isRefused === isRefused).map(sayDifference);
  return {
    missing,
    differing,
    refused: say(true),
    remarks: say(false),
    leaders,
  };
};
