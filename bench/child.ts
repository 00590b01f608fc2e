// A process for each side of a comparison, so that CPU and garbage collection of one are not the other's.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  /** Sends a question and waits for its answer; rejects where the child ends instead. */
  readonly ask: <Answer>(question: object) => Promise<Answer>;
  readonly pid: number;
  readonly close: () => Promise<void>;
}

const askOf =
  (child: ChildProcess) =>
  async <Answer>(question: object): Promise<Answer> => {
    const over = new AbortController();
    const { signal } = over;
    try {
      const answer = once(child, 'message', { signal });
      const end = once(child, 'exit', { signal }).then(() => {
        throw new Error(`a child of the bench ended: ${child.spawnargs.join(' ')}`);
      });
      child.send(question);
      return ((await Promise.race([answer, end])) as [Answer])[0];
    } finally {
      over.abort();
    }
  };

export interface ChildOptions {
  /** Of Node. */
  readonly flags?: readonly string[];
  /** `ignore`: to /dev/null. */
  readonly stdout?: 'inherit' | 'ignore';
}

/** Starts a file of this folder. */
export const startChild = (
  file: string,
  env: NodeJS.ProcessEnv,
  { flags = [], stdout = 'inherit' }: ChildOptions = {},
): Child => {
  const child = fork(new URL(file, import.meta.url), {
    env,
    execArgv: [...flags],
    serialization: 'advanced',
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  return { ask: askOf(child), pid: child.pid ?? 0, close };
};

/** The child's half: one question at a time. What it throws ends it, and so does the end of its parent. */
export const answerWith = (handle: (question: never) => Promise<object>): void => {
  process.on('disconnect', () => process.kill(process.pid));
  process.on('message', (question) => {
    void handle(question as never).then((answer) => process.send?.(answer));
  });
};
