import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { placeName, type Offsets } from '../core/positions.ts';
import type { Membership, Place } from '../core/reading.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
const version = 0;
const none = Buffer.alloc(0);
const name = 'tmdb-cdc/changes';

interface Member {
  readonly id: string;
  readonly topics: readonly string[];
  readonly assignment: Record<string, number[]>;
  count: number;
}

/** A partition goes to the one with the fewest among those who have subscribed to its topic. */
const share = (places: readonly Place[], members: readonly Member[]): void => {
  for (const { topic, partition } of places) {
    const [member] = members.filter(({ topics }) => topics.includes(topic)).toSorted((a, b) => a.count - b.count);
    if (member === undefined) continue;
    (member.assignment[topic] ??= []).push(partition);
    member.count += 1;
  }
};

/** kafkajs's own assigner gives partitions to members that have not subscribed to them, and nobody reads those. */
const assigner: PartitionAssigner = ({ cluster }) => ({
  name,
  version,
  protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData: none }) }),
  assign: async ({ members }) => {
    const all: Member[] = members
      .toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
      .map(({ memberId, memberMetadata }) => {
        const topics = MemberMetadata.decode(memberMetadata)?.topics ?? [];
        return { id: memberId, topics, assignment: {}, count: 0 };
      });
    const topics = [...new Set(all.flatMap((each) => each.topics))].sort();
    await cluster.addMultipleTargetTopics(topics);
    const places = topics.flatMap((topic) =>
      cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => ({ topic, partition: partitionId })),
    );
    share(places, all);
    return all.map(({ id, assignment }) => ({
      memberId: id,
      memberAssignment: MemberAssignment.encode({ version, assignment, userData: none }),
    }));
  },
});

export interface MembershipOptions {
  readonly group: string;
  /** What the group has committed of these topics. */
  readonly committedOf: (group: string, topics: readonly string[]) => Promise<Offsets>;
  /** In ms. The broker's own minimum of a session is 6 s (group.min.session.timeout.ms). */
  readonly times?: { readonly sessionTimeout: number; readonly rebalanceTimeout: number };
}

const byTopic = (places: readonly Place[]) =>
  [...Map.groupBy(places, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition }) => partition),
  }));

/** A member of a named group that goes on where the group is, and commits what is finished. */
export const makeMembership = ({ group, committedOf, times }: MembershipOptions): Membership => {
  const committed = new Map<string, bigint>();
  let joins = 0;
  return {
    id: group,
    options: { partitionAssigners: [assigner], ...times },
    // kafkajs would take a partition that has no committed offset from its beginning: nothing is asked for before.
    join: async (seat, progress, assigned) => {
      const topics = byTopic(assigned);
      const nth = (joins += 1);
      if (assigned.length > 0) seat.pause(topics);
      progress.assign(assigned.map(({ topic, partition }) => placeName(topic, partition)));
      const offsets = await committedOf(
        group,
        topics.map(({ topic }) => topic),
      );
      if (nth !== joins) return; // it has joined again meanwhile
      committed.clear();
      for (const [place, offset] of offsets) committed.set(place, offset);
      for (const { topic, partition } of assigned) {
        const offset = committed.get(placeName(topic, partition));
        if (offset !== undefined) progress.resume(topic, partition, offset);
        seat.seek({ topic, partition, offset: String(progress.next(topic, partition)) });
      }
      if (assigned.length > 0) seat.resume(topics);
    },
    commit: async (seat, progress) => {
      const due = progress
        .finished()
        .filter(({ topic, partition, offset }) => offset > (committed.get(placeName(topic, partition)) ?? -1n));
      if (due.length === 0) return;
      await seat.commitOffsets(due.map((each) => ({ ...each, offset: String(each.offset) })));
      for (const { topic, partition, offset } of due) committed.set(placeName(topic, partition), offset);
    },
  };
};
