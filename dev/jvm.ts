import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, kafkaReady, registryReady, type Broker, type Say } from './ready.ts';

const run = promisify(execFile);
const pom = new URL('./jvm/pom.xml', import.meta.url).pathname;
const template = new URL('./jvm/server.properties', import.meta.url).pathname;
const cache = new URL('../.cache/', import.meta.url).pathname;

// Up in two thirds of the time on few cores; no class-data archive: it has to fit the machine's own JVM.
const flags = [
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

/**
 * A child that ends with us, however we end: it is killed once the pipe to its keeper is closed. In a process group of
 * its own, so that Ctrl-C is ours to pass on.
 */
const keep = async (log: string, command: readonly string[]) => {
  const output = await open(log, 'a');
  const keeper = spawn(
    '/bin/sh',
    ['-c', '"$@" & pid=$!; read -r _; kill -9 "$pid"; wait "$pid"', 'keeper', ...command],
    {
      stdio: ['pipe', output.fd, output.fd],
      detached: true,
    },
  );
  await output.close();
  const ended = new Promise((resolve) => keeper.on('close', resolve));
  return async (): Promise<void> => {
    keeper.stdin?.end();
    await ended;
  };
};

const startKafka = async (home: string, dir: string) => {
  const [port, controller] = [await freePort(), await freePort()];
  const properties = join(dir, 'server.properties');
  const text = await readFile(template, 'utf8');
  const values = { CPORT: String(controller), PORT: String(port), DIR: dir } as const;
  await writeFile(
    properties,
    text.replace(/\b(CPORT|PORT|DIR)\b/g, (name) => values[name as keyof typeof values]),
  ); // the three of the pattern

  const java = ['java', ...flags, '-cp', join(home, 'kafka', '*')];
  await run('java', [
    ...java.slice(1),
    '-Xmx128m',
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'dG1kYi1jZGMtZGV2LTAwMA',
    '-c',
    properties,
  ]);
  const stop = await keep(join(dir, 'kafka.log'), [...java, '-Xmx512m', 'kafka.Kafka', properties]);
  const brokers = `127.0.0.1:${port}`;
  const consoleConsumer = `java -cp '${join(home, 'kafka', '*')}' org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server ${brokers}`;
  return { brokers, consoleConsumer, stop, ready: async () => kafkaReady(brokers) };
};

const startRegistry = async (home: string, dir: string) => {
  const port = await freePort();
  const jar = (await readdir(join(home, 'registry'))).find((file) => file.endsWith('-runner.jar'));
  if (jar === undefined) throw new Error(`${home} is not complete: make clean, and again`);
  const settings = [
    `-Dquarkus.http.port=${port}`,
    '-Dquarkus.http.host=127.0.0.1',
    '-Dquarkus.http.access-log.enabled=false',
  ];
  const command = ['java', ...flags, '-Xmx256m', ...settings, '-jar', join(home, 'registry', jar)];
  const registryUrl = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  return {
    registryUrl,
    stop: await keep(join(dir, 'registry.log'), command),
    ready: async () => registryReady(registryUrl),
  };
};

/** The last lines that the two have written, for a start that failed. */
const logsOf = async (dir: string): Promise<string> => {
  const logs = await Promise.all(
    ['kafka.log', 'registry.log'].map(async (file) => readFile(join(dir, file), 'utf8').catch(() => '')),
  );
  return logs.map((log) => log.split('\n').slice(-20).join('\n')).join('\n');
};

/** Kafka and the registry as child processes on free ports, their data in a folder that goes with them. */
export const startJvm = async (say: Say): Promise<Broker> => {
  const home = await fetchJars(say);
  const dir = await mkdtemp(join(tmpdir(), 'tmdb-cdc-broker-'));
  say('starting Apache Kafka and Apicurio Registry on the JVM');
  const starting = [startKafka(home, dir), startRegistry(home, dir)] as const;
  const close = async (): Promise<void> => {
    // Whatever has started by then, also when the other one failed.
    for (const each of await Promise.allSettled(starting)) if (each.status === 'fulfilled') await each.value.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [kafka, registry] = await Promise.all(starting);
    await Promise.all([kafka.ready(), registry.ready()]);
    return { brokers: kafka.brokers, registryUrl: registry.registryUrl, consoleConsumer: kafka.consoleConsumer, close };
  } catch (error) {
    say(await logsOf(dir));
    await close();
    throw error;
  }
};
