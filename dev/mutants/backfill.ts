import type { Mutant } from './mutant.ts';

const window = { file: 'src/core/backfill/window.ts', tests: ['frontier'] };
const coverage = { file: 'src/core/coverage.ts', tests: ['frontier'] };
const turns = { file: 'src/core/turns.ts', tests: ['frontier'] };
const command = { file: 'src/commands/change-checkpoints.ts', tests: ['commands/change-checkpoints'] };
const opening = { file: 'src/core/backfill/opening.ts', tests: ['core/backfill/backfill'] };

/** What would be claimed, lost or doubled by other ways to go back. */
export const ofBackfill: readonly Mutant[] = [
  {
    name: 'the frontier goes back before the polls of its window are committed',
    file: 'src/core/backfill/crowd.ts',
    tests: ['frontier'],
    edits: [['underWay.size + later.size > 0', 'later.size > 0']],
  },
  {
    name: 'the frontier goes back over movies that could not be read',
    ...window,
    edits: [
      ['const left = [...walk.ids].filter((movieId) => !hasOwn(movieId));', 'const left: number[] = [];'],
      ['const hasOwn = (movieId: number): boolean => (coverage.record(movieId)?.since ?? null) !== null;', ''],
    ],
  },
  {
    name: 'a window of a list that begins on its first day',
    ...window,
    tests: ['core/backfill/backfill'],
    edits: [['{ start: addDays(start, -1), end: addDays(end, 1) }', '{ start, end: addDays(end, 1) }']],
  },
  {
    name: 'a window of a list that ends with its last day',
    ...window,
    tests: ['core/backfill/backfill'],
    edits: [['{ start: addDays(start, -1), end: addDays(end, 1) }', '{ start: addDays(start, -1), end }']],
  },
  {
    name: "a window's list read as far as its first page",
    file: 'src/core/backfill/range-walk.ts',
    tests: ['frontier'],
    edits: [['read(list, list.reading, answer).found', 'read(list, list.reading, { ...answer, pages: 1 }).found']],
  },
  {
    name: "a window's list taken from a copy that is older than its days",
    file: 'src/core/backfill/range-walk.ts',
    tests: ['core/backfill/backfill'],
    edits: [['answer.taken === null || answer.taken < settledAt', 'answer.taken === null']],
  },
  {
    name: 'a movie of a window taken from a copy that is older than its days',
    file: 'src/core/checkpoint.ts',
    tests: ['core/checkpoint'],
    edits: [['(settled === null || settled < startOf(take.end))', 'settled === null']],
  },
  {
    name: 'a movie that both want is never given to live polling',
    ...turns,
    edits: [['if (held.delete(movieId)) released.push(movieId);', '']],
  },
  {
    name: 'a movie that both want is in the pipeline twice',
    ...turns,
    edits: [["!('movieId' in task) || !busy.has(task.movieId)", "!('movieId' in task) || held.has(task.movieId)"]],
  },
  {
    name: 'a poll takes back the days by which the frontier overtook it',
    ...coverage,
    tests: ['core/backfill/backfill'],
    edits: [['known.since > polled.from || known.from < polled.since', 'known.from >= polled.since']],
  },
  {
    name: 'what is open is left to backfill',
    ...opening,
    edits: [
      ['  yield* reopenFrontier(coverage, options);\n', ''],
      ['  yield* reopenRecords(coverage, options);\n', ''],
    ],
  },
  {
    name: 'the frontier goes back with the records that have a bound of it',
    ...opening,
    tests: ['frontier'],
    edits: [['  yield* spellOut(coverage);\n', '']],
  },
  {
    name: 'backfill is done with the frontier',
    file: 'src/core/backfill/turns.ts',
    tests: ['frontier'],
    edits: [["if (!('isOver' in task)) return", "if (!('isOver' in task) && watched !== 'all') return"]],
  },
  {
    name: 'a movie that is watched from now on is left out of what goes on',
    file: 'src/core/backfill/movies.ts',
    tests: ['core/backfill/backfill'],
    edits: [['!Array.isArray(movies) || movies === state.movies', 'true']],
  },
  {
    name: 'a movie that TMDB did not know once is never asked for again',
    file: 'src/core/backfill/movies.ts',
    tests: ['core/backfill/backfill'],
    edits: [['      state.gone.clear();\n', '']],
  },
  {
    name: 'the first day closed without those of the day before, once backfill has been there',
    ...coverage,
    tests: ['core/keeper', 'core/backfill/backfill'],
    edits: [['fresh === true || since === through', 'since === through']],
  },
  {
    name: 'what is wanted is forgotten with the session',
    file: 'src/checkpoints.ts',
    tests: ['frontier'],
    edits: [['makeCoverage(movies, frontier, wishes)', 'makeCoverage(movies, frontier, { ...wishes, wanted: null })']],
  },
  {
    name: 'a command decides by what it read before its fence',
    ...command,
    edits: [
      ['    await publish([]);\n', ''],
      [
        'const { coverage } = await read();\n    change.settle();',
        'const { coverage } = await read();\n    await publish([]);\n    change.settle();',
      ],
    ],
  },
  {
    name: 'a command that was fenced gives up',
    ...command,
    edits: [['const tries = 3;', 'const tries = 1;']],
  },
];
