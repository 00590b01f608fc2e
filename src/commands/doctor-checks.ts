import { makeCheckpointReader } from '../checkpoints.ts';
import type { Clients, World } from '../clients.ts';
import type { Config } from '../config.ts';
import { tmdbCheck, topicChecks } from '../core/doctor-checks.ts';
import { checkpointsCheck, readBackCheck, type CheckpointsFound } from '../core/doctor-state.ts';
import { failed, type Check } from '../core/doctor.ts';
import { readFault, ServiceError } from '../core/errors.ts';
import { untold } from '../core/tell.ts';
import { dayOf } from '../core/time.ts';
import { checkpointsTopic, eventTopics } from '../core/topics.ts';
import { inspect } from '../installation.ts';
import { findHeld } from '../io/inspect-log.ts';
import { rest } from '../io/rest.ts';
import { makeTmdb } from '../steps.ts';

export interface Given {
  readonly config: Config;
  readonly world: World;
  readonly clients: Clients;
}

/** One request for today's list. What comes of the first attempt counts: the rest of its patience is for `run`. */
export const checkTmdb = async ({ config, world }: Omit<Given, 'clients'>, signal: AbortSignal): Promise<Check> => {
  const { promise: first, resolve } =
    Promise.withResolvers<Readonly<{ fault: ServiceError | null; offsetMs: number | null }>>();
  const over = new AbortController();
  const startedAt = performance.now();
  const { list, close } = makeTmdb(config, world, { tell: { ...untold, onRequest: resolve } });
  try {
    list({ day: dayOf(world.now()), page: 1 }, AbortSignal.any([signal, over.signal])).catch(() => undefined);
    const { fault, offsetMs } = await first;
    return fault === null ? tmdbCheck({ ms: performance.now() - startedAt, offsetMs }) : failed('tmdb', fault);
  } finally {
    over.abort(); // it would try again
    await close();
  }
};

const asFault = (error: unknown): never => {
  throw error instanceof ServiceError ? error : readFault(error);
};

const bootstrapOf = ({ KAFKA_BROKERS }: Config): string => KAFKA_BROKERS[0] ?? '';

/** The topics that are there, and what was found of all. */
export const checkTopics = async ({ config, clients }: Given) => {
  const report = await inspect(clients, config);
  const isOfEvents = (topic: string): boolean => topic.slice(config.TOPIC_PREFIX.length) in eventTopics;
  const about = { brokers: bootstrapOf(config), isOfEvents };
  const missing = new Set(report.missing.map(({ topic }) => topic));
  const there = clients.specs.flatMap(({ topic }) => (missing.has(topic) ? [] : [topic]));
  return { checks: topicChecks(report, clients.specs.length, about), there };
};

export const checkCheckpoints = async ({ config, world, clients }: Given, signal: AbortSignal): Promise<Check> => {
  let [bytes, lastAt]: [number, number | null] = [0, null];
  const note = (size: number, at: number): void => void ([bytes, lastAt] = [bytes + size, at]);
  const consume: Clients['consume'] = async (request, stop) =>
    clients.consume(
      {
        ...request,
        onRecords: async (records, hold) => {
          for (const { key, value, timestamp } of records) note((key?.length ?? 0) + (value?.length ?? 0), timestamp);
          await request.onRecords(records, hold);
        },
      },
      stop,
    );
  const read = makeCheckpointReader({ ...clients, consume }, checkpointsTopic(config.TOPIC_PREFIX));
  const { coverage } = await read(signal).catch(asFault);
  const [movies, hasFrontier, paused] = [coverage.size(), coverage.frontier() !== null, coverage.paused()];
  const found: CheckpointsFound = { ...{ movies, hasFrontier, paused }, bytes, lastAt };
  return checkpointsCheck(found, world.now());
};

const looks = { tries: 10, everyMs: 500 };

export const checkReadBack = async ({ config, clients }: Given, there: readonly string[], signal: AbortSignal) => {
  const held = await findHeld(clients.kafka, there, {
    tries: looks.tries,
    rest: async () => rest(looks.everyMs, signal),
  }).catch(asFault);
  const seconds = ((looks.tries - 1) * looks.everyMs) / 1000;
  return readBackCheck(held, { seconds, brokers: bootstrapOf(config) });
};
