import kafkajs, { type Admin } from 'kafkajs';

/** The instances: from where each is connected, and whether it has the partition. */
export interface Instances {
  /** Kafka's word: Stable, Empty, Dead, PreparingRebalance, CompletingRebalance. */
  readonly state: string;
  readonly members: readonly { readonly host: string; readonly isOwner: boolean }[];
}

/** Who is in the group that shares the one partition of a topic. Rejects with what kafkajs says. */
export const describeGroup = async (admin: Admin, group: string, topic: string): Promise<Instances> => {
  const [found] = (await admin.describeGroups([group])).groups;
  const isOwner = (assignment: Buffer): boolean =>
    assignment.length > 0 &&
    kafkajs.AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[topic]?.includes(0) === true;
  return {
    state: found?.state ?? 'Dead',
    members: (found?.members ?? []).map(({ clientHost, memberAssignment }) => ({
      host: clientHost.replace(/^\//, ''),
      isOwner: isOwner(memberAssignment),
    })),
  };
};
