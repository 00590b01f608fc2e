import { once } from 'node:events';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hasJvm } from '../../dev/install.ts';
import { fetchJars } from '../../dev/java.ts';
import { secrets, settings } from '../../src/config.ts';
import { eventTopics } from '../../src/core/topics.ts';
import { eventually, runCli, token, type Env } from '../support/cli.ts';
import { asPattern, blocks, fenceCount, pages, type Block } from '../support/docs.ts';
import { missing, python } from '../support/python.ts';
import { abortOne, expectOk, provisioned, settingsFor, startTmdb } from '../support/stage.ts';

const run = promisify(execFile);

/** What is shown, not done. */
const shown = ['text', 'json', 'mermaid'];

/** Commands that are not run here, by their first line. */
const listed: Readonly<Record<string, string>> = {
  'make demo    # installs, finds or starts a Kafka, and shows changes arriving: no token, no Docker needed':
    'make test is what runs this; .ci/run begins with make demo',
  'make build && npm link                      # there is no release on npm yet':
    'changes the machine; dev/test-package.sh installs what npm would publish',
  'kafka-avro-console-consumer --bootstrap-server localhost:9092 --topic tmdb.movie.videos --from-beginning \\':
    "Confluent's distribution is not in the public repositories: an image pull",
  "kcat -C -e -b localhost:9092 -t tmdb.movie.videos -s value=avro -r http://localhost:8081 -f '%k %s\\n'":
    "Debian's kcat is built without Avro, the image that has it is a pull",
  'topics=tmdb.movie.videos': 'needs a Connect cluster',
  'settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, "exactly_once_v2"); // or isolation.level=read_committed alone':
    'needs a Streams application',
  'ADD="kafka-acls.sh --bootstrap-server kafka-1.example.org:9093 --command-config admin.properties --add"':
    'needs a cluster with an authorizer; acl.test.ts grants the same rights on one',
  'kubectl rollout restart deployment/tmdb-cdc': 'needs a Kubernetes cluster',
  "SET 'processing.guarantee' = 'exactly_once_v2';": 'needs a ksqlDB cluster',
};

mkdirSync('.cache', { recursive: true });
const dir = mkdtempSync(`${process.cwd()}/.cache/docs-`);
const jars = (await hasJvm()) ? join(await fetchJars(() => undefined), 'kafka', '*') : null;
let tmdb: Awaited<ReturnType<typeof startTmdb>>;
let env: Env;

/** A command of the docs, in the PATH. */
const addCommand = (name: string, ...command: readonly string[]): void =>
  writeFileSync(join(dir, 'bin', name), `#!/bin/sh\nexec ${command.map((part) => `'${part}'`).join(' ')} "$@"\n`, {
    mode: 0o755,
  });

beforeAll(async () => {
  tmdb = await startTmdb([550, 603]);
  env = await provisioned(settingsFor('docs', { TMDB_URL: tmdb.url, WATCH: '550,603' }));
  expectOk(await runCli(['run', '--once'], env));
  await abortOne(
    env,
    [...Object.keys(eventTopics), 'dead_letters'].map((name) => `${env['TOPIC_PREFIX'] ?? ''}${name}`),
  );
  mkdirSync(join(dir, 'bin'));
  addCommand('tmdb-cdc', process.execPath, join(process.cwd(), 'src/bin/main.ts'));
  if (jars !== null)
    addCommand('kafka-console-consumer.sh', 'java', '-cp', jars, 'org.apache.kafka.tools.consumer.ConsoleConsumer');
  symlinkSync(join(process.cwd(), 'examples'), join(dir, 'examples'));
}, 120_000);
afterAll(() => {
  tmdb.close();
  rmSync(dir, { recursive: true });
});

/** With the addresses, the token and the topics of this test in place of those of the docs. */
const here = (text: string): string => {
  const { KAFKA_BROKERS: brokers = '', SCHEMA_REGISTRY_URL: registry = '' } = process.env;
  const prefix = env['TOPIC_PREFIX'] ?? '';
  return text
    .replaceAll('localhost:9092', brokers)
    .replaceAll("registry: 'http://localhost:8081'", `registry: '${registry}', prefix: '${prefix}'`)
    .replaceAll('http://localhost:8081', registry)
    .replaceAll('tmdb.movie.', prefix)
    .replaceAll('eyJ…', token);
};

const commands: Readonly<Record<string, (file: string) => readonly string[]>> = {
  sh: (file) => ['/bin/bash', '-euo', 'pipefail', file],
  ts: (file) => [process.execPath, file],
  python: (file) => [python, file],
};

const start = (block: Block) => {
  const file = join(dir, `block-${blocks.indexOf(block)}.${block.language}`);
  writeFileSync(file, here(block.text));
  const [command = '', ...args] = commands[block.language]?.(file) ?? [];
  const { HOME, PATH = '', KAFKA_BROKERS, SCHEMA_REGISTRY_URL } = process.env;
  const child = spawn(command, args, {
    cwd: dir,
    env: {
      ...{
        ...env,
        HOME,
        KAFKA_BROKERS,
        SCHEMA_REGISTRY_URL,
        PATH: [join(dir, 'bin'), dirname(process.execPath), PATH].join(':'),
      },
      NODE_OPTIONS: `--import ${join(process.cwd(), 'test/support/sources.js')}`,
    },
  });
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  return { child, texts, ended: once(child, 'close') };
};

