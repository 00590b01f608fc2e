import { pieceOf, type Output } from './parse.ts';
import { dayOf, earlierOf, type Day } from './time.ts';

/** What was published of an item, the last of its stamp. */
export interface Held {
  readonly recordKey: string;
  readonly changeKey: string;
  /** Ms since 1970, as `observedAt`. */
  readonly changedAt: number;
  readonly observedAt: number;
  /** TMDB's group with this one item, as canonical JSON. */
  readonly piece: string;
}

/** What there is of one movie in Kafka, by stamp. */
export interface Published {
  readonly events: ReadonlyMap<string, Held>;
  /** What could not become an event: a letter stands for its item. */
  readonly letters: ReadonlySet<string>;
}

/** TMDB has it and we do not; TMDB has it otherwise; we have it and TMDB shows it no longer. */
export type Kind = 'missing' | 'changed' | 'extra';

export interface Difference {
  readonly kind: Kind;
  readonly movieId: number;
  readonly recordKey: string;
  readonly changeKey: string;
  /** Ms since 1970. */
  readonly changedAt: number;
  /** The pieces of either side, null where it has none. */
  readonly tmdb: string | null;
  readonly kafka: string | null;
}

/** How many items are the same, how many are dead letters, and what differs. */
export interface Verdict {
  readonly same: number;
  readonly letters: number;
  readonly differences: readonly Difference[];
}

const recordKeyOf = (movieId: number, output: Output): string =>
  `${movieId}:${output.kind === 'item' ? output.id : output.stamp}`;

const lineOf = (
  kind: 'missing' | 'changed',
  { movieId, output, kafka }: Shown & { kafka: Held | null },
): Difference => ({
  ...{ kind, movieId, recordKey: recordKeyOf(movieId, output), changedAt: output.place ?? 0 },
  changeKey: typeof output.changeKey === 'string' ? output.changeKey : '',
  tmdb: pieceOf(output),
  kafka: kafka?.piece ?? null,
});

interface Shown {
  readonly movieId: number;
  readonly output: Output;
}

/**
 * What TMDB shows of one movie against what was published of it, both of the same days. An item is known by its stamp, as
 * everywhere; one whose time has changed, by its record key.
 */
export const compareMovie = (movieId: number, { events, letters }: Published, outputs: readonly Output[]): Verdict => {
  const shown = new Map(outputs.map((output) => [output.stamp, output])); // as `unseen` takes them
  const left = new Map([...events].flatMap(([stamp, held]) => (shown.has(stamp) ? [] : [[held.recordKey, held]])));
  const keys = new Set([...shown.values()].map((output) => recordKeyOf(movieId, output)));
  let [same, lettered] = [0, 0];
  const differences: Difference[] = [];
  for (const [stamp, output] of shown) {
    const held = events.get(stamp) ?? left.get(recordKeyOf(movieId, output)) ?? null;
    if (events.has(stamp) && held?.piece === pieceOf(output)) same += 1;
    else if (held === null && letters.has(stamp)) lettered += 1;
    else differences.push(lineOf(held === null ? 'missing' : 'changed', { movieId, output, kafka: held }));
  }
  // An older copy of what TMDB still shows is no item of its own.
  const extra = [...left.values()].filter(({ recordKey }) => !keys.has(recordKey));
  for (const { recordKey, changeKey, changedAt, piece } of extra)
    differences.push({ kind: 'extra', movieId, recordKey, changeKey, changedAt, tmdb: null, kafka: piece });
  return { same, letters: lettered, differences };
};

/** Whether a command mends it: what TMDB has forgotten stays published. */
export const isFault = ({ kind }: Difference): boolean => kind !== 'extra';

/** The commands that have everything published which is missing or has changed, one for each day to begin at. */
export const repairsOf = (differences: readonly Difference[]): readonly string[] => {
  const firsts = new Map<number, Day>();
  for (const { movieId, changedAt } of differences.filter(isFault))
    firsts.set(movieId, earlierOf(firsts.get(movieId) ?? '9999-12-31', dayOf(changedAt)));
  const days = Map.groupBy(
    [...firsts].sort(([a], [b]) => a - b),
    ([, day]) => day,
  );
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, movies]) => `tmdb-cdc checkpoint set ${movies.map(([id]) => id).join(' ')} --from ${day} --execute`);
};

/** How many differences there are of a kind. */
export const countOf = (differences: readonly Difference[], kind: Kind): number =>
  differences.filter((difference) => difference.kind === kind).length;
