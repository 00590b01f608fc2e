import { Option, type Command } from 'commander';

/** `--format`, of every command that answers. */
export const addFormat = (command: Command): Command =>
  command.addOption(
    new Option('--format <format>', 'text for people, or json').choices(['text', 'json']).default('text'),
  );
