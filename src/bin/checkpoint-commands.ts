import type { Command } from 'commander';
import { addFormat } from './format.ts';
import type { Format } from './output.ts';

// Each command loads its own file.

const executing = ['--execute', 'do it; without, only the plan is shown', false] as const;

interface SetOptions {
  readonly from?: string;
  readonly file?: string;
  readonly execute: boolean;
  readonly format: Format;
}

const addReading = (checkpoint: Command): void => {
  addFormat(
    checkpoint
      .command('list')
      .description('print the checkpoints that there are, one per line; with json, what `set --file` takes back')
      .option('--failing', 'only movies of which days are open that should have been closed by now', false)
      .option('--older-than <day>', 'only movies whose first open day lies before this one, YYYY-MM-DD'),
  )
    .addHelpText(
      'after',
      `
What fails is known to the instance that runs alone, and logged there. --failing says what Kafka knows of it: a watched
movie whose days should have been closed by now, and are not. Where WATCH is not set, nothing is watched.`,
    )
    .action(async (options: { failing: boolean; olderThan?: string; format: Format }) =>
      (await import('./checkpoint.ts')).list(options),
    );
  addFormat(
    checkpoint
      .command('get')
      .description('say where movies are: what is published of them, and what says so')
      .argument('<ids...>', 'movie ids'),
  ).action(async (ids: string[], options: { format: Format }) => (await import('./checkpoint.ts')).get(ids, options));
};

const addChanging = (checkpoint: Command): void => {
  addFormat(
    checkpoint
      .command('set')
      .description('publish movies again from a day on, or go on to a later day and leave out those before')
      .argument('[ids...]', 'movie ids')
      .option('--from <day>', 'the first UTC day that is open from then on, YYYY-MM-DD')
      .option('--file <file>', 'lines as `checkpoint list --format json` prints them, - for stdin')
      .option(...executing),
  )
    .addHelpText(
      'after',
      `
Back: every event from that day on comes again, once, under the key that it has. On: nothing before that day will be
published any more. A line of a file with since and seen is meant as it is; one without, as --from.
Up to 500 movies are one transaction, of more each 500. One that was killed midway has set some of them: run it again.`,
    )
    .action(async (ids: string[], options: SetOptions) => (await import('./checkpoint-set.ts')).set(ids, options));
  addFormat(
    checkpoint
      .command('reset')
      .description('forget what is published of movies: they begin at START_DATE again')
      .argument('[ids...]', 'movie ids')
      .option('--all', 'every movie, the frontier and what backfill is to do', false)
      .option(...executing),
  ).action(async (ids: string[], options: { all: boolean; execute: boolean; format: Format }) =>
    (await import('./checkpoint-reset.ts')).reset(ids, options),
  );
};

/** Look at what is published, change it, and let the service stand still. All of it is safe while instances run. */
export const addCheckpointCommands = (program: Command): void => {
  addFormat(
    program
      .command('status')
      .description('say who works, how complete it is and whether it is paused; asks no instance'),
  ).action(async (options: { format: Format }) => (await import('./status.ts')).status(options));
  addFormat(
    program
      .command('pause')
      .description('ask TMDB nothing more and keep the place; in force when it returns')
      .option('--reason <text>', 'why, at most 200 characters'),
  ).action(async (options: { reason?: string; format: Format }) => (await import('./pause.ts')).pause(options));
  addFormat(program.command('resume').description('go on after a pause')).action(async (options: { format: Format }) =>
    (await import('./pause.ts')).resume(options),
  );
  const checkpoint = program
    .command('checkpoint')
    .description('look at how far each movie is published, and change it');
  addReading(checkpoint);
  addChanging(checkpoint);
};
