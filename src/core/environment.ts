// The environment before it is settings: what has no such name, and what stands in files.
import { withText } from './watch.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a whole file as text; throws a sentence, which does not show the path where that may be the secret itself. */
export type ReadText = (path: string, isSecret?: boolean) => string;

const isBlank = (name: string, value: string | undefined): boolean =>
  value === undefined || (value.trim() === '' && !(name === 'TOPIC_PREFIX' && value === ''));

const kubernetes = /_(SERVICE_(HOST|PORT)(_.+)?|PORT(_\d+_(TCP|UDP)(_(ADDR|PORT|PROTO))?)?)$/;
const ofOtherPrograms = /_(HOME|OPTS|IMAGE)$/;

/** What looks like a setting and is none, a sentence each. HTTP_… is not looked at: HTTP_PROXY and others are not ours. */
export const unknownNames = (env: Environment, known: readonly string[]): string[] =>
  Object.keys(env)
    .filter((name) => /^(TMDB|KAFKA|SCHEMA_REGISTRY)_/.test(name) && !known.includes(name))
    .filter((name) => !kubernetes.test(name) && !ofOtherPrograms.test(name))
    .map((name) => `${name}: there is no such setting (docs/settings.md lists them)`);

const attempt = <T>(problems: string[], name: string, read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    problems.push(`${name}: ${error instanceof Error ? error.message : 'cannot be read'}`);
    return undefined;
  }
};

export interface FileOptions {
  /** Of all settings. */
  readonly names: readonly string[];
  /** Settings that can be given as `…_FILE`. */
  readonly secrets: readonly string[];
  readonly readText: ReadText;
}

/** Every `…_FILE` and `@file` read into the value itself; what is wrong with them is added to `problems`. */
export const withFiles = (
  env: Environment,
  { names, secrets, readText }: FileOptions,
  problems: string[],
): Map<string, string> => {
  const texts = new Map(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || isBlank(name, value) ? [] : [[name, value]],
    ),
  );
  for (const name of secrets) {
    const file = texts.get(`${name}_FILE`);
    if (file === undefined) continue;
    if (texts.has(name)) problems.push(`${name} and ${name}_FILE are both set: unset one`);
    const text = attempt(problems, `${name}_FILE`, () => readText(file.trim(), true));
    if (text !== undefined && isBlank(name, text)) problems.push(`${name}_FILE: the file holds nothing`);
    texts.set(name, isBlank(name, text) ? '' : (text ?? ''));
  }
  // Whoever puts the key itself there must not see it again.
  for (const [name, path] of texts)
    if (names.includes(name) && name.endsWith('_FILE'))
      texts.set(name, attempt(problems, name, () => readText(path.trim(), name.includes('KEY'))) ?? '');
  const list = /^@(.*)$/s.exec(texts.get('WATCH')?.trim() ?? '')?.[1];
  if (list !== undefined) texts.set('WATCH', attempt(problems, 'WATCH', () => withText(list, readText(list))) ?? '');
  return texts;
};
