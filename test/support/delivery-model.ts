import { jest } from '@jest/globals';
import fc from 'fast-check';
import { readConfig, type Config } from '../../src/config.ts';
import { readFault, ServiceError } from '../../src/core/errors.ts';
import { member } from '../../src/core/json.ts';
import type { Range } from '../../src/core/positions.ts';
import type { Day } from '../../src/core/time.ts';
import { checkpointsTopic, declaredTopics, transactionalIdOf } from '../../src/core/topics.ts';
import { makeLog } from '../../src/log.ts';
import { runLoop, type LoopOptions } from '../../src/loop.ts';
import type { Steps } from '../../src/pipeline.ts';
import {
  closedConnection,
  makeCluster,
  makeProducerModel,
  type Cluster,
  type Entry,
  type Exchange,
  type ProducerOptions,
} from './kafka-model.ts';
import { testSchemas } from './schemas.ts';
import { answer, type Edit, type Filter } from './tmdb-model.ts';

// The real session, one process after another, on the models of Kafka and TMDB, and whatever may befall them.
const hour = 3_600_000;
export const prefix = 't.';
export const partitions = 2;
export const specs = declaredTopics(prefix, partitions);
export const schemas = testSchemas();

/** What befalls one request, to Kafka or to TMDB. */
export interface Fault {
  readonly kind: (typeof kinds)[number];
  /** How many turns others have before it, and how much later than its rejection it is done. */
  readonly turns: number;
  /** Of an answer of TMDB's: how old a copy it is; null where that cannot be told. */
  readonly staleHours: number | null;
}

const kinds = [
  'none',
  'lost', // before it is done
  'lost once', // the same, and the client tries again
  'unanswered', // done, and the answer is lost
  'late', // rejected, and done afterwards
  'again', // the answer is lost, and the client asks again
  'miscounted', // the client numbers its next batch like the one that was confirmed
  'moved', // a partition has another leader
  'expired', // the broker has aborted the transaction
  'stopped', // by a signal that lets it end what it has begun
  'killed', // the process, before it is done
  'killed after',
  'disowned', // the group says that another instance has the partition, and soon gives it back
  'replaced', // another instance takes over; this one wakes up later and goes on as if nothing had been
] as const;

export const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.oneof({ arbitrary: fc.constant('none' as const), weight: 3 }, fc.constantFrom(...kinds)),
  turns: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
  staleHours: fc.constantFrom(0, 0, 0, 0, 6, 20, 24, null),
});
export const calm: Fault = { kind: 'none', turns: 0, staleHours: 0 };

/** What the world holds besides the processes: the clock, the broker, and the trouble that is still to come. */
export interface Stage {
  readonly cluster: Cluster;
  readonly isCompacted: boolean;
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  readonly faults: Fault[];
  /** What befalls a request once there are none left. */
  readonly calm?: () => Fault;
  readonly problems: string[];
  /** Who is told of each commit. */
  readonly watchers: Set<() => void>;
  now: number;
  rests: number;
  sessions: number;
  instances: number;
}

/** How each stage begins. */
export const begun = (onCommit: () => void = () => undefined) => {
  const watchers = new Set([onCommit]);
  const tell = (): void => watchers.forEach((each) => each());
  return {
    cluster: makeCluster(Object.fromEntries(specs.map(({ topic, partitions: count }) => [topic, count])), tell),
    watchers,
    problems: [] as string[],
    ...{ rests: 0, sessions: 0, instances: 0 },
  };
};

export const configOf = (now: number, env: Readonly<Record<string, string>>): Config =>
  readConfig({ ...env, TOPIC_PREFIX: prefix, PARTITIONS: String(partitions) }, { now, needed: [], readText: () => '' });

export const pass = async (turns: number): Promise<void> => {
  for (let at = 0; at < turns; at += 1) await Promise.resolve();
};
export const never = async (): Promise<never> => new Promise(() => undefined);

/** A process: until it is killed. One that was replaced goes on until it learns of it. */
export interface Process<S extends Stage = Stage> {
  readonly nth: number;
  readonly stage: S;
  readonly stop: AbortController;
  readonly onGone: () => void;
  ownership: AbortController;
  isDead: boolean;
  miscounts: boolean;
}

export const isCurrent = ({ nth, stage }: Process): boolean => nth === stage.instances;

/** Whatever a dead process waits for never comes. */
const unlessDead = async ({ isDead }: Process): Promise<void> => (isDead ? never() : Promise.resolve());

const meet = async (process: Process, turnsBefore: number): Promise<Fault> => {
  const { stage } = process;
  const met = stage.faults.shift() ?? stage.calm?.() ?? calm;
  await pass(turnsBefore);
  await unlessDead(process);
  if (met.kind === 'replaced' && isCurrent(process)) {
    process.onGone();
    await pass(met.turns * 25);
  }
  if (met.kind === 'disowned') process.ownership.abort(new ServiceError('SESSION_ENDED', 'disowned'));
  if (met.kind === 'stopped') process.stop.abort();
  await pass(met.turns);
  await unlessDead(process);
  return met;
};

