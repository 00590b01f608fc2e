// The first command of the README: TMDB (simulated without TMDB_TOKEN), Kafka, the service, and its events as they come.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { withBroker } from './broker.ts';
import { freePort, type Broker, type Say } from './ready.ts';
import { showPage } from './show-page.ts';

const cli = new URL('../dist/bin/main.js', import.meta.url).pathname;
const startedAt = performance.now();
const say: Say = (line) =>
  void process.stderr.write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${line}\n`);

const movie = '558449';
/** The make-up of the example in TMDB's documentation. */
const exampleEvents = 14;
/** Without a terminal the demo ends after so many events: the example, and live edits behind it. */
const enough = exampleEvents + 3;
const limitMs = 120_000;

type Environment = Record<string, string | undefined>;

const children = new Set<ChildProcess>();
const start = (env: Environment, ...args: string[]): ChildProcess => {
  const child = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
};
const stopAll = async (): Promise<void> => {
  await Promise.all(
    [...children].map(async (child) => {
      child.kill('SIGTERM');
      await once(child, 'close');
    }),
  );
};

const linesOf = (child: ChildProcess) => {
  if (child.stdout === null) throw new Error('no stdout');
  return createInterface({ input: child.stdout });
};

const runToEnd = async (env: Environment, ...args: string[]): Promise<void> => {
  const child = start(env, ...args);
  linesOf(child).on('line', (line) => process.stderr.write(`         ${line}\n`));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`tmdb-cdc ${args.join(' ')} ended with ${code ?? 'a signal'}`);
};

const startTmdb = async (env: Environment): Promise<Environment> => {
  if ((env['TMDB_TOKEN'] ?? '') !== '') {
    say('TMDB: the real one, because TMDB_TOKEN is set');
    return { ...env, WATCH: env['WATCH'] ?? movie };
  }
  const simulator = start(env, 'simulate', '--port', '0', '--movies', movie, '--edits-per-minute', '40');
  const [url] = (await Promise.race([once(linesOf(simulator), 'line'), once(simulator, 'close')])) as [unknown];
  if (typeof url !== 'string') throw new Error('the simulation has ended');
  say(`TMDB: a simulation at ${url}, because TMDB_TOKEN is not set`);
  return { ...env, TMDB_TOKEN: 'any-token-will-do', TMDB_URL: url, WATCH: movie };
};

const hints = ({ brokers, registryUrl, consoleConsumer }: Broker): string => {
  const settings = `KAFKA_BROKERS=${brokers} SCHEMA_REGISTRY_URL=${registryUrl}`;
  const own = `node dist/bin/main.js tail videos --from beginning --until now --format json`;
  const java = consoleConsumer ?? `kafka-console-consumer.sh --bootstrap-server ${brokers}`;
  const keys =
    '--topic tmdb.movie.images --from-beginning --isolation-level read_committed --formatter-property print.key=true --formatter-property print.value=false';
  return [
    '',
    'To look further, in another terminal while this runs:',
    `  ${settings} ${own}`,
    `  ${java} ${keys}`,
    '',
  ].join('\n');
};

/** Prints events until there are enough, or until the signal. Resolves with how many came of each change key. */
const show = async (env: Environment, isEnough: (count: number) => boolean, signal: AbortSignal) => {
  const counts = new Map<string, number>();
  const colour = process.stdout.isTTY && process.stdout.hasColors() ? { FORCE_COLOR: '1' } : {};
  const child = start({ ...env, ...colour }, 'tail', 'all', '--from', 'beginning');
  const lines = linesOf(child);
  const stop = (): void => lines.close();
  signal.addEventListener('abort', stop);
  child.once('close', stop);
  let total = 0;
  for await (const line of lines) {
    process.stdout.write(`${line}\n`);
    const [, , , what = ''] = stripVTControlCharacters(line).split(/ {2,}/);
    const key = what.split(' ')[0] ?? '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
    total += 1;
    if (total === 1) say('first event');
    if (isEnough(total)) break;
  }
  return counts;
};

const demo = async (broker: Broker, stopped: AbortSignal): Promise<number> => {
  const isTerminal = process.stdout.isTTY;
  const signal = isTerminal ? stopped : AbortSignal.any([stopped, AbortSignal.timeout(limitMs)]);
  const addresses = { KAFKA_BROKERS: broker.brokers, SCHEMA_REGISTRY_URL: broker.registryUrl };
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const pace = { POLL_INTERVAL_SECONDS: '2', START_DATE: yesterday, LOG_LEVEL: 'warn' };
  try {
    const port = process.env['HTTP_PORT'] ?? String(await freePort());
    const own = { ...pace, ...process.env, ...addresses, HTTP_PORT: port, NODE_OPTIONS: undefined };
    const env = await startTmdb(own);
    say('provisioning topics and schemas');
    await runToEnd(env, 'provision');
    say('running the service; events as they are committed:');
    process.stderr.write(hints(broker));
    const service = start(env, 'run');
    const ended = once(service, 'close');
    const shown = port === 'off' ? null : showPage(port, say);
    // Without the service no more events come.
    const watched = new AbortController();
    void ended.then(() => watched.abort());
    const counts = await show(
      env,
      (count) => !isTerminal && count >= enough,
      AbortSignal.any([signal, watched.signal]),
    );
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    await Promise.race([Promise.all([stopAll(), shown]), ended]);
    process.stdout.write(
      `\n${[...counts].map(([key, count]) => `${String(count).padStart(5)}  ${key}`).join('\n')}\n${String(total).padStart(5)}  in all\n`,
    );
    return isTerminal || total >= enough ? 0 : 1;
  } finally {
    await stopAll();
  }
};

process.stdout.on('error', () => undefined);
process.exitCode = await withBroker(say, demo);
