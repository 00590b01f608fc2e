import { changeCheckpoints } from './change-checkpoints.ts';
import { makeCheckpointReader } from '../checkpoints.ts';
import { patiently } from '../clients.ts';
import type { Coverage } from '../core/coverage.ts';
import { makeEncode } from '../core/encode.ts';
import { chunksOf, type Letter } from '../core/letters-again.ts';
import { lettersTopic } from '../core/letters.ts';
import { placeName, type From, type Range } from '../core/positions.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { judge, nameOfEvent, replayOf, reread, type Judged, type Reread } from '../core/replay.ts';
import { checkpointsTopic } from '../core/topics.ts';
import { translate, type Given } from '../dead-letters.ts';
import { checkTopics, findSchemas } from '../installation.ts';

/** Clocks of two instances may differ, in ms; the time of a record is its writer's. */
const marginMs = 3_600_000;

/**
 * Which of the events stand in their topics behind the letters, by name: what a newer service has published by itself of
 * a day that is closed by now is written nowhere else. Each look goes on where the last one ended.
 */
const makeLook = ({ clients, world, read }: Given, all: readonly Reread[]) => {
  const wanted = all.flatMap((each) => ('event' in each ? [each] : []));
  const topics = [...new Set(wanted.map(({ event }) => event.topic))];
  const keys = new Set(wanted.map(({ event }) => event.key));
  const places = new Set(wanted.map(({ event }) => placeName(event.topic, event.partition)));
  const oldest = Math.min(world.now(), ...wanted.map(({ letter }) => letter.timestamp)) - marginMs;
  const published = new Set<string>();
  let from: From = { at: 'time', ms: Math.max(oldest, 0) };
  const goOn = (found: readonly Range[]): void => {
    const position = new Map(found.map(({ topic, partition, high }) => [placeName(topic, partition), high]));
    from = { at: 'position', position, elsewhere: { at: 'end' } };
  };
  const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
    for (const record of records) {
      const name = keys.has(record.key ?? '') ? nameOfEvent(await read(record)) : null;
      if (name !== null) published.add(name);
    }
  };
  return async (signal: AbortSignal): Promise<ReadonlySet<string>> => {
    if (topics.length === 0) return published;
    const find = async () => clients.findRanges(topics, from, { at: 'now' }).catch(translate);
    const found = await patiently(find, world, signal);
    const ranges = found.map((range) =>
      places.has(placeName(range.topic, range.partition)) ? range : { ...range, end: range.start },
    );
    await clients.consume({ ranges, onRecords }, signal).catch(translate);
    signal.throwIfAborted();
    goOn(found);
    return published;
  };
};

export interface ReplayOptions {
  /** Else it is only said what would be done. */
  readonly execute: boolean;
  /** Told what becomes of some letters; once it is committed, where it is done. */
  readonly onJudged: (judged: readonly Judged[]) => Promise<void>;
}

/** Makes events of letters, each in one transaction with its stamp and the end of its letter. */
export const replayLetters = async (
  given: Given,
  { letters, execute, onJudged }: ReplayOptions & { readonly letters: readonly Letter[] },
  signal: AbortSignal,
): Promise<void> => {
  const { clients, config, world } = given;
  const { TOPIC_PREFIX: prefix, PARTITIONS: partitions } = config;
  await patiently(async () => checkTopics(clients, config, world), world, signal);
  const schemas = await patiently(async () => findSchemas(clients), world, signal);
  const options = { encode: makeEncode({ prefix, partitions, schemas }), lettersTopic: lettersTopic(prefix) };
  for (const chunk of execute ? chunksOf(letters) : [letters]) {
    const all = chunk.map((letter) => reread(letter, options));
    const look = makeLook(given, all);
    if (execute) {
      let judged: readonly Judged[] = [];
      const decide = async (coverage: Coverage) => {
        const plan = judge(all, coverage, await look(signal));
        ({ judged } = plan);
        return replayOf(plan, coverage, options.lettersTopic);
      };
      await changeCheckpoints({ clients, config, world }, decide, signal);
      await onJudged(judged);
    } else {
      const read = makeCheckpointReader(clients, checkpointsTopic(prefix));
      const { coverage } = await patiently(async () => read(signal).catch(translate), world, signal);
      await onJudged(judge(all, coverage, await look(signal)).judged);
    }
  }
};
