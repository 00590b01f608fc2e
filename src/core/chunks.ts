import type { Change } from './coverage.ts';

/** How many records go into one transaction. */
export const atOnce = 500;

/**
 * Records that are to be others, some at a time, in one pass. Each chunk is to be applied before the next is asked for.
 * A pass over the records goes on where it was whatever is changed meanwhile: a Map's iterator outlives that.
 */
export const chunksOf = function* <Item>(
  items: Iterable<Item>,
  changed: (item: Item) => Change['movies'][number] | null,
): Generator<Change, undefined> {
  let movies: Change['movies'][number][] = [];
  for (const item of items) {
    const one = changed(item);
    if (one !== null) movies.push(one);
    if (movies.length < atOnce) continue;
    yield { movies };
    movies = [];
  }
  if (movies.length > 0) yield { movies };
};
