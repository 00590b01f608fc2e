// What the docs name in the middle of a sentence: commands, files, anchors. Fenced blocks: docs.test.ts of the integration.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addCommands } from '../../src/bin/commands.ts';
import { secrets, settings } from '../../src/config.ts';
import { anchorsOf, commentsOf, inlineOf, pages, proseOf } from '../support/docs.ts';

const read = (file: string): string => readFileSync(file, 'utf8');
const manifests = readdirSync('deploy').flatMap((name) => (name.endsWith('.yaml') ? [`deploy/${name}`] : []));
const texts: readonly (readonly [file: string, prose: string])[] = [
  ...pages.map((page) => [page, proseOf(read(page))] as const),
  ...[...manifests, 'docker-compose.yml'].map((file) => [file, commentsOf(read(file))] as const),
];
const codes = texts.flatMap(([file, prose]) => inlineOf(prose).map((code) => ({ file, code })));

/** Commands that cannot be held against anything here. */
const listed: Readonly<Record<string, string>> = {
  'TMDB_TOKEN=… WATCH=550,603 docker compose up': 'make test-compose brings the file up',
  'docker compose --profile simulation up': 'make test-compose does it',
  'docker build': 'a name: make test-compose builds the image',
  'docker push': 'a name',
  'docker inspect': 'a name',
  'kubectl create secret generic tmdb-cdc --from-literal=TMDB_TOKEN=eyJ…': 'needs a Kubernetes cluster',
  'kubectl apply -f deploy/kubernetes.yaml': 'needs a Kubernetes cluster; operate.test.ts sends its probes',
  'kubectl run provision --rm -i --restart=Never --image=registry.example.org/tmdb-cdc:0.1.0 --env=KAFKA_BROKERS=kafka:9092 --env=SCHEMA_REGISTRY_URL=http://registry:8081 -- provision':
    'needs a Kubernetes cluster',
  'kubectl port-forward deployment/tmdb-cdc 8090': 'needs a Kubernetes cluster',
  'npm install tmdb-cdc': 'there is no release on npm yet; dev/test-package.sh installs what npm would publish',
};

const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];

/** The program as `main.ts` has it, but that does nothing: a name or a part of a command is no mistake in a sentence. */
const makeProgram = (): Command => {
  const program = new Command('tmdb-cdc').exitOverride().configureOutput({ writeErr: () => undefined });
  addCommands(program);
  for (const command of all(program)) {
    for (const option of command.options) option.mandatory = false;
    for (const argument of command.registeredArguments) argument.required = false;
    if (command.commands.length === 0) command.action(() => undefined);
  }
  return program;
};

const said = (act: () => void): string | null => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** As somebody would type it: `[--flag]` with it, `one|other` with the first. */
const typed = (text: string): string[] =>
  text
    .replaceAll(/\\?\|[^\s\]]*/g, '')
    .replaceAll(/[[\]]/g, '')
    .split(' ');

const targets = [...read('Makefile').matchAll(/^([a-z][a-z-]*):/gm)].map(([, target = '']) => target);
const ignored = ['node_modules', 'dist', '.git', '.cache'];
const inFolder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (ignored.includes(entry.name)) return [];
    return entry.isDirectory() ? [`${path}/`, ...inFolder(path)] : [path];
  });
const files = inFolder('.').map((path) => `/${path}`);

/** Where the file of somebody else is meant, and whose it is. */
const foreign: Readonly<Record<string, string>> = {
  'producer/sendMessages.js': "kafkajs's",
  'kafka-consumer-groups.sh': "Kafka's",
};
const isPath = (word: string): boolean =>
  /^[\w./-]+\.(ts|js|sh|ya?ml|md|json|avsc|toml)$/.test(word) || /^(src|test|dev|deploy|bench|page|tools)\//.test(word);
const isThere = (path: string): boolean =>
  Object.hasOwn(foreign, path) || files.some((file) => file.endsWith(`/${path}`) || file.endsWith(`/${path}/`));

const names = makeProgram().commands.map((command) => command.name());
const programs: Readonly<Record<string, (words: readonly string[]) => string | null>> = {
  'tmdb-cdc': (words) => said(() => void makeProgram().parse(words, { from: 'user' })),
  make: (words) => {
    const lost = words.find((word) => !word.includes('=') && !targets.includes(word));
    return lost === undefined ? null : `the Makefile has no ${lost}`;
  },
  node: ([file = '']) => (isPath(file) ? null : 'a file of this repository is wanted'), // isThere is asked of each word
};

