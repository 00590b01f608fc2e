import type { Mutant } from './mutant.ts';

const tests = ['commands/set-checkpoints'];
const placing = { file: 'src/core/placing.ts', tests };
const remaining = { file: 'src/core/remaining.ts', tests: ['commands/change-checkpoints'] };
const command = { file: 'src/commands/change-checkpoints.ts', tests: ['commands/change-checkpoints'] };

/** What an operator's command would lose or double beyond what it says. */
export const ofOperator: readonly Mutant[] = [
  {
    name: 'back to a day, and what was seen since then is not published again',
    ...placing,
    edits: [['place === null || (day > from && place >= startOf(day))', 'place === null || place >= startOf(day)']],
  },
  {
    name: 'on to a day, and what is published of the days since then comes twice',
    ...placing,
    edits: [['place === null || (day > from && place >= startOf(day))', 'place === null']],
  },
  {
    name: 'a set checkpoint leaves `from` to the frontier',
    ...placing,
    edits: [
      ['[[wish.movieId, coverage.asStored(after)]]', '[[wish.movieId, { ...coverage.asStored(after), from: null }]]'],
    ],
  },
  {
    name: 'a set whose outcome is unknown is written again',
    ...remaining,
    edits: [['if (isFound) done();', '']],
  },
  {
    name: 'what the command could not commit is taken for committed',
    ...remaining,
    edits: [['if (isFound) done();', 'if (sent !== null) done();']],
  },
  {
    name: 'a command does not look whether its last transaction is in the log',
    ...command,
    edits: [['attempt === tries && change.isOpen()', 'false']],
  },
  {
    name: 'a command that has given up writes nevertheless',
    ...command,
    edits: [['mayWrite && decide !== null', 'decide !== null']],
  },
  {
    name: 'the watermark goes back with a transaction that comes to nothing',
    file: 'src/commands/operator.ts',
    tests: ['commands/change-checkpoints'],
    edits: [
      ['if (!isWritten) return decision;', ''],
      ['if (carrier === decide) carrier = null;', 'if (carrier === decide) return decision;'],
    ],
  },
  {
    name: 'a movie that was set back is not asked again before its turn',
    file: 'src/core/returning.ts',
    tests: ['core/returning'],
    edits: [['plan.renew(found.back, now);', '']],
  },
  {
    name: 'a movie without its record stays in the plan',
    file: 'src/core/returning.ts',
    tests: ['core/returning'],
    edits: [['if (before === undefined) plan.unwatch(found.gone);', 'if (before === undefined) plan.renew([], now);']],
  },
  {
    name: 'a paused session polls',
    file: 'src/loop.ts',
    tests: ['loop'],
    edits: [['isPaused = paused !== null;', 'isPaused = false;']],
  },
  {
    name: 'after a pause no session can be opened, and nobody is told',
    file: 'src/loop.ts',
    tests: ['loop'],
    edits: [
      ['let last: unknown;', 'let [last, isPaused]: [unknown, boolean] = [undefined, false];'],
      ['let isPaused = false;', ''],
      ['if (!isPaused || !isOvertaken(last))', 'if (!isPaused)'],
    ],
  },
  {
    name: 'a pause that Kafka ends is ended by an operator',
    file: 'src/loop.ts',
    tests: ['loop'],
    edits: [['if (!isPaused || !isOvertaken(last))', 'if (!isPaused)']],
  },
  {
    name: 'a paused instance, which has closed its session, is one that starts',
    file: 'src/core/checks.ts',
    tests: ['core/health'],
    edits: [['isInGroup && isPaused &&', 'isOpen && isInGroup && isPaused &&']],
  },
];
