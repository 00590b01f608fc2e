import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { makeClients, patiently } from '../clients.ts';
import { decode, schemaIdOf, typeOf } from '../core/encode.ts';
import { describe } from '../core/describe.ts';
import { usageError } from '../core/errors.ts';
import type { From } from '../core/positions.ts';
import { parseInstant } from '../core/time.ts';
import { eventTopics, subjectOf } from '../core/topics.ts';
import { start, untilStopped } from './start.ts';

interface TailOptions {
  readonly from: string;
  readonly until?: string;
  readonly format: string;
}

const pairs = /^\d+:\d{1,18}(,\d+:\d{1,18})*$/;

/** Where to begin, null where the text says no such thing. Digits are an offset, whatever else is a time with a zone. */
export const parseFrom = (text: string): From | null => {
  if (text === 'beginning' || text === 'end') return { at: text };
  if (/^\d{1,18}$/.test(text)) return { at: 'offset', offset: BigInt(text) };
  if (pairs.test(text)) {
    const offsets = text.split(',').map((pair) => pair.split(':'));
    return {
      at: 'offsets',
      offsets: new Map(offsets.map(([partition, offset]) => [Number(partition), BigInt(offset ?? 0)])),
    };
  }
  const ms = parseInstant(text);
  return ms === null ? null : { at: 'time', ms: Math.max(ms, 0) }; // -1 and -2 are Kafka's words for the ends
};

/** The topics by their names without or with the prefix; `all` is every topic of events. */
const topicsOf = (names: readonly string[], prefix: string, problems: string[]): string[] => {
  const known = [...Object.keys(eventTopics), 'dead_letters'];
  const bare = names.flatMap((name) =>
    name === 'all' ? Object.keys(eventTopics) : [known.includes(name) ? name : name.slice(prefix.length)],
  );
  const unknown = names.filter(
    (name) =>
      name !== 'all' &&
      !known.includes(name) &&
      !(name.startsWith(prefix) && known.includes(name.slice(prefix.length))),
  );
  problems.push(...unknown.map((name) => `there is no topic ${JSON.stringify(name)}: all, ${known.join(', ')}`));
  return [...new Set(bare)].map((name) => `${prefix}${name}`);
};

const readOptions = (names: readonly string[], { from: text, until, format }: TailOptions, prefix: string) => {
  const problems: string[] = [];
  const topics = topicsOf(names, prefix, problems);
  const from = parseFrom(text) ?? { at: 'end' };
  if (parseFrom(text) === null)
    problems.push(
      `--from ${JSON.stringify(text)} is not beginning, end, an offset, P:OFFSET,… or a time like 2026-08-18T12:00:00Z`,
    );
  if (from.at.startsWith('offset') && topics.length > 1) problems.push('--from with an offset goes with one topic');
  if (until !== undefined && until !== 'now') problems.push(`--until ${JSON.stringify(until)} is not now`);
  if (format !== 'json' && format !== 'text') problems.push(`--format ${JSON.stringify(format)} is not json or text`);
  if (problems.length > 0) throw usageError(problems);
  return { topics, from, untilNow: until === 'now', isJson: format === 'json' };
};

interface Read {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: string | null;
}

const foreign = 'not a value of ours';

const jsonLine = ({ topic, partition, offset, timestamp, key }: Read, value: unknown): string =>
  JSON.stringify({
    topic,
    partition,
    offset: Number(offset),
    timestamp,
    key,
    ...(value === undefined ? { problem: foreign } : { value }),
  });

const textLine = ({ topic, partition, offset }: Read, value: unknown): string =>
  `${topic}/${partition}@${offset}  ${describe(value) ?? (value === null ? 'tombstone' : foreign)}`;

/** The value as the writer's schema reads it; undefined where it is not Avro of that schema. */
const tryDecode = (type: ReturnType<typeof typeOf>, value: Buffer): unknown => {
  try {
    return decode(type, value);
  } catch {
    return undefined;
  }
};

/**
 * Ends as SIGINT does once nobody reads our pipe: while there is nothing to write, no write can fail. Linux tells it to
 * whoever opens the pipe again.
 */
const watchReader = () => {
  const isPipe = fstatSync(1).isFIFO();
  return setInterval(() => {
    if (!isPipe) return;
    try {
      closeSync(openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENXIO') process.emit('SIGINT'); // what openSync throws
    }
  }, 300);
};

/** Prints what is in the topics, one line an event. stdout is awaited, so memory is bounded however slow its reader is. */
export const tail = async (names: readonly string[], options: TailOptions): Promise<void> => {
  const { config, world } = start([]);
  const { topics, from, untilNow, isJson } = readOptions(names, options, config.TOPIC_PREFIX);
  const { registry, findRanges, consume, close } = makeClients(config, world);
  const types = new Map<number, Promise<ReturnType<typeof typeOf> | null>>();
  const typeById = async (topic: string, id: number) => {
    const known =
      types.get(id) ??
      registry.schemaOf(subjectOf(topic), id).then((schema) => (schema === null ? null : typeOf(schema)));
    types.set(id, known);
    return known;
  };
  const read = async (topic: string, value: Buffer | null): Promise<unknown> => {
    if (value === null) return null;
    const id = schemaIdOf(value);
    const type = id === null ? null : await typeById(topic, id);
    return type === null ? undefined : tryDecode(type, value);
  };
  await untilStopped(async (signal) => {
    const ranges = await patiently(async () => findRanges(topics, from), world, signal);
    const onRecords = async (records: readonly (Read & { readonly value: Buffer | null })[]): Promise<void> => {
      for (const record of records) {
        if (signal.aborted) return;
        const value = await read(record.topic, record.value);
        const line = isJson ? jsonLine(record, value) : textLine(record, value);
        if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain', { signal });
      }
    };
    const watch = watchReader();
    await consume({ ranges, untilNow, onRecords }, signal).finally(() => clearInterval(watch));
  }, config).finally(close);
};
