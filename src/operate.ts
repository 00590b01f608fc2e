import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import { makeActivity } from './core/activity.ts';
import { leftOf, type Left } from './core/backfill/left.ts';
import { makeHealth } from './core/health.ts';
import type { Plan } from './core/schedule/planned.ts';
import { statusOf, type Completeness, type PausedBy, type Status } from './core/status-json.ts';
import { dayOf } from './core/time.ts';
import { makeFollow } from './follow.ts';
import { sessionTimeoutMs } from './io/members.ts';
import { openServer, type Handler } from './io/serve.ts';
import { makeMetrics, type Gauges } from './metrics.ts';
import { makeRoutes } from './routes.ts';
import { makeFailed, makeTell, type Standing } from './observe.ts';

export interface OperateOptions {
  readonly config: Config;
  readonly world: World;
  readonly clients: Clients;
  readonly version: string;
  /** To listen on; 0: a free one. */
  readonly port: number;
  readonly watched: () => 'all' | readonly number[];
  readonly plan: Pick<Plan, 'census'>;
  /** What is served beside health, metrics and status. */
  readonly routes?: (status: () => Status) => Readonly<Record<string, Handler>>;
  /** Open live pages. */
  readonly countPages?: () => number;
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

/** What others tell this instance; it changes. */
interface Told {
  completeness: Completeness;
  deadLetters: number | null;
  paused: PausedBy | null;
}

const countOf = (watched: 'all' | readonly number[]): 'all' | number => (watched === 'all' ? 'all' : watched.length);

/** What only the owner knows is unknown where no session is open. */
const makeLook = (
  options: OperateOptions,
  known: Pick<Gathered, 'health' | 'activity' | 'standing' | 'told' | 'left'>,
) => {
  const { world, plan, watched, countPages = () => 0 } = options;
  const { health, activity, standing, told, left } = known;
  return (): Gauges => {
    const isOwner = standing.coverage !== null;
    const [count, { observedThrough, completeThrough }] = [countOf(watched()), isOwner ? told.completeness : unknown];
    return {
      word: health.read(performance.now()).word,
      waiting: activity.waiting(),
      movies: isOwner ? { watched: count === 'all' ? null : count, ...plan.census(world.now()) } : null,
      ...{ observedThrough, completeThrough, deadLetters: isOwner ? told.deadLetters : null },
      backfillSince: left.read()?.since ?? null,
      backfillRemaining: left.read()?.requests ?? null,
      clockOffsetMs: standing.clockOffsetMs,
      pageClients: countPages(),
    };
  };
};

/** All that is known of this instance, and who keeps it. */
const gather = (options: OperateOptions) => {
  const { config, world, version } = options;
  const startedAt = performance.now();
  const expectedMs = config.POLL_INTERVAL_SECONDS * 1000;
  const standing: Standing = { coverage: null, nextPollAt: null, clockOffsetMs: null, backfilled: 0 };
  return {
    ...{ version, startedAt: world.now(), requestsPerSecond: config.TMDB_REQUESTS_PER_SECOND, now: world.now },
    health: makeHealth({ startedAt, sessionTimeoutMs, expectedMs }),
    activity: makeActivity(startedAt),
    standing,
    told: { completeness: unknown, deadLetters: null, paused: null } as Told, // it changes
    left: makeLeft(options, standing),
  };
};
type Gathered = ReturnType<typeof gather>;

const makeInstance = (options: OperateOptions) => {
  const gathered = gather(options);
  const { health, activity, standing, told, now, ...facts } = gathered;
  const metrics = makeMetrics(facts, makeLook(options, gathered));
  const status = (): Status => {
    const monotonic = performance.now();
    const times = { monotonic, now: now(), nextPollAt: standing.nextPollAt, ...told.completeness };
    const read = { reading: health.read(monotonic), activity: activity.read(monotonic) };
    return statusOf({ ...facts, ...told, ...times, ...read, watching: countOf(options.watched()) });
  };
  return { ...gathered, metrics, status };
};

/** What whoever operates this instance can ask, from now on. Rejects with HTTP_UNAVAILABLE. */
export const openOperations = async (options: OperateOptions, signal: AbortSignal) => {
  const {
    port,
    config: { HTTP_HOST: host },
  } = options;
  const instance = makeInstance(options);
  const { health, standing, told, left, status } = instance;
  const failed = makeFailed(instance);
  signal.addEventListener('abort', () => health.stopping(), { once: true });
  const routes = { ...makeRoutes(instance), ...options.routes?.(status) };
  const server = await openServer({ host, port, routes });
  options.world.log.info({ host, port: server.port }, 'health, metrics and status are served');
  return {
    tell: makeTell(instance, standing, failed),
    follow: makeFollow(instance, standing, failed),
    status,
    onWindow: left.onWindow,
    onWatermark: (completeness: Completeness): void => void (told.completeness = completeness),
    onDeadLetters: (count: number): void => void (told.deadLetters = count),
    onPaused: (paused: PausedBy | null): void => {
      told.paused = paused;
      health.paused(paused !== null, performance.now());
    },
    close: server.close,
  };
};
export type Operations = Awaited<ReturnType<typeof openOperations>>;
