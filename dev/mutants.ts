// Plants bugs in a copy of the work tree, one at a time, and runs the unit tests that must catch each. Prints the case at
// which a property failed. Arguments: parts of the names of the bugs to plant; none: all of them.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { all } from './mutants/all.ts';
import { plant, type Mutant } from './mutants/mutant.ts';

const atOnce = 2;
const limitMs = 240_000;
/** Cases of a property with a bug planted: enough that chance alone does not let one through. */
const runs = '10000';

/** The work tree as it is, without what git ignores. */
const copyTree = (to: string): void => {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  for (const file of files.split('\0').filter((name) => name !== '' && existsSync(name))) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(file, join(to, file), { verbatimSymlinks: true });
  }
  symlinkSync(resolve('node_modules'), join(to, 'node_modules'));
};

interface Ran {
  readonly outcome: 'passed' | 'failed' | 'broken';
  readonly output: string;
}

/** A test that cannot even be run has caught nothing. */
const broken = /Test suite failed to run|ReferenceError|SyntaxError|is not a function|No tests found/;

const runTests = async (tree: string, tests: readonly string[], env = process.env): Promise<Ran> => {
  const files = tests.map((test) => `test/unit/${test}.test.ts`);
  const args = [
    'node_modules/jest/bin/jest.js',
    '--selectProjects',
    'unit',
    '--runInBand',
    '--runTestsByPath',
    ...files,
  ];
  return new Promise((done) => {
    execFile(
      process.execPath,
      args,
      { cwd: tree, env, timeout: limitMs, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        const output = stdout + stderr;
        if (error === null) done({ outcome: 'passed', output });
        else done({ outcome: error.killed === true || broken.test(output) ? 'broken' : 'failed', output });
      },
    );
  });
};

const sayCaught = (test: string, { outcome, output }: Ran): string => {
  if (outcome !== 'failed') return `${outcome === 'passed' ? 'NOT CAUGHT' : 'DOES NOT RUN'} by ${test}`;
  const [, after] = /Property failed after (\d+) tests/.exec(output) ?? [];
  return after === undefined ? `caught by ${test}` : `caught by ${test}, case ${after}`;
};

/** Whether every test that must catch it does. */
const tryMutant = async (tree: string, mutant: Mutant): Promise<boolean> => {
  const file = join(tree, mutant.file);
  const sound = readFileSync(file, 'utf8');
  writeFileSync(file, plant(sound, mutant));
  try {
    const said: string[] = [];
    let isCaught = true;
    for (const test of mutant.tests) {
      const ran = await runTests(tree, [test], { ...process.env, PROPERTY_RUNS: runs });
      said.push(sayCaught(test, ran));
      isCaught &&= ran.outcome === 'failed';
      if (ran.outcome === 'broken') said.push(ran.output.slice(0, 2000));
    }
    process.stdout.write(`${isCaught ? '   ' : '!! '}${mutant.name}: ${said.join('; ')}\n`);
    return isCaught;
  } finally {
    writeFileSync(file, sound);
  }
};

const makeTree = (root: string, nth: number): string => {
  const tree = join(root, String(nth));
  mkdirSync(tree);
  copyTree(tree);
  return tree;
};

const main = async (root: string): Promise<void> => {
  const wanted = process.argv.slice(2);
  const isWanted = ({ name }: Mutant): boolean => wanted.length === 0 || wanted.some((part) => name.includes(part));
  const mutants = all.filter(isWanted);
  if (mutants.length === 0) throw new Error('no bug has such a name');
  const trees = Array.from({ length: atOnce }, (_, nth) => makeTree(root, nth));
  const [first = ''] = trees;
  for (const mutant of mutants) plant(readFileSync(join(first, mutant.file), 'utf8'), mutant);
  const sound = await runTests(first, [...new Set(mutants.flatMap(({ tests }) => tests))]);
  if (sound.outcome !== 'passed') throw new Error(`without a planted bug the tests are not green:\n${sound.output}`);
  const queue = mutants.values();
  const caught: Mutant[] = [];
  const work = async (tree: string): Promise<void> => {
    for (const mutant of queue) if (await tryMutant(tree, mutant)) caught.push(mutant);
  };
  await Promise.all(trees.map(work));
  process.stdout.write(`caught ${caught.length} of ${mutants.length}\n`);
  process.exitCode = caught.length === mutants.length ? 0 : 1;
};

const root = mkdtempSync(join(tmpdir(), 'mutants-'));
try {
  await main(root);
} finally {
  rmSync(root, { recursive: true, force: true });
}
