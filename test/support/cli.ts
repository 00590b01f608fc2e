import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Ended>;
}

/** A token that a test can look for in whatever was written. */
export const token = 'eyJhbGciOiJIUzI1NiJ9.c2VjcmV0LXNlY3JldA.signature';

/** TEST_LOGS=FOLDER keeps what each command wrote to stderr, under the time when it was started. */
const keepLog = ({ pid = 0, stderr }: ChildProcess, command: string): void => {
  const folder = process.env['TEST_LOGS'];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  stderr?.pipe(createWriteStream(join(folder, `${new Date().toISOString()}-${command}-${pid}.log`)));
};

/** The program as a user starts it, from the sources in `cwd`. NODE_OPTIONS of the tests are not a user's. */
export const startCli = (args: readonly string[], env: Env = {}, cwd = '.'): Running => {
  const { PATH, HOME, KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env;
  const child = spawn(process.execPath, ['src/bin/main.ts', ...args], {
    // Most tests run several at once, and ask none of them.
    env: { PATH, HOME, KAFKA_BROKERS, SCHEMA_REGISTRY_URL, HTTP_PORT: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
  });
  keepLog(child, args[0] ?? '');
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: texts.out,
    stderr: texts.err,
  }));
  return { child, out: () => texts.out, err: () => texts.err, ended };
};

export const runCli = async (args: readonly string[], env: Env = {}, cwd = '.'): Promise<Ended> =>
  startCli(args, env, cwd).ended;

/** Waits until the value is as it should be; at the deadline the last failure is the test's. */
export const eventually = async <T>(look: () => T | Promise<T>, limitMs = 15_000, everyMs = 50): Promise<T> => {
  for (const end = performance.now() + limitMs; ;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
