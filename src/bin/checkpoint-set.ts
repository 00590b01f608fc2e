import { readFileSync } from 'node:fs';
import { readDay, readIds, readLines } from '../core/checkpoint-lines.ts';
import { makeConsequences, sayMove, type Move } from '../core/consequences.ts';
import type { Coverage } from '../core/coverage.ts';
import { layout } from '../core/display.ts';
import { usageError } from '../core/errors.ts';
import { placedBy, placing, type Wish } from '../core/placing.ts';
import { dayOf, earlierOf, type Day } from '../core/time.ts';
import { openOperator, type Operator } from '../commands/operator.ts';
import { checkKnown, type Given } from './checkpoint.ts';
import { screenOf, type Format } from './output.ts';
import { readText, start, untilDone } from './start.ts';

/** A plan is only shown; the answer is data, what it means for whoever reads it is not. */
export const sayPlanned = (): void => void process.stderr.write('nothing is changed yet: --execute does it\n');

const moveOf = (coverage: Coverage, wish: Wish): Move => {
  const before = coverage.at(wish.movieId);
  return { movieId: wish.movieId, before: before ?? null, after: placedBy(wish, before) };
};

/** What the wishes come to, by what is committed, and what is published by now. */
const plan = async (operator: Operator, moves: readonly Move[], signal: AbortSignal) => {
  const consequences = makeConsequences(moves);
  const since = moves.reduce<Day>((first, { after }) => earlierOf(first, after.from), '9999-12-31');
  const movies = new Set(moves.map(({ movieId }) => movieId));
  await operator.published({ movies, since }, consequences.note, signal);
  return moves.map((move) => ({ move, comes: consequences.of(move) }));
};
type Planned = Awaited<ReturnType<typeof plan>>;

const print = (planned: Planned, { format, executed }: { format: Format; executed: boolean }): void => {
  const screen = screenOf(process.stdout);
  const lines = planned.map(({ move, comes }) => {
    const { movieId, before, after } = move;
    return format === 'json'
      ? JSON.stringify({ movieId, before: before?.from ?? null, after: after.from, ...comes, executed })
      : layout([{ text: String(movieId), width: -10, style: 'bold' }, { text: sayMove(move, comes) }], screen);
  });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
};

export interface HowToSet {
  readonly execute: boolean;
  readonly format: Format;
}

interface Wishes {
  readonly wishes: readonly Wish[];
  /** Those of which something must be known already. */
  readonly known: readonly number[];
}

/** What to do where it was stopped. */
export const lookAgain = (execute: boolean): string =>
  execute
    ? 'tmdb-cdc checkpoint get and list say what is changed by now'
    : 'nothing is changed, run it again to see the plan';

/** Shows what wishes come to, and with `execute` makes it so. */
export const place = async (given: Given, { wishes, known }: Wishes, { execute, format }: HowToSet): Promise<void> => {
  const { config, world } = given;
  const operator = openOperator(config, world);
  const run = async (signal: AbortSignal): Promise<void> => {
    const coverage = await operator.read(signal);
    checkKnown(coverage, given, known);
    const planned = await plan(
      operator,
      wishes.map((wish) => moveOf(coverage, wish)),
      signal,
    );
    const back = planned.map(({ move }) => move.after.from).sort()[0];
    if (execute && back !== undefined) await operator.place(placing(wishes), back, signal);
    print(planned, { format, executed: execute });
    if (!execute) sayPlanned();
  };
  await untilDone(run, config, lookAgain(execute)).finally(operator.close);
};

const readFile = (path: string): string => {
  try {
    return path === '-' ? readFileSync(0, 'utf8') : readText(path);
  } catch (error) {
    throw usageError([`--file: ${error instanceof Error ? error.message : 'cannot be read'}`]);
  }
};

interface SetOptions extends HowToSet {
  readonly from?: string;
  readonly file?: string;
}

const wishesOf = (texts: readonly string[], { from, file }: SetOptions, today: Day): readonly Wish[] => {
  if (file !== undefined) {
    if (texts.length > 0 || from !== undefined) throw usageError(['--file goes without movie ids and without --from']);
    const { wishes, problems } = readLines(readFile(file), today);
    if (problems.length > 0) throw usageError(problems.map((problem) => `--file: ${problem}`));
    return wishes;
  }
  if (texts.length === 0 || from === undefined)
    throw usageError(['movie ids and --from DAY are needed, or --file with lines of checkpoint list --format json']);
  const [{ ids, problems }, { day, problems: others }] = [readIds(texts), readDay(from, '--from', today)];
  if (problems.length + others.length > 0) throw usageError([...problems, ...others]);
  return ids.map((movieId) => ({ movieId, to: day }));
};

/** Movies are published again from a day on, or not before it. */
export const set = async (texts: readonly string[], options: SetOptions): Promise<void> => {
  const given = start([]);
  const wishes = wishesOf(texts, options, dayOf(given.world.now()));
  const known = wishes.flatMap(({ movieId, to }) => (typeof to === 'string' ? [movieId] : []));
  await place(given, { wishes, known }, options);
};