const die = async (process: Process): Promise<never> => {
  process.isDead = true;
  if (isCurrent(process)) process.onGone();
  return never();
};

const transactionalId = transactionalIdOf(prefix);

const miscount = (process: Process): void => {
  process.miscounts = true;
};
const takeMiscount = (process: Process): boolean => {
  const { miscounts } = process;
  process.miscounts = false;
  return miscounts;
};

/** One request to Kafka and what becomes of it. */
const makeExchange =
  (process: Process): Exchange =>
  async (request) => {
    const { kind, turns } = await meet(process, 3);
    const { cluster } = process.stage;
    if (kind === 'killed') return die(process);
    if (kind === 'late') {
      void pass(turns * 10)
        .then(request)
        .catch(() => undefined);
    }
    if (kind === 'lost' || kind === 'lost once' || kind === 'late') throw closedConnection(kind === 'lost once');
    if (kind === 'moved') cluster.moveLeader(turns);
    if (kind === 'expired') cluster.init(transactionalId);
    const result = request();
    await pass(3);
    if (kind === 'killed after') return die(process);
    if (kind === 'unanswered' || kind === 'again') throw closedConnection(kind === 'again');
    if (kind === 'miscounted') miscount(process);
    return result;
  };

const makeClientsModel = (process: Process) => {
  const { cluster, isCompacted } = process.stage;
  const exchange = makeExchange(process);
  return {
    specs,
    close: () => undefined,
    kafka: {
      process,
      consumer: () => ({ process, on: () => undefined }),
      producer: (options: { transactionalId: string; createPartitioner: () => ProducerOptions['partitioner'] }) =>
        makeProducerModel({
          cluster,
          exchange,
          transactionalId: options.transactionalId,
          partitioner: options.createPartitioner(),
          miscounts: () => takeMiscount(process),
        }),
    },
    findRanges: async (topics: readonly string[]) => exchange(() => cluster.ranges(topics)),
    consume: async ({
      ranges,
      onRecords,
    }: {
      ranges: readonly Range[];
      onRecords: (all: Entry[]) => Promise<void>;
    }) => {
      for (const range of ranges) {
        const entries = await exchange(() => cluster.read(range, isCompacted));
        for (const entry of entries) await onRecords([entry]);
      }
    },
  };
};

type ClientsModel = ReturnType<typeof makeClientsModel>;

const isOfOther =
  (session: string) =>
  ({ headers }: Entry): boolean =>
    headers['session'] !== session;

/** What another one writes behind the offset ends the session sooner or later. */
const watch = (process: Process, session: string, start: bigint): void => {
  const { stage, ownership } = process;
  const range = { topic: checkpointsTopic(prefix), partition: 0, low: 0n, start, high: 2n ** 31n, end: 2n ** 31n };
  const look = (): void => {
    if (!stage.cluster.read(range, false).some(isOfOther(session))) return;
    stage.watchers.delete(look);
    const end = (): void => ownership.abort(new ServiceError('SESSION_ENDED', 'another session has written'));
    if (isCurrent(process)) void pass((stage.sessions % 4) * 20).then(end);
  };
  stage.watchers.add(look);
  look();
};

/**
 * Whoever asks has the partition. Who was replaced is told nothing else: what the group does not prevent, the broker has
 * to.
 */
const makeGroupModel = ({ makeMember }: { makeMember: () => { process: Process } }) => ({
  own: async (signal: AbortSignal): Promise<AbortSignal> => {
    await pass(3);
    const { process } = makeMember();
    if (!isCurrent(process) && process.stage.faults.length === 0) process.stop.abort(); // stands by
    signal.throwIfAborted();
    process.ownership = new AbortController();
    return process.ownership.signal;
  },
  watch: (session: string, offset: bigint): void => watch(makeMember().process, session, offset),
  leave: async () => Promise.resolve(),
});

/** Without a pause, and without an end but the signal's. */
const patiently = async (attempt: () => Promise<unknown>, world: unknown, signal: AbortSignal): Promise<unknown> =>
  attempt().catch(async (error: unknown) => {
    const isAway = error instanceof ServiceError && error.code === 'KAFKA_UNREACHABLE';
    if (signal.aborted || !isAway) throw error;
    return patiently(attempt, world, signal);
  });

// The session is the real one; only what it asks for Kafka and the registry with is the model's.
const starting: Process[] = [];
const clients = await import('../../src/clients.ts');
jest.unstable_mockModule('../../src/clients.ts', () => ({
  ...clients,
  makeClients: () => {
    const [process] = starting;
    if (process === undefined) throw new Error('no process is starting');
    return makeClientsModel(process);
  },
  patiently,
}));
jest.unstable_mockModule('../../src/installation.ts', () => ({
  checkTopics: async ({ kafka: { process } }: ClientsModel) =>
    makeExchange(process)(() => process.stage.cluster.leaders()).catch((error: unknown) => {
      throw readFault(error);
    }),
  findSchemas: async () => Promise.resolve(schemas),
}));
jest.unstable_mockModule('../../src/io/group.ts', () => ({ makeGroup: makeGroupModel }));
const { makeClients } = await import('../../src/clients.ts');
const { openService } = await import('../../src/session.ts');
const { openHistory } = await import('../../src/commands/history.ts');
const { openOperator } = await import('../../src/commands/operator.ts');

