import { readConfig, type Config, type Environment } from '../../src/config.ts';

/** Reads settings at a time, where files are what `readText` says, and what is wrong with them. */
export const makeSettings = (now: number, readText: (path: string, isSecret?: boolean) => string) => {
  const read = (env: Environment): Config => readConfig(env, { now, needed: [], readText });
  const problemsOf = (env: Environment): string[] => {
    try {
      read(env);
      return [];
    } catch (error) {
      return (error as Error).message.split('\n');
    }
  };
  return { read, problemsOf };
};
