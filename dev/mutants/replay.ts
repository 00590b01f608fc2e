import type { Mutant } from './mutant.ts';

const replay = { file: 'src/core/replay.ts', tests: ['core/replay'] };

/** What would be lost or doubled by other ways to make events of dead letters. */
export const ofReplay: readonly Mutant[] = [
  {
    name: 'an event of an open day without its stamp',
    ...replay,
    edits: [
      ["return isSeen || place < startOf(checkpoint.from) ? 'publish' : 'publish and stamp';", "return 'publish';"],
    ],
  },
  {
    name: 'an event that the service has published by itself, of a day that is closed by now',
    ...replay,
    edits: [["if (isPublished) return 'remove';", '']],
  },
  {
    name: 'an event of a day that backfill has not reached',
    ...replay,
    edits: [["if (place < startOf(checkpoint.since)) return 'early';", '']],
  },
  {
    name: "a letter's own stamp taken for its event's",
    ...replay,
    edits: [['if (isSeen && stamp !== own)', 'if (isSeen)']],
  },
  {
    name: 'two letters of one change, and an event of each',
    ...replay,
    edits: [['    there.add(nameOf(movieId, stamp));\n', '']],
  },
  {
    name: 'an event without the end of its letter',
    ...replay,
    tests: ['core/replay', 'commands/replay-letters'],
    edits: [['records: [...events, ...gone]', 'records: [...events]']],
  },
];
