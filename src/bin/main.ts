#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { ServiceError, usageError } from '../core/errors.ts';
import { addCommands } from './commands.ts';
import { version } from './version.ts';

/** Errors that say all there is to say, and their exit codes. */
const exitCodes = new Map([
  ['UsageError', 2],
  ['CommanderError', 2],
  ['StoppedError', 1],
]);

/** One sentence on stderr and the exit code: 1 for a fault of the table or a command that was stopped, 2 for usage and settings. */
const fail = (error: unknown): void => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // commander has said it already; help and version are no errors
  } else if (error instanceof ServiceError) {
    process.stderr.write(`tmdb-cdc: ${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  } else if (error instanceof Error && exitCodes.has(error.name)) {
    process.stderr.write(`${error.message.replace(/^/gm, 'tmdb-cdc: ')}\n`);
    process.exitCode = exitCodes.get(error.name);
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

addCommands(program);

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
