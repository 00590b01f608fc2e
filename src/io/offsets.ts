import type { Admin, Kafka } from 'kafkajs';
import { readFault, refusalIn, ServiceError } from '../core/errors.ts';
import {
  placeName,
  rangesOf,
  timeIn,
  type From,
  type Offsets,
  type PartitionOffsets,
  type Range,
  type Until,
  type Wanted,
} from '../core/positions.ts';

/**
 * Every partition of the topics, from where reading begins to where it ends; without `until` it goes on for ever. Throws
 * TOPICS_MISSING and OFFSET_OUT_OF_RANGE.
 */
export type FindRanges = (topics: readonly string[], from: From, until?: Until) => Promise<readonly Range[]>;

export interface OffsetsOptions {
  readonly kafka: Kafka;
  readonly atMost: (ms: number, work: Promise<unknown>) => Promise<void>;
  /** Ms since 1970. */
  readonly now: () => number;
}

// kafkajs lists offsets as a read_committed reader: `high` is the last stable offset.
const offsetsOf = async (admin: Admin, topic: string): Promise<PartitionOffsets[]> =>
  (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
    topic,
    partition,
    low: BigInt(low),
    high: BigInt(high),
  }));

const offsetsOfTime = async (admin: Admin, topics: readonly string[], ms: number | null): Promise<Offsets> => {
  if (ms === null) return new Map();
  const offsets = topics.map(async (topic) =>
    (await admin.fetchTopicOffsetsByTimestamp(topic, ms)).map(
      ({ partition, offset }) => [placeName(topic, partition), BigInt(offset)] as const,
    ),
  );
  return new Map((await Promise.all(offsets)).flat());
};

// What we may not see is not listed: asked for by name, it says so.
const failWhereHidden = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  await admin.fetchTopicMetadata({ topics: [...topics] }).catch((error: unknown) => {
    if (refusalIn(error) !== null) throw readFault(error, { operation: 'Describe', topics });
  });
};

/** Up to the last dot. */
const prefixOf = (topic: string): string => topic.slice(0, topic.lastIndexOf('.') + 1);

const checkTopics = async (admin: Admin, topics: readonly string[]): Promise<void> => {
  const existing = await admin.listTopics();
  const missing = topics.filter((topic) => !existing.includes(topic));
  if (missing.length === 0) return;
  await failWhereHidden(admin, missing);
  const near = existing.filter((topic) => prefixOf(topic) === prefixOf(missing[0] ?? '') && !topic.startsWith('__'));
  const known = near.length > 0 ? ` (known are ${near.toSorted().slice(0, 50).join(', ')})` : '';
  throw new ServiceError('TOPICS_MISSING', `there is no topic ${missing.join(', ')}: run tmdb-cdc provision${known}`);
};

const checkTimes = ({ from, until }: Wanted, now: number): void => {
  const late = [from, until].map(timeIn).find((ms) => ms !== null && ms > now);
  if (late === undefined || late === null) return;
  const [wanted, is] = [late, now].map((ms) => new Date(ms).toISOString());
  throw new ServiceError('OFFSET_OUT_OF_RANGE', `${wanted ?? ''} is in the future: it is ${is ?? ''} now`);
};

const find = async (admin: Admin, topics: readonly string[], wanted: Wanted): Promise<readonly Range[]> => {
  await checkTopics(admin, topics);
  const offsets = await Promise.all(topics.map(async (topic) => offsetsOf(admin, topic)));
  const times = {
    from: await offsetsOfTime(admin, topics, timeIn(wanted.from)),
    until: await offsetsOfTime(admin, topics, timeIn(wanted.until)),
  };
  const { ranges, problems } = rangesOf(offsets.flat(), wanted, times);
  if (problems.length > 0) throw new ServiceError('OFFSET_OUT_OF_RANGE', problems.join('; '));
  return ranges;
};

export const makeFindRanges =
  ({ kafka, atMost, now }: OffsetsOptions): FindRanges =>
  async (topics, from, until) => {
    checkTimes({ from, until }, now());
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await find(admin, topics, { from, until });
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      // kafkajs's own TypeError where a partition has no leader for a moment.
      const why = error instanceof TypeError ? new Error('a partition has no leader', { cause: error }) : error;
      throw readFault(why, { operation: 'Describe', topics });
    } finally {
      await atMost(1000, admin.disconnect());
    }
  };

/** What a group has committed of the topics, as offsets of where it goes on. */
export const makeCommittedOf =
  ({ kafka, atMost }: Omit<OffsetsOptions, 'now'>) =>
  async (group: string, topics: readonly string[]): Promise<Offsets> => {
    if (topics.length === 0) return new Map();
    const admin = kafka.admin();
    try {
      await admin.connect();
      const all = await admin.fetchOffsets({ groupId: group, topics: [...topics] });
      const offsets = all.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [placeName(topic, partition), BigInt(offset)] as const),
      );
      return new Map(offsets.filter(([, offset]) => offset >= 0n)); // -1: none
    } catch (error) {
      throw readFault(error, { operation: 'Read', group });
    } finally {
      await atMost(1000, admin.disconnect());
    }
  };