/** What is wrong with what stands in backticks; null: nothing, or it names nothing that is looked at here. */
const problemOf = (code: string): string | null => {
  if (Object.hasOwn(listed, code)) return null;
  const [, set = '', text = ''] = /^((?:[A-Z_]+=\S* )*)(.*)$/.exec(code) ?? [];
  const [first = '', ...words] = typed(text);
  const lost = [first, ...words].find((word) => isPath(word) && !isThere(word));
  if (lost !== undefined) return `${lost} is not there`;
  if (words.length === 0) return null;
  const known = [...Object.keys(settings), ...secrets.map((name) => `${name}_FILE`)];
  const stranger = [...set.matchAll(/([A-Z_]+)=/g)].find(([, name = '']) => !known.includes(name));
  if (stranger !== undefined) return `${stranger[0]} sets nothing`;
  if (names.includes(first)) return programs['tmdb-cdc']?.([first, ...words]) ?? null;
  if (['docker', 'kubectl', 'npm', 'npx'].includes(first)) return 'it is not listed';
  return programs[first]?.(words) ?? null;
};

describe('what stands in backticks', () => {
  it('is a command that there is with its flags, a target, a file that is there, or listed with a reason', () => {
    const wrong = codes.flatMap(({ file, code }) => {
      const problem = problemOf(code);
      return problem === null ? [] : [`${file}: ${code}: ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('has what is listed, and commands enough', () => {
    const found = codes.map(({ code }) => code);
    const words = found.flatMap((code) => [code, ...code.split(' ')]);
    expect(Object.keys({ ...listed, ...foreign }).filter((name) => !words.includes(name))).toEqual([]);
    for (const start of ['tmdb-cdc ', 'make ', 'node ', 'kubectl ', 'checkpoint set '])
      expect(found.filter((code) => code.startsWith(start))).not.toEqual([]);
  });

  it.each([
    ['tmdb-cdc nothing', "unknown command 'nothing'"],
    ['tmdb-cdc checkpoint nothing', "unknown command 'nothing'"],
    ['tmdb-cdc status --nothing', "unknown option '--nothing'"],
    ['checkpoint set ID… [--nothing]', "unknown option '--nothing'"],
    ['tmdb-cdc status everything', 'too many arguments'],
    ['tmdb-cdc status --format xml', 'Allowed choices are text, json'],
    ['NOTHING=1 tmdb-cdc run', 'NOTHING= sets nothing'],
    ['make nothing', 'the Makefile has no nothing'],
    ['node bench/nothing.ts', 'bench/nothing.ts is not there'],
    ['nothing.test.ts', 'nothing.test.ts is not there'],
    ['kubectl get pods', 'it is not listed'],
    ['docker compose down', 'it is not listed'],
    ['npx nothing', 'it is not listed'],
  ])('%s is found to be wrong', (code, why) => {
    expect(problemOf(code)).toContain(why);
  });
});

/** Links to an anchor that no heading has. */
const deadAnchors = (file: string, prose: string): string[] =>
  [...prose.matchAll(/\]\((?!\w+:)([^)#\s]*)#([^)\s]*)\)/g)].flatMap(([, path = '', anchor = '']) => {
    const page = path === '' ? file : join(dirname(file), path);
    return anchorsOf(read(page)).has(anchor) ? [] : [`${file}: ${path}#${anchor}`];
  });

describe('the anchors of links', () => {
  it('are headings', () => {
    expect(texts.flatMap(([file, prose]) => deadAnchors(file, prose))).toEqual([]);
    expect(
      texts
        .map(([, prose]) => prose)
        .join('')
        .match(/\]\([^)]*#/g)?.length,
    ).toBeGreaterThan(10);
  });

  it('are found to be wrong, on the same page and on another one', () => {
    const links = '[a](#nothing), [b](operations.md#nothing), [c](#access-control-lists), [d](operations.md#faults)';
    const found = ['docs/security.md: #nothing', 'docs/security.md: operations.md#nothing'];
    expect(deadAnchors('docs/security.md', links)).toEqual(found);
  });

  it("are made by GitHub's rule", () => {
    const page = '# A `b-c` & [d_e](x), É!\n\n```sh\n# no heading\n```\n\n## Twice\n\n## Twice ##\n';
    expect([...anchorsOf(page)]).toEqual(['a-b-c--d_e-é', 'twice', 'twice-1']);
  });
});
