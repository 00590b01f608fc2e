import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { addOperatorCommands } from './operator-commands.ts';

// Each command loads its own file: a `--help` or a wrong flag is answered at once.

/** V8 lets its young generation grow to 128 MB; what lives for months needs no more than it starts with (bench/memory.ts). */
const keepYoungSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');

const addWriters = (program: Command): void => {
  program
    .command('provision')
    .description('create the topics and register the schemas that are missing, and report what differs')
    .option('--dry-run', 'only say what would be done', false)
    .action(async (options: { dryRun: boolean }) => (await import('./provision.ts')).provision(options));

  program
    .command('run')
    .description('poll TMDB and publish every change once')
    .option('--once', 'bring every watched movie up to now once, then end', false)
    .action(async (options: { once: boolean }) => {
      keepYoungSmall();
      await (await import('./run.ts')).run(options);
    });

  program
    .command('backfill')
    .description('publish the changes before those that are published, back to a day')
    .requiredOption('--since <day>', 'the first UTC day, YYYY-MM-DD')
    .option('--dry-run', 'only say how many requests and minutes it takes', false)
    .action(async (options: { since: string; dryRun: boolean }) => (await import('./backfill.ts')).backfill(options));
};

const addReaders = (program: Command): void => {
  program
    .command('tail')
    .description('print events, one per line')
    .argument('[topics...]', 'change keys, other, dead_letters, or all; with or without the prefix', ['all'])
    .option(
      '--from <place>',
      'beginning, end, a time of publishing (ISO 8601 with a zone), an offset, or P:OFFSET,… of one topic',
      'end',
    )
    .option('--until <place>', 'where to end, itself left out: now, or as --from (default: go on)')
    .option(
      '--movie <ids>',
      'only these movies; separated by commas, or given again',
      (ids: string, all?: string[]) => [...(all ?? []), ids],
    )
    .option('--format <format>', 'json, or text for people', 'text')
    .addHelpText(
      'after',
      `
A line of json: {"topic", "partition", "offset", "timestamp", "key", "value"}; timestamp is when it was published, in ms
since 1970, and value the event. It is null where the record was removed; where a record is not ours, "problem" stands in
its place and says why.`,
    )
    .action(async (topics: string[], options: { from: string; until?: string; movie?: string[]; format: string }) =>
      (await import('./tail.ts')).tail(topics, options),
    );

  program
    .command('drift')
    .description('say which keys, members, actions and types went by that the typed shapes do not know')
    .option('--from <time>', 'beginning, or a time (ISO 8601 with a zone)', 'beginning')
    .option('--format <format>', 'json or text', 'text')
    .action(async (options: { from: string; format: string }) => (await import('./drift.ts')).drift(options));
};

const addSimulate = (program: Command): void => {
  program
    .command('simulate')
    .description("TMDB's change endpoints on loopback, with edits of their own, for demo and tests")
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port, 0 for a free one', '8155')
    .option('--seed <number>', 'what the edits are made from', '1')
    .option('--edits-per-minute <number>', 'live edits over all movies', '30')
    .option('--movies <ids>', 'movies that are edited', '558449')
    .action(async (options: Record<string, string>) => (await import('./simulate.ts')).simulate(options));
};

/** What there is to be done, each with its flags. */
export const addCommands = (program: Command): void => {
  for (const add of [addWriters, addReaders, addOperatorCommands, addSimulate]) add(program);
};
