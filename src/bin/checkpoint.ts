import { enter, type Checkpoint } from '../core/checkpoint.ts';
import { lineOf, readIds } from '../core/checkpoint-lines.ts';
import type { Coverage } from '../core/coverage.ts';
import { layout, type Screen } from '../core/display.ts';
import { overdue } from '../core/due.ts';
import { usageError } from '../core/errors.ts';
import { dayOf, isDay } from '../core/time.ts';
import { idsOf } from '../core/watch.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import { openOperator } from '../commands/operator.ts';
import { makePrint, screenOf, type Format } from './output.ts';
import { start, untilDone } from './start.ts';
import { dueOptionsOf } from './status.ts';

/** Where a movie is, and what says so; null: nothing does. */
export const placeIn = (coverage: Coverage, { config, world }: Given, movieId: number): Place | null => {
  const at = coverage.at(movieId);
  const isNew = at === undefined && idsOf(config.WATCH).includes(movieId);
  if (isNew) return { checkpoint: enter(config.START_DATE ?? dayOf(world.now())), by: 'start' };
  if (at === undefined) return null;
  return { checkpoint: at, by: coverage.record(movieId) === undefined ? 'frontier' : 'record' };
};

export interface Given {
  readonly config: Config;
  readonly world: World;
}

export interface Place {
  readonly checkpoint: Checkpoint;
  /** Its own record; the frontier's; or none yet, and it begins there. */
  readonly by: 'record' | 'frontier' | 'start';
}

const words: Readonly<Record<Place['by'], string>> = {
  record: '',
  frontier: 'no record of its own: the frontier speaks for it',
  start: 'no record yet: it begins there once it is polled',
};

const textOf = (movieId: number, { checkpoint, by }: Place, screen: Screen): string => {
  const { since, from, seen } = checkpoint;
  const about = [`${seen.length} seen`, words[by]].filter(Boolean).join('; ');
  return layout(
    [
      { text: String(movieId), width: -10, style: 'bold' },
      { text: `since ${since}` },
      { text: `from ${from}` },
      { text: about },
    ],
    screen,
  );
};

const isJson = (format: Format): boolean => format === 'json';

/** Sentences about movies that nothing is known of. Throws a usage error that names them all. */
export const checkKnown = (coverage: Coverage, given: Given, movies: Iterable<number>): void => {
  const unknown = [...movies].filter((movieId) => placeIn(coverage, given, movieId) === null);
  if (unknown.length === 0) return;
  throw usageError([
    `no checkpoint is known of ${unknown.join(', ')}: there is no record, and WATCH does not name them`,
  ]);
};

interface ListOptions {
  readonly failing: boolean;
  readonly olderThan?: string;
  readonly format: Format;
}

/** The checkpoints that there are, or some of them, in the order of the ids. */
export const list = async ({ failing, olderThan, format }: ListOptions): Promise<void> => {
  if (olderThan !== undefined && !isDay(olderThan))
    throw usageError([`--older-than ${JSON.stringify(olderThan)} is not a day that exists, written YYYY-MM-DD`]);
  const given = start([]);
  const operator = openOperator(given.config, given.world);
  await untilDone(async (signal) => {
    const coverage = await operator.read(signal);
    const late = failing ? new Set(overdue(coverage, dueOptionsOf(given.config, given.world))) : null;
    const [print, screen] = [makePrint(process.stdout, signal), screenOf(process.stdout)];
    for (const movieId of [...coverage.records()].map(([id]) => id).sort((a, b) => a - b)) {
      const checkpoint = coverage.at(movieId);
      if (checkpoint === undefined || late?.has(movieId) === false) continue;
      if (olderThan !== undefined && checkpoint.from >= olderThan) continue;
      await print.add(
        isJson(format) ? lineOf(movieId, checkpoint) : textOf(movieId, { checkpoint, by: 'record' }, screen),
      );
    }
    await print.flush();
  }, given.config).finally(operator.close);
};

/** Where movies are. */
export const get = async (texts: readonly string[], { format }: { format: Format }): Promise<void> => {
  const { ids, problems } = readIds(texts);
  if (problems.length > 0) throw usageError(problems);
  const given = start([]);
  const operator = openOperator(given.config, given.world);
  await untilDone(async (signal) => {
    const coverage = await operator.read(signal);
    checkKnown(coverage, given, ids);
    const screen = screenOf(process.stdout);
    const lines = ids.flatMap((movieId) => {
      const place = placeIn(coverage, given, movieId);
      if (place === null) return [];
      return isJson(format)
        ? JSON.stringify({ movieId, ...place.checkpoint, by: place.by })
        : textOf(movieId, place, screen);
    });
    process.stdout.write(`${lines.join('\n')}\n`);
  }, given.config).finally(operator.close);
};
