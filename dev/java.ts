import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Say } from './ready.ts';

const run = promisify(execFile);
const pom = new URL('./jvm/pom.xml', import.meta.url).pathname;
const cache = new URL('../.cache', import.meta.url).pathname;

// Up in two thirds of the time on few cores; no class-data archive: it has to fit the machine's own JVM.
export const flags = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xshare:auto',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];

/** The jars, fetched by Maven once per pom. */
export const fetchJars = async (say: Say): Promise<string> => {
  const id = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const home = join(cache, `jvm-${id}`);
  if (existsSync(join(home, 'complete'))) return home;
  say('fetching Apache Kafka and Apicurio Registry with Maven (once, about half a minute)');
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await run('mvn', ['-B', '-q', '-f', pom, `-Dbroker.home=${home}`, 'package'], { maxBuffer: 64 * 1024 * 1024 });
  await writeFile(join(home, 'complete'), '');
  return home;
};

/** A process that ends with us, however we end. `end` resolves once it is gone. */
interface Kept {
  readonly signal: (name: 'STOP' | 'CONT') => void;
  readonly end: (name?: 'KILL' | 'TERM') => Promise<void>;
}

// Reads the names of signals from our pipe; its end is our end. The shell gives background jobs no stdin: hence 3.
const keeper = `exec 3<&0; "$@" 3<&- & pid=$!
{ while read -r name; do kill -s "$name" "$pid"; done; kill -s KILL "$pid"; } <&3 & reader=$!
wait "$pid"; kill "$reader"`;

/** In a process group of its own, so that Ctrl-C is ours to pass on. */
const keep = async (log: string, command: readonly string[]): Promise<Kept> => {
  const output = await open(log, 'a');
  const child = spawn('/bin/sh', ['-c', keeper, 'keeper', ...command], {
    stdio: ['pipe', output.fd, output.fd],
    detached: true,
  });
  await output.close();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin?.on('error', () => undefined); // it has ended already
  const signal = (name: string): void => void child.stdin?.write(`${name}\n`);
  const end = async (name = 'KILL'): Promise<void> => {
    signal(name);
    await ended;
  };
  return { signal, end };
};

/** The last lines of every log in the folder. */
const logsIn = async (dir: string): Promise<string> => {
  const files = (await readdir(dir)).filter((file) => file.endsWith('.log'));
  const logs = await Promise.all(files.map(async (file) => readFile(join(dir, file), 'utf8')));
  return logs.map((log, at) => [files[at], ...log.split('\n').slice(-20)].join('\n')).join('\n');
};

/** A folder and what runs in it: both go with `close`, and where `work` fails. */
export const inFolder = async <T>(
  work: (folder: {
    readonly dir: string;
    readonly start: (name: string, command: readonly string[]) => Promise<Kept>;
  }) => Promise<T>,
): Promise<T & { readonly close: () => Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), 'tmdb-cdc-broker-'));
  const started: Kept[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(started.map(async ({ end }) => end()));
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  const start = async (name: string, command: readonly string[]): Promise<Kept> => {
    const kept = await keep(join(dir, `${name}.log`), command);
    started.push(kept);
    return kept;
  };
  try {
    return { ...(await work({ dir, start })), close };
  } catch (cause) {
    const logs = await logsIn(dir);
    await close();
    throw new Error(`${cause instanceof Error ? cause.message : String(cause)}\n${logs}`, { cause });
  }
};
