import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { World } from '../clients.ts';
import type { settings } from '../config.ts';
import { readConfig, type Config } from '../config.ts';
import { withPrincipal } from '../core/errors.ts';
import { misfit, unreadable } from '../core/text-file.ts';
import { makeLog } from '../log.ts';

/** A whole text file. Throws a sentence that names the file and the reason. */
export const readText = (path: string, isSecret = false): string => {
  try {
    const about = statSync(path);
    const problem = misfit({ isDirectory: about.isDirectory(), size: about.size });
    if (problem !== null) throw new Error(problem);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const name = isSecret ? 'its file' : `file ${JSON.stringify(path)}`;
    throw new Error(`${name}: ${unreadable(error, process.getuid?.())}`, { cause: error });
  }
};

/** The settings, and the world as it is. Throws a usage error that names everything that is wrong. */
export const start = (
  needed: readonly (keyof typeof settings)[],
): { readonly config: Config; readonly world: World } => {
  const now = (): number => Date.now();
  const config = readConfig(process.env, { now: now(), needed, readText });
  return { config, world: { log: makeLog(config.LOG_LEVEL), now, chance: Math.random, randomId: randomUUID } };
};

/**
 * The settings as far as they can be used: without those that are needed and missing; null where others are wrong. All
 * that is wrong with them is in `problems`.
 */
export const startAnyhow = (needed: readonly (keyof typeof settings)[]) => {
  const problems: string[] = [];
  const attempt = (names: typeof needed) => {
    try {
      return start(names);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'UsageError') throw error;
      if (problems.length === 0) problems.push(...error.message.split('\n'));
      return null;
    }
  };
  return { given: attempt(needed) ?? attempt([]), problems };
};

/**
 * A signal that the first SIGINT or SIGTERM aborts; the second one ends the process as if nobody had listened, which is
 * as safe as SIGKILL. `release` lets go of both. `isAsked`: somebody has sent it, and not our own reader by closing the
 * pipe.
 */
const stopSignal = () => {
  const stop = new AbortController();
  let isAsked = false;
  const onSignal = (name?: NodeJS.Signals): void => {
    isAsked = name !== undefined;
    stop.abort();
    release();
  };
  const release = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return { signal: stop.signal, release, isAsked: () => isAsked };
};

/** As whom Kafka knows us. */
export const principalOf = ({ KAFKA_SASL_USERNAME, KAFKA_SSL_CERT_FILE }: Config): string => {
  if (KAFKA_SASL_USERNAME !== undefined) return `User:${KAFKA_SASL_USERNAME}`;
  return KAFKA_SSL_CERT_FILE === undefined ? 'User:ANONYMOUS' : 'the user of KAFKA_SSL_CERT_FILE';
};

type Run = (signal: AbortSignal) => Promise<void>;

/** Gives whether somebody has stopped it by a signal. */
const untilEnd = async (command: Run, config: Config | null): Promise<boolean> => {
  const { signal, release, isAsked } = stopSignal();
  try {
    await command(signal);
  } catch (error) {
    if (!signal.aborted) throw config === null ? error : withPrincipal(error, principalOf(config));
  } finally {
    release();
  }
  return isAsked();
};

/** Runs a command until it ends by itself or by SIGINT or SIGTERM, which is no fault. */
export const untilStopped = async (command: Run, config: Config | null = null): Promise<void> => {
  await untilEnd(command, config);
};

/**
 * The same for a command whose end says that it is done: stopped by a signal, it is not. `otherwise` is what to do then;
 * default: to run it again.
 */
export const untilDone = async (
  command: Run,
  config: Config | null,
  otherwise = 'it has no result, run it again',
): Promise<void> => {
  if (await untilEnd(command, config))
    throw Object.assign(new Error(`stopped by a signal: ${otherwise}`), { name: 'StoppedError' });
};
