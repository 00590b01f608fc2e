import type { Mutant } from './mutant.ts';

const compare = { file: 'src/core/audit.ts', tests: ['core/audit'] };
const choice = { file: 'src/core/audit-choice.ts', tests: ['core/audit'] };
const scope = { file: 'src/core/audit-scope.ts', tests: ['core/audit'] };
const spare = { file: 'src/commands/spare.ts', tests: ['commands/spare'] };

/** What would call right what is wrong, or the other way round, or ask too much. */
export const ofAudit: readonly Mutant[] = [
  {
    name: 'an audit that takes whatever has the key for the same',
    ...compare,
    edits: [[' && held?.piece === pieceOf(output)', '']],
  },
  {
    name: 'an audit that misses what has another time',
    ...compare,
    edits: [[' ?? left.get(recordKeyOf(movieId, output))', '']],
  },
  {
    name: 'an audit that counts an older copy as extra',
    ...compare,
    edits: [['.filter(({ recordKey }) => !keys.has(recordKey))', '']],
  },
  {
    name: 'an audit that holds the first of two events',
    ...choice,
    edits: [['?? -1) > observedAt', '?? Infinity) > observedAt']],
  },
  {
    name: 'an audit that keeps a letter which was replayed',
    ...choice,
    edits: [['letters.delete(stamp)', 'letters.has(stamp)']],
  },
  {
    name: 'a choice that pushes out whoever came first',
    ...choice,
    edits: [['chosen.delete((highest ?? findHighest())[0])', 'chosen.delete([...chosen.keys()][0] ?? 0)']],
  },
  {
    name: 'an audit of days that are not complete',
    ...scope,
    edits: [['first >= since && last <= from && first < last', 'first < last']],
  },
  {
    name: 'a repair that begins at the last day',
    ...compare,
    edits: [["earlierOf(firsts.get(movieId) ?? '9999-12-31', dayOf(changedAt))", 'dayOf(changedAt)']],
  },
  {
    name: 'a pace that is saved up',
    ...spare,
    edits: [['Math.max(performance.now(), nextAt)', 'nextAt']],
  },
  {
    name: 'a pace that is read once',
    ...spare,
    edits: [['if (known !== null && performance.now() <= known.at + everyMs)', 'if (known !== null)']],
  },
];
