import { readIds } from '../core/checkpoint-lines.ts';
import { enter } from '../core/checkpoint.ts';
import { forgottenOf, sayForgotten } from '../core/consequences.ts';
import { usageError } from '../core/errors.ts';
import { resettingAll } from '../core/placing.ts';
import { secondOfId } from '../core/stamp.ts';
import { dayOf, startOf, type Day } from '../core/time.ts';
import { openOperator, type Operator } from '../commands/operator.ts';
import type { Given } from './checkpoint.ts';
import { lookAgain, place, sayPlanned, type HowToSet } from './checkpoint-set.ts';
import { start, untilDone } from './start.ts';

/** The first day of a movie that is forgotten. */
const startDay = ({ config, world }: Given): Day => config.START_DATE ?? dayOf(world.now());

const countFrom = async (operator: Operator, since: Day, signal: AbortSignal) => {
  const days = new Set<Day>();
  let events = 0;
  const note = (key: string): void => {
    const ms = (secondOfId(key.slice(key.indexOf(':') + 1)) ?? 0) * 1000;
    if (ms < startOf(since)) return;
    events += 1;
    days.add(dayOf(ms));
  };
  await operator.published({ movies: new Set(), since }, note, signal);
  return { events, days: days.size };
};

const resetAll = async (given: Given, { execute, format }: HowToSet): Promise<void> => {
  const { config, world } = given;
  const to = startDay(given);
  const operator = openOperator(config, world);
  const run = async (signal: AbortSignal): Promise<void> => {
    const coverage = await operator.read(signal);
    const found = forgottenOf(coverage, to, await countFrom(operator, to, signal));
    if (execute) await operator.place(resettingAll(coverage, to), to, signal);
    const line = format === 'json' ? JSON.stringify({ ...found, executed: execute }) : sayForgotten(found);
    process.stdout.write(`${line}\n`);
    if (!execute) sayPlanned();
  };
  await untilDone(run, config, lookAgain(execute)).finally(operator.close);
};

interface ResetOptions extends HowToSet {
  readonly all: boolean;
}

/** Movies begin at START_DATE again. */
export const reset = async (texts: readonly string[], options: ResetOptions): Promise<void> => {
  if (options.all !== (texts.length === 0)) throw usageError(['either movie ids or --all are needed']);
  const { ids, problems } = readIds(texts);
  if (problems.length > 0) throw usageError(problems);
  const given = start([]);
  if (options.all) return resetAll(given, options);
  const to = enter(startDay(given));
  return place(given, { wishes: ids.map((movieId) => ({ movieId, to })), known: ids }, options);
};
