import { Option, type Command } from 'commander';

const format = (): Option => new Option('--format <format>').choices(['text', 'json']).default('text');

const addAudit = (program: Command): void => {
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
    .option('--dry-run', 'only say how many requests and minutes it takes', false)
    .addOption(format())
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
        options: { dryRun: boolean; format: string; from?: string; to?: string; movies?: string },
      ) => (await import('./audit.ts')).audit(ids, options),
    );
};

/** What operators ask and change while the service runs. */
export const addOperatorCommands = (program: Command): void => {
  for (const add of [addAudit]) add(program);
};