/** A program that goes on until a SIGTERM gets it once it has shown what the page says it shows. */
const isEndless = ({ text }: Block): boolean => text.includes('SIGTERM');

const reasonOf = (block: Block): string | null => {
  if (block.language === 'python') return missing;
  return block.text.startsWith('kafka-console-consumer.sh') && jars === null ? 'Java 17 and Maven are not here' : null;
};

const commandsOf = blocks.filter(({ language }) => !shown.includes(language));
const isListed = ({ name }: Block): boolean => Object.hasOwn(listed, name);

it('every command of the docs is run here, or listed with a reason; no more are listed than there are', () => {
  expect(blocks.length * 2 + blocks.filter(({ prints }) => prints !== null).length * 2).toBe(fenceCount);
  const unknown = commandsOf.filter((block) => !isListed(block) && commands[block.language] === undefined);
  expect(unknown.map(({ page, language, name }) => `${page}: ${language}: ${name}`)).toEqual([]);
  const names = commandsOf.map(({ name }) => name);
  expect(Object.keys(listed).filter((name) => !names.includes(name))).toEqual([]);
});

/** Clients that read committed unless they are told otherwise. */
const readsCommitted = /tmdb-cdc|confluent_kafka|kcat/;

it('every consumer of the docs reads committed, by what it says or by what its client does', () => {
  const consumers = commandsOf.filter(
    ({ text }) => /tmdb\.movie\.|changes\(/.test(text) && !text.includes('kafka-acls'),
  );
  expect(consumers.length).toBeGreaterThan(8);
  const silent = consumers.filter(
    ({ text }) => !readsCommitted.test(text) && !/isolation.level.read_committed|exactly_once_v2/.test(text),
  );
  expect(silent.map(({ page, name }) => `${page}: ${name}`)).toEqual([]);
});

describe.each(commandsOf.filter((block) => !isListed(block)))('$page: $name', (block) => {
  const reason = reasonOf(block);
  (reason === null ? it : it.skip)(
    reason ?? 'does what the page says',
    async () => {
      const { child, texts, ended } = start(block);
      if (isEndless(block)) {
        const isShown = () => expect(texts.out).toMatch(asPattern(here(block.prints ?? '…')));
        await Promise.race([eventually(isShown, 60_000), ended]);
        child.kill('SIGTERM');
      }
      const [code] = (await ended) as [number | null];
      expect({ code, stderr: code === 0 ? '' : texts.err }).toEqual({ code: 0, stderr: '' });
      if (block.prints !== null) expect(texts.out).toMatch(asPattern(here(block.prints)));
      expect(texts.out).not.toContain('aborted');
    },
    120_000,
  );
});

it("the programs of the docs pass the compiler's checks, as strict as our own", async () => {
  const programs = commandsOf.filter(({ language }) => language === 'ts');
  programs.forEach(({ text }, at) => writeFileSync(join(dir, `typed-${at}.ts`), text));
  const config = { extends: join(process.cwd(), 'tsconfig.json'), include: ['typed-*.ts'] };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
  const { stdout } = await run('npx', ['tsc', '-p', dir]).catch((error: unknown) => error as { stdout: string });
  expect(stdout).toBe('');
}, 60_000);

it('every variable that the docs set is a setting', () => {
  const exports = commandsOf.flatMap(({ text }) => [...text.matchAll(/^export (.*)$/gm)].map(([, all = '']) => all));
  const names = exports.flatMap((all) => [...all.matchAll(/(?:^| )([A-Z_]+)=/g)].map(([, name = '']) => name));
  const known = [...Object.keys(settings), ...secrets.map((name) => `${name}_FILE`)];
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !known.includes(name))).toEqual([]);
});

it('every link between the pages leads to a file', () => {
  const dead = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!\w+:|#)([^)#]+)/g)]
      .map(([, path = '']) => join(dirname(page), path))
      .filter((path) => !existsSync(path))
      .map((path) => `${page}: ${path}`),
  );
  expect(dead).toEqual([]);
});

/** The commands of the README's tables, `checkpoint set` as two words, with the row. */
const rows = [...readFileSync('README.md', 'utf8').matchAll(/^\| `([a-z-]+(?: [a-z]+)?)(?=[ `]).*$/gm)].map(
  ([row, command = '']) => ({ command, row }),
);

it('the README lists the commands that there are', async () => {
  const { stdout } = await runCli(['--help'], env);
  const commandsThere = [...stdout.matchAll(/^ {2}([\w-]+) {2,}|^ {2}([\w-]+) \[/gm)].map(
    ([, bare, name]) => bare ?? name,
  );
  const listedThere = [...new Set(rows.map(({ command }) => command.split(' ')[0]))];
  expect(listedThere.sort()).toEqual(commandsThere.filter((name) => name !== 'help').sort());
});

it.concurrent.each(rows)('$command has the flags that the README gives it', async ({ command, row }) => {
  const { stdout } = await runCli([...command.split(' '), '--help'], env);
  expect(stdout).toContain(`Usage: tmdb-cdc ${command} [`);
  const flags = [...row.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
  expect(flags.filter((flag) => !stdout.includes(`  ${flag} `))).toEqual([]);
});
