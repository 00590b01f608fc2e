#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command, CommanderError } from 'commander';
import { ServiceError, usageError } from '../core/errors.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const usageErrors = ['UsageError', 'CommanderError'];

/** One sentence on stderr and the exit code: 1 for a fault of the table, 2 for usage and settings. */
const fail = (error: unknown): void => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has said it already; help and version are no errors
  } else if (error instanceof ServiceError) {
    process.stderr.write(`tmdb-cdc: ${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  } else if (error instanceof Error && usageErrors.includes(error.name)) {
    process.stderr.write(`${error.message.replace(/^/gm, 'tmdb-cdc: ')}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(
      `tmdb-cdc: UNEXPECTED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  }
};

/** kafkajs re-arms a timer with a negative delay: Node 24 says so once. Any other warning still shows. */
const muteKafkajsTimer = (): void => {
  const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  process.emitWarning = (...args: unknown[]): void => {
    if (args[1] !== 'TimeoutNegativeWarning') emitWarning(...args);
  };
};

/** V8 lets its young generation grow to 128 MB; what lives for months needs no more than it starts with (bench/memory.ts). */
const keepYoungSmall = (): void => setFlagsFromString('--semi-space-growth-factor=1');

// A reader that has seen enough (`| head`) closes the pipe: that is no fault, and there is nobody to tell it to.
const endOnClosedOutput = (): void => {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') fail(new ServiceError('OUTPUT_FAILED', `stdout cannot be written: ${code ?? message}`));
    process.emit('SIGINT');
  });
};

const program = new Command('tmdb-cdc')
  .description('Change data capture for TMDB: every movie change once, as Avro, in a Kafka topic per change key.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(tmdb-cdc --help lists the commands; docs/settings.md the settings)');

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
  .option('--movie <ids>', 'only these movies; separated by commas, or given again', (ids: string, all?: string[]) => [
    ...(all ?? []),
    ids,
  ])
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

program
  .command('simulate')
  .description("TMDB's change endpoints on loopback, with edits of their own, for demo and tests")
  .option('--host <host>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'port, 0 for a free one', '8155')
  .option('--seed <number>', 'what the edits are made from', '1')
  .option('--edits-per-minute <number>', 'live edits over all movies', '30')
  .option('--movies <ids>', 'movies that are edited', '558449')
  .action(async (options: Record<string, string>) => (await import('./simulate.ts')).simulate(options));

/** As package.json's engines say; an older Node would fail later, and in its own words. */
const checkNode = (): void => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major * 100 + minor >= 2222) return;
  throw usageError([`Node.js 22.22 or newer is needed, this is ${process.versions.node}: nvm install 24`]);
};

muteKafkajsTimer();
endOnClosedOutput();
try {
  checkNode();
  await program.parseAsync();
} catch (error) {
  fail(error);
}
