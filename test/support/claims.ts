import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { decode } from '../../src/core/encode.ts';
import type { DeadLetter } from '../../src/core/events.ts';
import { asJson, member, type Json } from '../../src/core/json.ts';
import { toItem, type ChangeEvent } from '../../src/core/map.ts';
import { placeOf, stampOfItem } from '../../src/core/stamp.ts';
import { readCheckpointRecord } from '../../src/core/records.ts';
import { startOf } from '../../src/core/time.ts';
import { checkpointsTopic, watermarksTopic } from '../../src/core/topics.ts';
import type { Entry } from './kafka-model.ts';
import { placeOfEdit, type Edit } from './tmdb-model.ts';
import { prefix, schemas, specs } from './delivery-model.ts';

/** A change as it stands in the log. */
export interface Published {
  readonly topic: string;
  readonly stamp: string;
  readonly name: number;
}

const readChange = ({ topic, value }: Entry): Published => {
  if (value === null) throw new Error(`a tombstone in ${topic}`);
  const schema = specs.find((spec) => spec.topic === topic)?.schema ?? 'other.avsc';
  const read = decode(schemas[schema].type, value);
  if (schema === 'dead-letter.avsc') {
    const letter = read as DeadLetter;
    const [received = null] = member(asJson(letter.raw), 'items') as readonly Json[];
    return { topic, stamp: letter.stamp, name: Number(member(received, 'value')) };
  }
  const event = read as ChangeEvent;
  const name = Number(member(toItem(event), 'value'));
  return { topic, stamp: stampOfItem(event.item_id, event.changed_at), name };
};

/** What a checkpoint says of a movie, against what the log holds of it by then. */
export const falseClaims = (
  checkpoint: Checkpoint | undefined,
  published: readonly Published[],
  all: readonly Edit[],
): string[] => {
  if (checkpoint === undefined) return ['changes without a checkpoint'];
  const { since, from, seen } = checkpoint;
  const [stamps, names] = [new Set(published.map(({ stamp }) => stamp)), new Set(published.map(({ name }) => name))];
  const isOpen = (place: number | null): boolean => place !== null && place >= startOf(from);
  const isClosed = (place: number | null): boolean => place !== null && place >= startOf(since) && !isOpen(place);
  return [
    ...(since > from ? [`it begins on ${since} and ends on ${from}`] : []),
    ...seen.filter((stamp) => !stamps.has(stamp)).map((stamp) => `${stamp} is said to be published`),
    ...[...stamps]
      .filter((stamp) => isOpen(placeOf(stamp)) && !seen.includes(stamp))
      .map((stamp) => `${stamp} is published, and not said to be`),
    ...all
      .filter((edit) => isClosed(placeOfEdit(edit)) && !names.has(edit.name))
      .map(({ name }) => `${name} lies in closed days and is not published`),
  ];
};

const orderOf = (edit: Edit | undefined): number => (edit === undefined ? NaN : (placeOfEdit(edit) ?? Infinity));

const isSorted = (places: readonly number[]): boolean =>
  places.every((place, at) => at === 0 || (places[at - 1] ?? 0) <= place);

/** What of one transaction is ours, and what it says of the checkpoints. */
const readCommit = (commit: readonly Entry[]) => {
  const [records = [], changes = []] = [true, false].map((isOne) =>
    commit.filter(({ topic }) => topic !== watermarksTopic(prefix) && (topic === checkpointsTopic(prefix)) === isOne),
  );
  return {
    changes: Map.groupBy(changes, ({ key }) => Number(key.split(':')[0])),
    records: records.map(({ key, value }) => readCheckpointRecord(key, value?.toString() ?? null)),
  };
};

/** Reads the log commit by commit: what was published of each movie, which nothing may be twice or out of order. */
export const makeLedger = (movies: readonly (readonly Edit[])[]) => {
  const published = movies.map((): Published[] => []);
  const take = (movieId: number, entries: readonly Entry[]): string[] => {
    const problems: string[] = [];
    const [all, before] = [movies[movieId - 1] ?? [], published[movieId - 1] ?? []];
    const fresh = entries.map(readChange);
    for (const [topic, some] of Map.groupBy(fresh, (each) => each.topic)) {
      const places = some.map(({ name }) => all.find((edit) => edit.name === name)).map(orderOf);
      if (!isSorted(places)) problems.push(`${movieId}: out of order in ${topic}`);
    }
    for (const one of fresh) {
      if (before.some(({ name }) => name === one.name)) problems.push(`${movieId}: ${one.name} comes twice`);
      before.push(one);
    }
    return problems;
  };
  return {
    of: (movieId: number): readonly Published[] => published[movieId - 1] ?? [],
    /** Which movies have changes in a commit, what it says of the checkpoints, and what is wrong with it. */
    take: (commit: readonly Entry[]) => {
      const { changes, records } = readCommit(commit);
      const problems = [...changes].flatMap(([movieId, entries]) => take(movieId, entries));
      return { records, problems, changed: [...changes.keys()] };
    },
  };
};
