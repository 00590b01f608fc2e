// Where is Kafka and where is the registry? For demo, tests and benches alike:
//   node dev/broker.ts COMMAND …   runs the command with KAFKA_BROKERS and SCHEMA_REGISTRY_URL set, and stops what it started
//   node dev/broker.ts             prints both and waits for Ctrl-C
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { hasJvm, installJvm } from './install.ts';
import type { Broker, Say } from './ready.ts';

/** The version of the Docker Engine that DOCKER_HOST or the usual socket leads to, null where none answers. */
const engineVersion = async (): Promise<string | null> =>
  new Promise((resolve) => {
    const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
    const url = new URL(host.replace(/^tcp:/, 'http:'));
    const where = url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port };
    const call = request({ ...where, path: '/version', timeout: 3000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve(/"Version":"([^"]+)"/.exec(text)?.[1] ?? null));
    });
    call
      .on('error', () => resolve(null))
      .on('timeout', () => call.destroy())
      .end();
  });

const fromEnvironment = (): Broker | null => {
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl } = process.env;
  if (brokers === undefined || registryUrl === undefined) return null;
  return { brokers, registryUrl, consoleConsumer: null, close: async () => Promise.resolve() };
};

/** Finds or starts Kafka and a registry, and says which and why. BROKER=containers or jvm allows that way alone. */
export const findBroker = async (say: Say): Promise<Broker> => {
  const only = process.env['BROKER'];
  const given = fromEnvironment();
  if (given !== null) {
    say(`broker: ${given.brokers}, because KAFKA_BROKERS and SCHEMA_REGISTRY_URL are set`);
    return given;
  }
  const engine = only === 'jvm' ? null : await engineVersion();
  if (engine !== null) {
    say(`broker: containers, because a Docker Engine answers (${engine})`);
    try {
      const { startContainers } = await import('./containers.ts');
      return await startContainers(say);
    } catch (error) {
      if (only === 'containers') throw error;
      say(`containers do not start (${error instanceof Error ? error.message.slice(0, 200) : ''})`);
    }
  }
  if (only !== 'containers' && ((await hasJvm()) || (await installJvm(say)))) {
    say(
      `broker: the JVM, because ${only === 'jvm' ? 'BROKER=jvm' : 'no container can be had'} and Java and Maven are here`,
    );
    const { startJvm } = await import('./jvm.ts');
    return startJvm(say);
  }
  throw new Error(
    'no broker: set KAFKA_BROKERS and SCHEMA_REGISTRY_URL, or start Docker, or install Java 17 and Maven',
  );
};

/** The command's own exit code. Signals are passed on to it: it ends first, then the broker. */
const runCommand = async (command: readonly string[], broker: Broker, signal: AbortSignal): Promise<number> => {
  const { brokers, registryUrl, consoleConsumer } = broker;
  const addresses = {
    KAFKA_BROKERS: brokers,
    SCHEMA_REGISTRY_URL: registryUrl,
    CONSOLE_CONSUMER: consoleConsumer ?? '',
  };
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'inherit', env: { ...process.env, ...addresses } });
  signal.addEventListener('abort', () => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve(code ?? 130));
  });
};

const waitForStop = async ({ brokers, registryUrl }: Broker, signal: AbortSignal): Promise<number> => {
  process.stdout.write(`export KAFKA_BROKERS=${brokers}\nexport SCHEMA_REGISTRY_URL=${registryUrl}\n`);
  await setTimeout(2 ** 30, undefined, { signal }).catch(() => undefined);
  return 0;
};

/** Starts what is missing, does the work, and stops what it started, also after a failure or Ctrl-C in the middle. */
export const withBroker = async (
  say: Say,
  work: (broker: Broker, signal: AbortSignal) => Promise<number>,
): Promise<number> => {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const broker = await findBroker(say);
    try {
      return stop.signal.aborted ? 130 : await work(broker, stop.signal);
    } finally {
      await broker.close();
    }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
};

// No top-level await: jest's setup requires this file.
if (import.meta.main) {
  const command = process.argv.slice(2);
  const say: Say = (line) => void process.stderr.write(`${line}\n`);
  void withBroker(say, async (broker, signal) =>
    command.length > 0 ? runCommand(command, broker, signal) : waitForStop(broker, signal),
  ).then((code) => (process.exitCode = code));
}
