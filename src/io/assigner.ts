import kafkajs, { type PartitionAssigner } from 'kafkajs';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
const version = 0;
const none = Buffer.alloc(0);

/** The partition stays with the member that has it: kafkajs's own assigner would move it with every join. */
export const makeAssigner =
  (topic: string, claims: () => boolean): PartitionAssigner =>
  () => ({
    name: 'tmdb-cdc',
    version,
    protocol: ({ topics }) => {
      const userData = claims() ? Buffer.from('owner') : none;
      return { name: 'tmdb-cdc', metadata: MemberMetadata.encode({ version, topics, userData }) };
    },
    assign: async ({ members }) => {
      const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
      const isOwner = (metadata: Buffer): boolean => MemberMetadata.decode(metadata)?.userData.toString() === 'owner';
      const owner = sorted.find(({ memberMetadata }) => isOwner(memberMetadata)) ?? sorted[0];
      const memberAssignment = MemberAssignment.encode({ version, assignment: { [topic]: [0] }, userData: none });
      return Promise.resolve(owner === undefined ? [] : [{ memberId: owner.memberId, memberAssignment }]);
    },
  });
