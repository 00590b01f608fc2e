import { makeClients, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import { ServiceError, usageError } from '../core/errors.ts';
import { addCounts, fateJson, fateLines, letterJson, letterLines, noCounts, sumLine } from '../core/letter-lines.ts';
import type { Letter } from '../core/letters-again.ts';
import type { Judged } from '../core/replay.ts';
import { moviesOf } from '../core/select.ts';
import { readLetters } from '../dead-letters.ts';
import { replayLetters } from '../commands/replay-letters.ts';
import { makePrint, screenOf } from './output.ts';
import { start, untilDone } from './start.ts';
import { makeReadValue } from './values.ts';

type Format = 'text' | 'json';

type Given = Parameters<typeof readLetters>[0];

/** The letters that wait, with what they were read by. */
const withLetters = async (
  { config, world, otherwise }: { config: Config; world: World; otherwise?: string },
  work: (letters: readonly Letter[], given: Given, signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const clients = makeClients(config, world);
  const run = async (signal: AbortSignal): Promise<void> => {
    const readValue = makeReadValue(clients, world, signal);
    const read = async (record: Parameters<typeof readValue>[0]): Promise<unknown> => {
      const value = await readValue(record);
      return 'value' in value ? value.value : null;
    };
    const given = { clients, config, world, read };
    const { letters, foreign } = await readLetters(given, signal);
    if (foreign > 0) process.stderr.write(`tmdb-cdc: ${foreign} of the records there are not ours\n`);
    await work(letters, given, signal);
  };
  await untilDone(run, config, otherwise).finally(clients.close);
};

const missingAmong = (keys: readonly string[], letters: readonly Letter[]): readonly string[] => {
  const there = new Set(letters.map(({ key }) => key));
  return keys.filter((key) => !there.has(key));
};

/** Throws where a letter that was asked for is not there (any more). */
const failIfMissing = (missing: readonly string[]): void => {
  if (missing.length === 0) return;
  const sentence = `there is no letter ${missing.map((key) => JSON.stringify(key.slice(0, 100))).join(', ')}`;
  throw new ServiceError('LETTER_MISSING', `${sentence}: tmdb-cdc dead-letters list shows those that wait`);
};

/** Prints the letters that wait, oldest first. */
export const list = async (options: { movie?: string[]; key?: string; format: Format }): Promise<void> => {
  const problems: string[] = [];
  const movies = moviesOf(options.movie ?? [], problems);
  if (problems.length > 0) throw usageError(problems);
  const { key, format } = options;
  await withLetters(start([]), async (letters, _, signal) => {
    const isWanted = ({ key: own, value }: Letter): boolean =>
      (key === undefined || key === own) && (movies.size === 0 || movies.has(value.movie_id));
    const wanted = letters.filter(isWanted);
    const { add, flush } = makePrint(process.stdout, signal);
    const lines = format === 'json' ? wanted.map(letterJson) : letterLines(wanted, screenOf(process.stdout));
    for (const line of lines) await add(line);
    await flush();
    if (wanted.length === 0 && key === undefined) process.stderr.write('no dead letter waits\n');
    failIfMissing(missingAmong(key === undefined ? [] : [key], letters));
  });
};

const checkKeys = (keys: readonly string[], all: boolean): void => {
  if (all && keys.length > 0) throw usageError(['--all and keys: give one of them']);
  if (!all && keys.length === 0)
    throw usageError(['which letters? Their keys, as dead-letters list shows them, or --all']);
  const wrong = keys.filter((key) => !/^\d+:./.test(key));
  if (wrong.length > 0)
    throw usageError(wrong.map((key) => `${JSON.stringify(key.slice(0, 100))} is no key of a letter: MOVIE:STAMP`));
};

interface ReplayOptions {
  readonly all: boolean;
  readonly execute: boolean;
  readonly format: Format;
}

/** Says what today's code makes of letters, and with `execute` publishes it. */
export const replay = async (keys: readonly string[], { all, execute, format }: ReplayOptions): Promise<void> => {
  checkKeys(keys, all);
  const otherwise = 'run it again for what is left';
  await withLetters({ ...start([]), otherwise }, async (there, given, signal) => {
    const missing = missingAmong(keys, there);
    const letters = all ? there : there.filter(({ key }) => keys.includes(key));
    let counts = noCounts;
    const { add, flush } = makePrint(process.stdout, signal);
    const onJudged = async (judged: readonly Judged[]): Promise<void> => {
      counts = addCounts(counts, judged);
      const isJson = format === 'json';
      const lines = isJson
        ? judged.map((each) => fateJson(each, execute))
        : fateLines(judged, execute, screenOf(process.stdout));
      for (const line of lines) await add(line);
      await flush();
    };
    if (letters.length > 0) await replayLetters(given, { letters, execute, onJudged }, signal);
    if (format === 'text') await add(sumLine(counts, execute));
    await flush();
    failIfMissing(missing);
  });
};