const dead = new Set<Fault['kind']>(['killed', 'killed after']);
const unread = new Set<Fault['kind']>(['lost', 'lost once', 'unanswered', 'late']);

/** One request to TMDB and what becomes of it. */
export const askTmdb = async (process: Process): Promise<Fault> => {
  const met = await meet(process, 2);
  await pass(met.turns * 5); // slow answers: what happens meanwhile is what matters
  if (dead.has(met.kind)) return die(process);
  if (unread.has(met.kind)) throw new ServiceError('TMDB_UNAVAILABLE', 'no answer');
  return met;
};

/** TMDB's answer about a movie, under two change keys. */
export const makePollModel =
  (process: Process): Steps['poll'] =>
  async (movieId, window) => {
    const { stage } = process;
    const sentAt = stage.now;
    const { staleHours } = await askTmdb(process);
    const age = (staleHours ?? 0) * hour;
    const shown = answer(stage.movies[movieId - 1] ?? [], window, { taken: stage.now - age, filter: stage.filter });
    const items = shown.flatMap((group) => group.items);
    const groups = ['title', 'images'].map((key, at) => ({
      key,
      items: items.filter((item) => Number(member(item, 'value')) % 2 === at),
    }));
    const taken = staleHours === null ? null : sentAt - age;
    return { groups, observedAt: stage.now, taken, cached: staleHours !== 0, expiresAt: null };
  };

export const untilAborted = async (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const onAbort = (): void => reject(new Error('woken'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });

const silent = makeLog('silent');

/** What a process does besides serving: its plan, its pace, and whom it tells. */
export interface Job extends Pick<LoopOptions, 'agenda' | 'inFlight' | 'rest' | 'onPolled'> {
  readonly config: Config;
  readonly list: LoopOptions['steps']['list'];
  readonly poll?: Steps['poll'];
}

/** A process from its start to its end. */
export const serve = async (
  process: Process,
  { config, list, poll = makePollModel(process), ...job }: Job,
): Promise<void> => {
  const { stage, stop } = process;
  const randomId = (): string => `s${(stage.sessions += 1)}`;
  const world = { log: silent, now: () => stage.now, chance: () => 0, randomId };
  starting.unshift(process);
  const clients = makeClients(config, world);
  const service = await openService({ config, world, clients, once: false }, stop.signal);
  const options = {
    ...job,
    steps: { ...service.steps, poll, list },
    openSession: service.openSession,
    withGrace: async (...[, , work]: [unknown, unknown, Promise<unknown>]) => {
      await work;
    },
    chance: world.chance,
    onListed: () => undefined,
    onWritten: () => undefined,
    onWatermark: () => undefined,
    onFailed: () => undefined,
    onRestart: () => undefined,
    onPaused: () => undefined,
  };
  await runLoop(options, stop.signal);
  await service.close();
};

interface Patience {
  readonly stop: AbortController;
  /** Asked before it tries again. */
  readonly chance: () => number;
}

/** The world of a command beside the process; whatever may befall it as well. */
const enterCommand = (stage: Stage, { stop, chance }: Patience) => {
  const life = { isDead: false, miscounts: false, onGone: () => undefined, ownership: new AbortController() };
  starting.unshift({ nth: 0, stage, stop, ...life });
  const randomId = (): string => `c${(stage.sessions += 1)}`;
  return { log: silent, now: () => stage.now, chance, randomId };
};

/** What `backfill` works with. */
export const makeCommand = (stage: Stage, config: Config, patience: Patience) =>
  openHistory(config, enterCommand(stage, patience));

/** What an operator's command works with. */
export const makeOperator = (stage: Stage, config: Config, patience: Patience) =>
  openOperator(config, enterCommand(stage, patience));

/** A command asks once for what lies before. */
export const want = async (stage: Stage, config: Config, since: Day): Promise<void> => {
  const stop = new AbortController();
  const chance = (): number => {
    stop.abort(); // it would try again
    return 0;
  };
  await makeCommand(stage, config, { stop, chance })
    .want(since, stop.signal)
    .catch((error: unknown) => {
      if (!stop.signal.aborted && !(error instanceof ServiceError))
        stage.problems.push(`the command: ${String(error)}`);
    });
};

/** One process after the other. */
export const live = async <S extends Stage>(
  stage: S,
  { run, isOver }: { run: (process: Process<S>) => Promise<void>; isOver: (stage: S) => boolean },
): Promise<void> => {
  for (;;) {
    const { promise: gone, resolve } = Promise.withResolvers<'gone'>();
    stage.instances += 1;
    const own = { nth: stage.instances, stage, stop: new AbortController(), onGone: () => resolve('gone') };
    const ended = run({ ...own, ownership: new AbortController(), isDead: false, miscounts: false });
    const outcome = await Promise.race([ended, gone]);
    if (isOver(stage)) return;
    if (outcome === 'gone') ended.catch(() => undefined); // one that was replaced may end as it likes
  }
};
