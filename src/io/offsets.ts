import type { Admin, Kafka } from 'kafkajs';
import { readFault, refusalIn, ServiceError } from '../core/errors.ts';
import { placeName, rangesOf, type From, type PartitionOffsets, type Range } from '../core/positions.ts';

/** Every partition of the topics, from where reading begins to the end of what is committed now. */
export type FindRanges = (topics: readonly string[], from: From) => Promise<readonly Range[]>;

// kafkajs lists offsets as a read_committed reader: `high` is the last stable offset.
const offsetsOf = async (admin: Admin, topic: string): Promise<PartitionOffsets[]> =>
  (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
    topic,
    partition,
    low: BigInt(low),
    high: BigInt(high),
  }));

const offsetsOfTime = async (admin: Admin, topic: string, ms: number) =>
  (await admin.fetchTopicOffsetsByTimestamp(topic, ms)).map(
    ({ partition, offset }) => [placeName(topic, partition), BigInt(offset)] as const,
  );

// What we may not see is not listed: asked for by name, it says so.
const failWhereHidden = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  await admin.fetchTopicMetadata({ topics: [...topics] }).catch((error: unknown) => {
    if (refusalIn(error) !== null) throw readFault(error, { operation: 'Describe', topics });
  });
};

const find = async (admin: Admin, topics: readonly string[], from: From): Promise<readonly Range[]> => {
  const existing = await admin.listTopics();
  const missing = topics.filter((topic) => !existing.includes(topic));
  if (missing.length > 0) {
    await failWhereHidden(admin, missing);
    throw new ServiceError('TOPICS_MISSING', `there is no topic ${missing.join(', ')}: run tmdb-cdc provision`);
  }
  const offsets = await Promise.all(topics.map(async (topic) => offsetsOf(admin, topic)));
  const times = from.at === 'time' ? topics.map(async (topic) => offsetsOfTime(admin, topic, from.ms)) : [];
  const { ranges, problems } = rangesOf(offsets.flat(), from, new Map((await Promise.all(times)).flat()));
  if (problems.length > 0) throw new ServiceError('OFFSET_OUT_OF_RANGE', problems.join('; '));
  return ranges;
};

export const makeFindRanges =
  (kafka: Kafka, atMost: (ms: number, work: Promise<unknown>) => Promise<void>): FindRanges =>
  async (topics, from) => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await find(admin, topics, from);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      // kafkajs's own TypeError where a partition has no leader for a moment.
      const why = error instanceof TypeError ? new Error('a partition has no leader', { cause: error }) : error;
      throw readFault(why, { operation: 'Describe', topics });
    } finally {
      await atMost(1000, admin.disconnect());
    }
  };
