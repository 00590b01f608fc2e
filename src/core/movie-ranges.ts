import type { Range } from './positions.ts';
import { partitionOf } from './topics.ts';

/** Of each topic only the partitions in which the movies are; every one where none is named. */
export const rangesOfMovies = (ranges: readonly Range[], movies: ReadonlySet<number>): readonly Range[] => {
  const counts = Map.groupBy(ranges, ({ topic }) => topic);
  const partitions = new Map<number, ReadonlySet<number>>();
  const wantedIn = (count: number): ReadonlySet<number> => {
    const known = partitions.get(count) ?? new Set([...movies].map((movie) => partitionOf(movie, count)));
    partitions.set(count, known);
    return known;
  };
  const isOf = ({ topic, partition }: Range): boolean => wantedIn(counts.get(topic)?.length ?? 1).has(partition);
  return movies.size === 0 ? ranges : ranges.map((range) => (isOf(range) ? range : { ...range, end: range.start }));
};

/** The movie in the key of an event or of a dead letter. */
export const movieOf = (key: string | null): number => Number(key?.slice(0, key.indexOf(':')));
