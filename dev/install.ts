import { execFile } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { promisify } from 'node:util';
import type { Say } from './ready.ts';

const run = promisify(execFile);

/** Of a command's output, '' where it cannot be run. */
const output = async (command: string, ...args: string[]): Promise<string> =>
  run(command, args).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => '',
  );

/** Whether Java 17 or newer and Maven are here. */
export const hasJvm = async (): Promise<boolean> => {
  const java = Number(/version "(\d+)/.exec(await output('java', '-version'))?.[1] ?? 0);
  return java >= 17 && (await output('mvn', '-version')).includes('Maven');
};

const ask = async (question: string): Promise<boolean> => {
  using terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(question);
  return /^(y|yes|)$/i.test(answer.trim());
};

/** Maven and a JRE by apt, where that can be. Asks on a terminal, says so and does it elsewhere. */
export const installJvm = async (say: Say): Promise<boolean> => {
  if (process.getuid?.() !== 0 || (await output('apt-get', '--version')) === '') return false;
  const what = 'maven and default-jre-headless (apt-get, about 120 MB)';
  if (process.stdin.isTTY && !(await ask(`No Docker, Java or Maven here. Install ${what}? [Y/n] `))) return false;
  say(`installing ${what}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-qq'], { env });
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'maven', 'default-jre-headless'], {
    env,
    maxBuffer: 2 ** 26,
  });
  return hasJvm();
};
