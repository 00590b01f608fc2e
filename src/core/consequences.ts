import type { Checkpoint } from './checkpoint.ts';
import type { Coverage, Frontier } from './coverage.ts';
import { movieOf } from './movie-ranges.ts';
import { secondOfId } from './stamp.ts';
import { addDays, dayOf, daysIn, earlierOf, startOf, type Day } from './time.ts';

/** What a movie's checkpoint is, and what it is to be. */
export interface Move {
  readonly movieId: number;
  /** Null: none yet. */
  readonly before: Checkpoint | null;
  readonly after: Checkpoint;
}

export interface Consequences {
  /** About so many events, of so many days, come again, under the keys that they have. */
  readonly again: { readonly events: number; readonly days: number };
  /** Days of which nothing more is published, besides what is by now. */
  readonly never: number;
  /** Days that come for the first time, by what TMDB has of them. */
  readonly first: number;
}

/** Days in `[start, end)`, none where that is no span. */
const between = (start: Day, end: Day): number => daysIn({ start: earlierOf(start, end), end });

const idOf = (stamp: string): string => stamp.slice(stamp.indexOf('-') + 1);

/** Counts what comes again, by the keys of what is published: each key once. */
export const makeConsequences = (moves: readonly Move[]) => {
  const counts = new Map(
    moves.map(({ movieId, before, after: { from, seen } }) => [
      movieId,
      {
        ...{ startMs: startOf(from), kept: new Set(seen.map(idOf)) },
        // What is published by then, and not what comes while it is counted.
        ...{ openMs: startOf(before?.from ?? from), seen: new Set((before?.seen ?? []).map(idOf)) },
        ...{ keys: new Set<string>(), days: new Set<Day>() },
      },
    ]),
  );
  return {
    /** The key of an event, `<movieId>:<itemId>`. */
    note: (key: string): void => {
      const itemId = key.slice(key.indexOf(':') + 1);
      const [found, second] = [counts.get(movieOf(key)), secondOfId(itemId)];
      if (found === undefined || second === null) return;
      if (second * 1000 < found.startMs || found.kept.has(itemId)) return;
      if (second * 1000 >= found.openMs && !found.seen.has(itemId)) return;
      found.keys.add(itemId);
      found.days.add(dayOf(second * 1000));
    },
    of: ({ movieId, before, after }: Move): Consequences => {
      const { keys, days } = counts.get(movieId) ?? { keys: { size: 0 }, days: { size: 0 } };
      return {
        again: { events: keys.size, days: days.size },
        never: before === null ? 0 : between(before.from, after.from),
        first: before === null ? 0 : between(after.from, before.since),
      };
    },
  };
};

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);
const events = (count: number): string => (count === 1 ? 'about 1 event' : `about ${count} events`);

/** In words. */
export const sayMove = ({ before, after }: Move, { again, never, first }: Consequences): string => {
  const said = [
    ...(again.events === 0
      ? []
      : [`${events(again.events)} of ${days(again.days)} will be published again (same keys)`]),
    ...(first === 0 ? [] : [`${days(first)} before ${before?.since ?? ''} will be published for the first time`]),
    ...(never === 0
      ? []
      : [`${days(never)} will never be published, but for what is by now; tmdb-cdc audit can tell which`]),
  ];
  const rest = said.length === 0 ? 'nothing that is published comes again' : said.join('; ');
  return `from ${before === null ? 'nothing' : before.from} → ${after.from}: ${rest}`;
};

/** What goes when everything is forgotten. */
export interface Forgotten {
  readonly movies: number;
  readonly frontier: Frontier | null;
  readonly backfill: Day | null;
  /** The first day of every movie from then on. */
  readonly to: Day;
  readonly again: Consequences['again'];
  /** Movies of which days before that are not published yet. */
  readonly skipping: number;
  /** Where there is a frontier: days of every movie that lie between the two. */
  readonly never: number;
}

/** What is forgotten where all is, and every movie begins on `to`. */
export const forgottenOf = (coverage: Coverage, to: Day, again: Forgotten['again']): Forgotten => {
  const frontier = coverage.frontier();
  return {
    movies: coverage.size(),
    frontier,
    backfill: coverage.wanted(),
    ...{ to, again },
    skipping: [...coverage.records()].filter(([movieId]) => (coverage.at(movieId)?.from ?? to) < to).length,
    never: frontier === null ? 0 : between(frontier.through, to),
  };
};

export const sayForgotten = (forgotten: Forgotten): string => {
  const { movies, frontier, backfill, to, again, skipping, never } = forgotten;
  const what = [
    `${movies} checkpoints`,
    ...(frontier === null ? [] : [`the frontier (${frontier.since} to ${frontier.through})`]),
    ...(backfill === null ? [] : [`the wish for backfill to ${backfill}`]),
  ].join(', ');
  const open = frontier?.through ?? to;
  const lost = [
    ...(skipping === 0 ? [] : [`of ${skipping} movies days before ${to} will never be published`]),
    ...(never === 0
      ? []
      : [
          `${days(never)} of every movie, ${open} to ${addDays(to, -1)}, will never be published, but for what is by now: set START_DATE=${open} here and for run`,
        ]),
  ];
  const comes = `${events(again.events)} of ${days(again.days)} will be published again (same keys)`;
  return `forgotten: ${what}. Every movie begins on ${to} (START_DATE, or today): ${[comes, ...lost].join('; ')}`;
};
