import type { Clients, World } from '../clients.ts';
import type { Config } from '../config.ts';
import { makeActivity } from '../core/activity.ts';
import { leftOf, type Left } from '../core/backfill/left.ts';
import { makeHealth } from '../core/health.ts';
import type { Plan } from '../core/schedule/planned.ts';
import { statusOf, type Completeness, type Status } from '../core/status-json.ts';
import { dayOf } from '../core/time.ts';
import { makeFollow } from './follow.ts';
import { sessionTimeoutMs } from '../io/members.ts';
import { openServer } from '../io/serve.ts';
import { makeLettersWaiting } from './letters-waiting.ts';
import { errorFields } from '../log.ts';
import { makeMetrics, type Gauges } from './metrics.ts';
import { makeRoutes } from './routes.ts';
import { makeFailed, makeTell, type Standing, type Told } from './observe.ts';
import { openPage } from './page.ts';

export interface OperateOptions {
  readonly config: Config;
  readonly world: World;
  readonly clients: Clients;
  readonly version: string;
  /** To listen on; 0: a free one. */
  readonly port: number;
  readonly watched: () => 'all' | readonly number[];
  readonly plan: Pick<Plan, 'census'>;
}

const unknown: Completeness = { observedThrough: null, completeThrough: null };

const leftEveryMs = 60_000;

/** How far the backfill is; looked at once a minute, since each record may have to be. */
const makeLeft = ({ config, world: { now }, watched }: OperateOptions, standing: Standing) => {
  let found = { at: -Infinity, left: null as Left | null };
  let window = { startedWith: 0, requests: null as number | null };
  const look = (): Left | null => {
    const [overlapMs, start] = [config.OVERLAP_HOURS * 3_600_000, config.START_DATE ?? dayOf(now())];
    const options = { watched: watched(), start, overlapMs, now: now(), perWindow: window.requests };
    return standing.coverage === null ? null : leftOf(standing.coverage, options);
  };
  return {
    /** A window of everything is done. */
    onWindow: (): void => {
      window = { startedWith: standing.backfilled, requests: standing.backfilled - window.startedWith };
    },
    read: (): Left | null => {
      if (performance.now() - found.at > leftEveryMs) found = { at: performance.now(), left: look() };
      return standing.coverage === null ? null : found.left;
    },
  };
};

const countOf = (watched: 'all' | readonly number[]): 'all' | number => (watched === 'all' ? 'all' : watched.length);

/** What only the owner knows is unknown where no session is open. */
const makeLook = ({ world, plan, watched }: OperateOptions, known: Gathered, countPages: () => number) => {
  const { health, activity, standing, told, letters, left } = known;
  return (): Gauges => {
    const isOwner = standing.coverage !== null;
    const count = countOf(watched());
    return {
      word: health.read(performance.now()).word,
      waiting: activity.waiting(),
      movies: isOwner ? { watched: count === 'all' ? null : count, ...plan.census(world.now()) } : null,
      ...(isOwner ? told.completeness : unknown),
      deadLetters: isOwner ? letters.count() : null,
      backfillSince: left.read()?.since ?? null,
      backfillRemaining: left.read()?.requests ?? null,
      clockOffsetMs: standing.clockOffsetMs,
      pageClients: countPages(),
    };
  };
};

/** All that is known of this instance, and who keeps it. */
const gather = (options: OperateOptions, signal: AbortSignal) => {
  const { config, world, version } = options;
  const startedAt = performance.now();
  const expectedMs = config.POLL_INTERVAL_SECONDS * 1000;
  const standing: Standing = { coverage: null, nextPollAt: null, clockOffsetMs: null, backfilled: 0 };
  return {
    ...{ version, startedAt: world.now(), requestsPerSecond: config.TMDB_REQUESTS_PER_SECOND, now: world.now },
    health: makeHealth({ startedAt, sessionTimeoutMs, expectedMs }),
    activity: makeActivity(startedAt),
    standing,
    told: { completeness: unknown, paused: null } as Told, // it changes
    letters: makeLettersWaiting(options, signal),
    left: makeLeft(options, standing),
  };
};
type Gathered = ReturnType<typeof gather>;

/** What `/status` answers. */
const makeStatus = (options: OperateOptions, gathered: Gathered) => {
  const { health, activity, standing, told, letters, now, ...facts } = gathered;
  return (): Status => {
    const monotonic = performance.now();
    const times = { monotonic, now: now(), nextPollAt: standing.nextPollAt };
    const read = { reading: health.read(monotonic), activity: activity.read(monotonic) };
    const isOwner = standing.coverage !== null;
    const ofOwner = isOwner ? told.completeness : unknown;
    const deadLetters = isOwner ? letters.count() : null;
    const paused = read.reading.word === 'paused' ? told.paused : null; // a standby does not hear of its end
    const watching = countOf(options.watched());
    return statusOf({ ...facts, ...times, ...read, ...ofOwner, paused, deadLetters, watching });
  };
};

const makeInstance = (options: OperateOptions, signal: AbortSignal) => {
  const { clients, config, world } = options;
  const gathered = gather(options, signal);
  const status = makeStatus(options, gathered);
  const onFault = (error: unknown): void => world.log.warn(errorFields(error), 'the page cannot read: it tries again');
  const page = openPage({ clients, prefix: config.TOPIC_PREFIX, status, onFault });
  const metrics = makeMetrics(gathered, makeLook(options, gathered, page.count));
  return { ...gathered, metrics, status, page };
};

/** What whoever operates this instance can ask, from now on. Rejects with HTTP_UNAVAILABLE. */
export const openOperations = async (options: OperateOptions, signal: AbortSignal) => {
  const { port, config, world } = options;
  const instance = makeInstance(options, signal);
  const { health, page, letters, left } = instance;
  const failed = makeFailed(instance);
  signal.addEventListener('abort', () => health.stopping(), { once: true });
  const routes = { ...makeRoutes(instance), ...page.routes };
  const server = await openServer({ host: config.HTTP_HOST, port, routes });
  world.log.info({ host: config.HTTP_HOST, port: server.port }, 'the page, health, metrics and status are served');
  return {
    tell: makeTell(instance, failed),
    follow: makeFollow(instance, failed),
    /** What ends the service. */
    failed,
    onWindow: left.onWindow,
    close: async (): Promise<void> => {
      await server.close(); // first: a page that came back meanwhile would begin to read again
      await Promise.all([page.close(), letters.close()]);
    },
  };
};
export type Operations = Awaited<ReturnType<typeof openOperations>>;
