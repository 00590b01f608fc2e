import { changeCheckpoints } from './change-checkpoints.ts';
import { makeCheckpointReader } from '../checkpoints.ts';
import { makeClients, patiently, type Clients, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Coverage, Stored } from '../core/coverage.ts';
import { readFault, ServiceError } from '../core/errors.ts';
import { extentOf, isBackfilled, wish, type Extent, type ExtentOptions } from '../core/backfill/extent.ts';
import { costOf, forecastOf, sampled, spansOf, type Cost, type Forecast } from '../core/backfill/forecast.ts';
import { addDays, dayOf, daysIn, type Day } from '../core/time.ts';
import { secondOfId } from '../core/stamp.ts';
import { checkpointsTopic, eventTopics, groupOf } from '../core/topics.ts';
import { idsOf } from '../core/watch.ts';
import { checkTopics } from '../installation.ts';
import { rest } from '../io/rest.ts';
import { makeTmdb } from '../steps.ts';

const optionsOf = (config: Config, { now }: World, to: Day): ExtentOptions => ({
  watched: config.WATCH?.kind === 'all' ? 'all' : idsOf(config.WATCH),
  to,
  start: config.START_DATE ?? dayOf(now()),
  overlapMs: config.OVERLAP_HOURS * 3_600_000,
  now: now(),
});

/** What backfill to a day will cost, after a look at some lists; nothing is written. */
const forecast = async (
  { config, world }: { config: Config; world: World },
  { extent, to }: { extent: Extent; to: Day },
  signal: AbortSignal,
): Promise<Forecast> => {
  const { list, close } = makeTmdb(config, world);
  const spans = extent.since === null ? [] : spansOf(to, extent.since);
  const costs: (readonly [at: number, cost: Cost])[] = [];
  try {
    for (const at of sampled(spans.length)) {
      const { start, end } = spans[at] ?? { start: to, end: to };
      for (let days = daysIn({ start, end }), cost = null; cost === null; days = Math.ceil(days / 2)) {
        const span = { start: addDays(end, -days), end };
        cost = costOf(span, await list({ start: addDays(span.start, -1), end: addDays(end, 1), page: 1 }, signal));
        if (cost !== null) costs.push([at, cost]);
      }
    }
  } finally {
    await close();
  }
  return forecastOf(extent, spans, costs);
};

interface CountOptions {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
}

/** Tells of each event of days that are no longer live polling's, until the signal. */
const countEvents = async (
  { clients, config, world }: CountOptions,
  onEvent: () => void,
  signal: AbortSignal,
): Promise<void> => {
  const topics = Object.keys(eventTopics).map((name) => `${config.TOPIC_PREFIX}${name}`);
  const onRecords = async (records: readonly { readonly key: string | null }[]): Promise<void> => {
    const open = world.now() - config.OVERLAP_HOURS * 3_600_000;
    for (const { key } of records)
      if ((secondOfId(key?.slice(key.indexOf(':') + 1) ?? '') ?? Infinity) * 1000 < open) onEvent();
    return Promise.resolve();
  };
  await clients.consume({ ranges: await clients.findRanges(topics, { at: 'end' }), onRecords }, signal);
};

const translate = (error: unknown): never => {
  throw error instanceof ServiceError ? error : readFault(error);
};

const countMembers = async (clients: Clients, group: string): Promise<number> =>
  clients.countMembers(group).catch((error: unknown) => {
    throw readFault(error, { operation: 'Describe', group });
  });

/** How far back is published, and how to have it go further; `close` closes the clients, with which the work may be done too. */
export const openHistory = (config: Config, world: World) => {
  const clients = makeClients(config, world);
  const counts = { polls: 0, lists: 0, events: 0 };
  const onMovie = (before: Stored | undefined, after: Stored | null): void =>
    void (counts.polls += isBackfilled(before, after) ? 1 : 0);
  const read = makeCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX), { onMovie });
  return {
    clients,
    extentOf: (coverage: Coverage, to: Day): Extent => extentOf(coverage, optionsOf(config, world, to)),
    /** Waits for Kafka. A partition that was made just now may have no leader yet. */
    check: async (signal: AbortSignal): Promise<Coverage> => {
      await patiently(async () => checkTopics(clients, config, world), world, signal);
      const { coverage } = await patiently(async () => read(signal).catch(translate), world, signal);
      counts.polls = 0;
      return coverage;
    },
    /** Polls of backfill that were committed since `check`, pages of lists, and events that `count` has seen. */
    counts: () => counts,
    /** A page of a list was read here. */
    onListed: (): void => void (counts.lists += 1),
    /** Counts events of days that are no longer live polling's, until the signal. */
    count: async (signal: AbortSignal): Promise<void> =>
      countEvents({ clients, config, world }, () => (counts.events += 1), signal),
    /** What is committed by now. */
    look: async (signal: AbortSignal): Promise<Coverage> => (await read(signal).catch(translate)).coverage,
    /** Writes what is wanted, unless that is wanted or there already. */
    want: async (since: Day, signal: AbortSignal): Promise<Coverage> =>
      changeCheckpoints(
        { clients, config, world },
        (coverage) => wish(coverage, optionsOf(config, world, since)),
        signal,
      ),
    forecast: async (of: { extent: Extent; to: Day }, signal: AbortSignal): Promise<Forecast> =>
      forecast({ config, world }, of, signal),
    /** How many instances there are, ourselves included where we joined. */
    members: async (): Promise<number> => countMembers(clients, groupOf(config.TOPIC_PREFIX)),
    rest,
    close: clients.close,
  };
};
export type History = ReturnType<typeof openHistory>;
