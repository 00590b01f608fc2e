import type { Mutant } from './mutant.ts';

const coverage = { file: 'src/core/coverage.ts', tests: ['frontier'] };
const closing = { file: 'src/core/closing.ts', tests: ['frontier'] };
const keeper = { file: 'src/core/keeper.ts', tests: ['frontier'] };
const session = { file: 'src/session.ts', tests: ['frontier'] };

const write = 'publish([...ofChange(coverage.apply(change)), ...watermarks.recordsOf(said)]);';

/** What would be claimed, lost or doubled by other ways to move the frontier. */
export const ofFrontier: readonly Mutant[] = [
  {
    name: 'a record leaves its end to a frontier that moves meanwhile',
    ...coverage,
    edits: [['null : since, from, seen', 'null : since, from: from === frontierOf()?.through ? null : from, seen']],
  },
  {
    name: 'records trimmed of movies that are under way',
    ...keeper,
    edits: [['left.has(movieId) || busy.has(movieId)', 'left.has(movieId)']],
  },
  {
    name: 'records trimmed of movies that were left behind',
    ...keeper,
    edits: [['left.has(movieId) || busy.has(movieId)', 'busy.has(movieId)']],
  },
  {
    name: 'records trimmed of movies far behind',
    ...closing,
    edits: [['from < addDays(through, -1) || from > through', 'from > through']],
  },
  {
    name: 'records trimmed with what they know of open days',
    ...closing,
    edits: [['own === null && open.length === 0', 'own === null']],
  },
  {
    name: 'records trimmed after a closing that was not committed',
    ...keeper,
    tests: ['core/keeper'],
    edits: [['Object.assign(state, { trims: nothing(), writing: null })', 'Object.assign(state, { writing: null })']],
  },
  {
    name: 'a day closed without those that the next one lists',
    ...keeper,
    tests: ['core/keeper'],
    edits: [[', plan.listedFrom(day)]', ']']],
  },
  {
    name: 'a day closed before the next one was read',
    ...keeper,
    tests: ['core/keeper'],
    edits: [[' && plan.isRead(after)', '']],
  },
  {
    name: 'a list counts as read once it is to be walked',
    file: 'src/core/schedule/lists.ts',
    tests: ['core/schedule/plan'],
    edits: [
      ['(states.get(day)?.taken ?? 0) >= endOf(day)', "!['open', 'over'].includes(states.get(day)?.stage ?? 'over')"],
    ],
  },
  {
    name: 'the first day closed without those of the day before',
    ...keeper,
    tests: ['core/keeper'],
    edits: [['[addDays(through, -1), through]', '[through]']],
  },
  {
    name: "a day closed without its movies' answers",
    ...keeper,
    edits: [['waited.length > 0 ? null : owed', 'waited.length > 0 ? [] : owed']],
  },
  {
    name: 'a day closed at its end',
    ...keeper,
    tests: ['core/keeper'],
    edits: [['startOf(addDays(through, 1)) + overlapMs', 'startOf(addDays(through, 1))']],
  },
  {
    name: 'a movie that cannot be read holds the frontier up',
    ...keeper,
    edits: [['failed.has(movieId) || ', '']],
  },
  {
    name: 'a day closed by an old copy of its list',
    file: 'src/core/schedule/list-state.ts',
    tests: ['frontier'],
    edits: [
      ["taken === null || taken < endOf(state.day) + (state.stage === 'closing' ? overlapMs : 0)", 'taken === null'],
    ],
  },
  {
    name: 'who is left behind gets a record from that day, whatever it has',
    ...closing,
    edits: [
      ['(coverage.record(movieId)?.from ?? null) === null', 'coverage !== null'],
      ['coverage.at(movieId) ?? enter(through)', 'enter(through)'],
    ],
  },
  {
    name: 'the frontier moves before those that it leaves behind have their records',
    ...session,
    edits: [
      [
        write,
        `{
          const { frontier, ...rest } = coverage.apply(change);
          if (frontier !== undefined) await publish(ofChange({ frontier, movies: [] }));
          await publish(ofChange(rest));
        };`,
      ],
    ],
  },
  {
    name: 'a change of the coverage taken over once it is committed',
    ...session,
    edits: [[write, '{ await publish(ofChange(change)); coverage.apply(change); };']],
  },
  {
    name: 'a poll that found nothing leaves a record in memory alone',
    file: 'src/pipeline.ts',
    tests: ['frontier'],
    edits: [['isWritten ? next : checkpoint', 'next']],
  },
  {
    name: 'who is behind is not asked for',
    file: 'src/core/agenda.ts',
    tests: ['frontier'],
    edits: [
      ['  plan.ask(behind(coverage));\n', ''],
      ['plan.ask(behind(state.coverage));', 'return arrivals.written(change, now);'],
    ],
  },
  {
    name: 'who is behind is asked for at the start of a session alone',
    file: 'src/core/agenda.ts',
    tests: ['core/agenda'],
    edits: [['plan.ask(behind(state.coverage));', 'return arrivals.written(change, now);']],
  },
  {
    name: "a movie without a record begins anew, whatever the frontier's days",
    ...closing,
    edits: [
      ['const before = coverage.at(movieId);', 'const before = coverage.record(movieId) && coverage.at(movieId);'],
    ],
  },
];
