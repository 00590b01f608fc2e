import type { Mutant } from './mutant.ts';

const reading = { file: 'src/core/reading.ts', tests: ['io/consume'] };
const progress = { file: 'src/core/progress.ts', tests: ['io/consume'] };

/** What readers downstream would lose or get twice. */
export const ofKit: readonly Mutant[] = [
  {
    name: 'a reader begins at the start again after a join',
    ...reading,
    edits: [['String(progress.next(topic, partition))', "'0'"]],
  },
  {
    name: 'a jump of kafkajs followed',
    ...reading,
    edits: [['BigInt(fetchedOffset ?? 0) > progress.next(topic, partition)', 'false']],
  },
  {
    name: 'an offset that is gone, and kafkajs takes another',
    file: 'src/io/resets.ts',
    tests: ['io/consume'],
    edits: [["throw Object.assign(new Error('the position is not reset'), { retriable: false });", '']],
  },
  {
    name: 'a record committed before it is finished',
    ...progress,
    edits: [['offset: held ?? next', 'offset: next']],
  },
  {
    name: 'a commit for a partition that another member has',
    ...progress,
    edits: [['assigned?.has(name) === false ? [] : [place]', '[place]']],
  },
  {
    name: 'records handed out after the group has taken the partition back',
    file: 'src/io/read.ts',
    tests: ['io/consume'],
    edits: [['if (isRejoining(error)) lose();', 'if (isRejoining(error)) return;']],
  },
  {
    name: 'a commit before it is known where the group is',
    file: 'src/io/read.ts',
    tests: ['io/consume'],
    edits: [['if (membership.id !== null) standing.loser()();', 'standing.renew();']],
  },
  {
    name: 'a member begins at its own start, behind its group',
    ...progress,
    edits: [['if (!place.isRead) place.next = 0n;', '']],
  },
  {
    name: 'a batch behind which records come taken for emptied',
    file: 'src/core/emptied.ts',
    tests: ['core/emptied'],
    edits: [
      ['header.count) !== 0) return null', 'header.count) < 0) return null'],
      ['messages?.length !== 0', 'messages === undefined'],
    ],
  },
  {
    name: 'a movie has what its last event says, not its newest',
    file: 'src/core/fold.ts',
    tests: ['core/fold'],
    edits: [['known === undefined || isNewer(known, next)', 'true']],
  },
];
