import type { Command } from 'commander';
import { addFormat } from './format.ts';
import type { Format } from './output.ts';

// Each command loads its own file: a `--help` or a wrong flag is answered at once.

const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** `dead-letters list` and `dead-letters replay`. */
const addDeadLetters = (program: Command): void => {
  const letters = program.command('dead-letters').description('what TMDB sent and no event could be made of');
  addFormat(
    letters
      .command('list')
      .description('print the letters that wait, oldest first')
      .option('--movie <ids>', 'only of these movies; separated by commas, or given again', collect)
      .option('--key <key>', 'only this one'),
  ).action(async (options: { movie?: string[]; key?: string; format: Format }) =>
    (await import('./dead-letters.ts')).list(options),
  );
  addFormat(
    letters
      .command('replay')
      .description('make events of letters that this version can read; only says what would be done')
      .argument('[keys...]', 'keys of letters, as list shows them')
      .option('--all', 'every letter', false)
      .option('--execute', 'do it, while instances run or not', false),
  ).action(async (keys: string[], options: { all: boolean; execute: boolean; format: Format }) =>
    (await import('./dead-letters.ts')).replay(keys, options),
  );
};

const addAudit = (program: Command): void => {
  addFormat(
    program
      .command('audit')
      .description('say whether what is published is what TMDB has, and how to mend what is not')
      .argument('[ids...]', 'movies (default: 100 by chance of those with changes on these days)')
      .option(
        '--from <day>',
        'the first UTC day, YYYY-MM-DD (default: twelve days of each movie, as far as they are complete)',
      )
      .option('--to <day>', 'the last UTC day (default: the last that is closed)')
      .option('--movies <number>', 'so many movies by chance')
      .option('--dry-run', 'only say how many requests and minutes it takes', false),
  )
    .addHelpText(
      'after',
      `
Ends with 1 where something is missing or has changed, and names the commands that mend it. A line of json for each
difference: {"kind": "missing", "changed" or "extra", "movie_id", "record_key", "change_key", "changed_at", "tmdb", "kafka"};
the last line is the summary.`,
    )
    .action(
      async (
        ids: string[],
        options: { dryRun: boolean; format: Format; from?: string; to?: string; movies?: string },
      ) => (await import('./audit.ts')).audit(ids, options),
    );
};

const addDoctor = (program: Command): void => {
  addFormat(
    program
      .command('doctor')
      .description('say whether run would work here, and what is wrong with the command that mends it'),
  ).action(async (options: { format: Format }) => (await import('./doctor.ts')).doctor(options));
};

/** What an operator asks and does. */
export const addOperatorCommands = (program: Command): void => {
  for (const add of [addDoctor, addDeadLetters, addAudit]) add(program);
};
