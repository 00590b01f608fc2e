import { changeCheckpoints, type ChangeOptions, type Decide } from './change-checkpoints.ts';
import { makeCheckpointReader } from '../checkpoints.ts';
import { makeClients, patiently, type Clients, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Coverage } from '../core/coverage.ts';
import type { Watermark } from '../core/events.ts';
import { readFault, ServiceError } from '../core/errors.ts';
import { rangesOfMovies } from '../core/movie-ranges.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { dayMs, startOf, type Day } from '../core/time.ts';
import { checkpointsTopic, eventTopics, groupOf } from '../core/topics.ts';
import { setBack } from '../core/watermark.ts';
import { waitingLetters } from '../dead-letters.ts';
import { checkTopics, findSchemas } from '../installation.ts';
import { errorFields } from '../log.ts';
import { makeWatermarks, readWatermark } from '../watermarks.ts';

/** Of which movies (none: of all), and from which day on. */
interface Published {
  readonly movies: ReadonlySet<number>;
  readonly since: Day;
}

const translate = (error: unknown): never => {
  throw error instanceof ServiceError ? error : readFault(error);
};

interface Keys extends Published {
  readonly clients: Clients;
  readonly world: World;
  readonly prefix: string;
}

const readKeys = async (
  { clients, world, prefix, movies, since }: Keys,
  onKey: (key: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const topics = Object.keys(eventTopics).map((name) => `${prefix}${name}`);
  // Nothing is published before it has happened, and no clock is a day off.
  const from = { at: 'time', ms: Math.max(0, startOf(since) - dayMs) } as const;
  const find = async () => clients.findRanges(topics, from, { at: 'now' }).catch(translate);
  const ranges = await patiently(find, world, signal);
  const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
    for (const { key } of records) if (key !== null) onKey(key);
    return Promise.resolve();
  };
  await clients.consume({ ranges: rangesOfMovies(ranges, movies), onRecords }, signal).catch(translate);
  signal.throwIfAborted();
};

interface Placing {
  readonly decides: readonly Decide[];
  readonly back: Day;
}

/** Nobody else may be there to say that less is published than was said. */
const withMark = async (given: ChangeOptions, { decides, back }: Placing, signal: AbortSignal): Promise<Coverage> => {
  const { clients, world } = given;
  const schemas = await patiently(async () => findSchemas(clients), world, signal);
  const { open, recordsOf } = makeWatermarks({ ...given, schemas });
  const watermarks = open();
  const last = async () => patiently(async () => watermarks.last(signal).catch(translate), world, signal);
  let carrier: Decide | null = null;
  const marked = decides.map((decide): Decide => async (coverage, isWritten) => {
    const decision = await decide(coverage, isWritten);
    if (!isWritten) return decision;
    if (carrier === decide) carrier = null; // asked again: what it said is not in the log
    if (decision === null || carrier !== null) return decision;
    carrier = decide; // of several transactions the first that is committed says it
    return { ...decision, records: recordsOf(setBack(await last(), back, world.now())) };
  });
  try {
    await last(); // the topic is found before anybody is fenced
    return await changeCheckpoints(given, marked, signal);
  } finally {
    await watermarks.close();
  }
};

/** Null where there is none, or where the registry that has its schema is away. */
const lastWatermark = async (
  { clients, config, world }: ChangeOptions,
  signal: AbortSignal,
): Promise<Watermark | null> =>
  readWatermark(clients, config, signal).catch((error: unknown) => {
    if (signal.aborted || !(error instanceof ServiceError) || error.code !== 'REGISTRY_UNREACHABLE')
      return translate(error);
    world.log.warn(errorFields(error), 'the watermark cannot be read');
    return null;
  });

/** What an operator's command reads and changes. Instances may run or not. */
export const openOperator = (config: Config, world: World) => {
  const clients = makeClients(config, world);
  let lastAt: number | null = null;
  const onRecord = ({ timestamp }: ConsumedRecord): void => void (lastAt = Math.max(lastAt ?? 0, timestamp));
  const read = makeCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX), { onRecord });
  /** Waits for Kafka. */
  const check = async (signal: AbortSignal): Promise<void> => {
    await patiently(async () => checkTopics(clients, config, world), world, signal);
  };
  const describe = async () =>
    clients.describeGroup().catch((error: unknown) => {
      throw readFault(error, { operation: 'Describe', group: groupOf(config.TOPIC_PREFIX) });
    });
  return {
    check,
    /** What is committed by now. Waits for Kafka. */
    read: async (signal: AbortSignal): Promise<Coverage> => {
      await check(signal);
      return (await patiently(async () => read(signal).catch(translate), world, signal)).coverage;
    },
    /** When the last of the checkpoints that were read was written, in ms since 1970. */
    lastAt: (): number | null => lastAt,
    change: async (decide: Decide | readonly Decide[], signal: AbortSignal): Promise<Coverage> =>
      changeCheckpoints({ clients, config, world }, decide, signal),
    /** The same of checkpoints that go back to that day or to a later one: the watermark goes back with the first. */
    place: async (decides: readonly Decide[], back: Day, signal: AbortSignal): Promise<Coverage> =>
      withMark({ clients, config, world }, { decides, back }, signal),
    /** Tells of the key of each event that was published of these days; of some that are older, too. */
    published: async (of: Published, onKey: (key: string) => void, signal: AbortSignal): Promise<void> =>
      readKeys({ clients, world, prefix: config.TOPIC_PREFIX, ...of }, onKey, signal),
    instances: async (signal: AbortSignal) => patiently(describe, world, signal),
    /** How many dead letters wait. */
    letters: async (signal: AbortSignal): Promise<number> =>
      (await patiently(async () => waitingLetters(clients, config, signal), world, signal)).size,
    watermark: async (signal: AbortSignal): Promise<Watermark | null> =>
      lastWatermark({ clients, config, world }, signal),
    close: clients.close,
  };
};
export type Operator = ReturnType<typeof openOperator>;
