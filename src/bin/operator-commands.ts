import { Option, type Command } from 'commander';

// Each command loads its own file: a `--help` or a wrong flag is answered at once.

type Format = 'text' | 'json';
const format = (): Option => new Option('--format <format>').choices(['text', 'json']).default('text');
const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];

/** `dead-letters list` and `dead-letters replay`. */
const addDeadLetters = (program: Command): void => {
  const letters = program.command('dead-letters').description('what TMDB sent and no event could be made of');
  letters
    .command('list')
    .description('print the letters that wait, oldest first')
    .option('--movie <ids>', 'only of these movies; separated by commas, or given again', collect)
    .option('--key <key>', 'only this one')
    .addOption(format())
    .action(async (options: { movie?: string[]; key?: string; format: Format }) =>
      (await import('./dead-letters.ts')).list(options),
    );
  letters
    .command('replay')
    .description('make events of letters that this version can read; only says what would be done')
    .argument('[keys...]', 'keys of letters, as list shows them')
    .option('--all', 'every letter', false)
    .option('--execute', 'do it, while instances run or not', false)
    .addOption(format())
    .action(async (keys: string[], options: { all: boolean; execute: boolean; format: Format }) =>
      (await import('./dead-letters.ts')).replay(keys, options),
    );
};

const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('say whether run would work here, and what is wrong with the command that mends it')
    .addOption(format())
    .action(async (options: { format: Format }) => (await import('./doctor.ts')).doctor(options));
};

/** What an operator asks and does. */
export const addOperatorCommands = (program: Command): void => {
  for (const add of [addDoctor, addDeadLetters]) add(program);
};
