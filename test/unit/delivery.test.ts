import { expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Checkpoint } from '../../src/core/checkpoint.ts';
import { readConfig, type Config } from '../../src/config.ts';
import { decode, decodeCheckpoint, encodeCheckpoint } from '../../src/core/encode.ts';
import { ServiceError } from '../../src/core/errors.ts';
import type { ChangeEvent } from '../../src/core/map.ts';
import { toItem } from '../../src/core/map.ts';
import type { DeadLetter } from '../../src/core/events.ts';
import { asJson, member, type Json } from '../../src/core/json.ts';
import type { Range } from '../../src/core/positions.ts';
import { placeOf, stampOfItem } from '../../src/core/stamp.ts';
import { addDays, dayOf, startOf, type Day } from '../../src/core/time.ts';
import { checkpointsTopic, declaredTopics, transactionalIdOf } from '../../src/core/topics.ts';
import { idsOf } from '../../src/core/watch.ts';
import { makeLog } from '../../src/log.ts';
import { runLoop } from '../../src/loop.ts';
import type { Polled, Steps } from '../../src/pipeline.ts';
import {
  closedConnection,
  makeCluster,
  makeProducerModel,
  type Cluster,
  type Entry,
  type Exchange,
  type ProducerOptions,
} from '../support/kafka-model.ts';
import { testSchemas } from '../support/schemas.ts';
import { answer, edits, epoch, placeOfEdit, span, type Edit, type Filter } from '../support/tmdb-model.ts';

const hour = 3_600_000;
const prefix = 't.';
const partitions = 2;
const specs = declaredTopics(prefix, partitions);
const schemas = testSchemas();

/** What befalls one request, to Kafka or to TMDB. */
interface Fault {
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

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.oneof({ arbitrary: fc.constant('none' as const), weight: 3 }, fc.constantFrom(...kinds)),
  turns: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })),
  staleHours: fc.constantFrom(0, 0, 0, 0, 6, 20, 24, null),
});
const calm: Fault = { kind: 'none', turns: 0, staleHours: 0 };

interface Case {
  readonly movies: readonly (readonly Edit[])[];
  readonly filter: Filter;
  /** START_DATE in days; null: the day on which the first process started. */
  readonly startAt: number | null;
  readonly inFlight: number;
  readonly faults: readonly Fault[];
  /** Hours from one round to the next, and the overlap from then on. */
  readonly rounds: readonly { readonly hours: number; readonly overlap: number }[];
  readonly isCompacted: boolean;
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  movies: fc.array(edits, { minLength: 1, maxLength: 5 }),
  filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
  startAt: fc.option(fc.integer({ min: 0, max: 35 })),
  inFlight: fc.integer({ min: 1, max: 6 }),
  faults: fc.array(fault, { maxLength: 60, size: 'max' }),
  rounds: fc.array(
    fc.record({
      hours: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 24 * 25 })),
      overlap: fc.constantFrom(25, 48, 264),
    }),
    { maxLength: 10, size: 'max' },
  ),
  isCompacted: fc.boolean(),
});

const pass = async (turns: number): Promise<void> => {
  for (let at = 0; at < turns; at += 1) await Promise.resolve();
};
const never = async (): Promise<never> => new Promise(() => undefined);

const firstStart = epoch + span / 2;

/** What the world holds besides the processes: the clock, the broker, and the trouble that is still to come. */
const makeStage = ({ faults, rounds, ...given }: Case) => ({
  ...given,
  cluster: makeCluster(Object.fromEntries(specs.map(({ topic, partitions: count }) => [topic, count]))),
  faults: [...faults],
  rounds: [...rounds],
  now: firstStart,
  overlap: 48,
  settledRounds: 0,
  rests: 0,
  sessions: 0,
  instances: 0,
  problems: [] as string[],
});
type Stage = ReturnType<typeof makeStage>;

/** A process: until it is killed. One that was replaced goes on until it learns of it. */
interface Process {
  readonly nth: number;
  readonly stage: Stage;
  readonly stop: AbortController;
  readonly onGone: () => void;
  ownership: AbortController;
  isDead: boolean;
  miscounts: boolean;
}

const isOver = ({ settledRounds }: Stage): boolean => settledRounds > 3;
const isCurrent = ({ nth, stage }: Process): boolean => nth === stage.instances;

/** Whatever a dead process waits for never comes. */
const unlessDead = async ({ isDead }: Process): Promise<void> => (isDead ? never() : Promise.resolve());

const meet = async (process: Process, turnsBefore: number): Promise<Fault> => {
  const { stage } = process;
  const met = stage.faults.shift() ?? calm;
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
      consumer: () => ({ process }),
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

/** Whoever asks has the partition, and is told nothing else: what the group does not prevent, the broker has to. */
const makeGroupModel = ({ makeMember }: { makeMember: () => { process: Process } }) => ({
  own: async (signal: AbortSignal): Promise<AbortSignal> => {
    await pass(3);
    const { process } = makeMember();
    if (!isCurrent(process) && process.stage.faults.length === 0) process.stop.abort(); // stands by
    signal.throwIfAborted();
    process.ownership = new AbortController();
    return process.ownership.signal;
  },
  watch: () => undefined,
  leave: async () => Promise.resolve(),
});

const patiently = async (attempt: () => Promise<unknown>): Promise<unknown> =>
  attempt().catch(async () => patiently(attempt));

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
    makeExchange(process)(() => process.stage.cluster.leaders()),
  findSchemas: async () => Promise.resolve(schemas),
}));
jest.unstable_mockModule('../../src/io/group.ts', () => ({ makeGroup: makeGroupModel }));
const { openService } = await import('../../src/session.ts');

const dead = new Set<Fault['kind']>(['killed', 'killed after']);
const unread = new Set<Fault['kind']>(['lost', 'lost once', 'unanswered', 'late']);

/** TMDB's answer about a movie, under two change keys. */
const makePollModel =
  (process: Process): Steps['poll'] =>
  async (movieId, window) => {
    const { stage } = process;
    const sentAt = stage.now;
    const { kind, staleHours, turns } = await meet(process, 2);
    await pass(turns * 5); // slow answers: what happens meanwhile is what matters
    if (dead.has(kind)) return die(process);
    if (unread.has(kind)) throw new ServiceError('TMDB_UNAVAILABLE', 'no answer');
    const age = (staleHours ?? 0) * hour;
    const shown = answer(stage.movies[movieId - 1] ?? [], window, { taken: stage.now - age, filter: stage.filter });
    const items = shown.flatMap((group) => group.items);
    const groups = ['title', 'images'].map((key, at) => ({
      key,
      items: items.filter((item) => Number(member(item, 'value')) % 2 === at),
    }));
    const taken = staleHours === null ? null : sentAt - age;
    return { groups, observedAt: stage.now, taken, cached: staleHours !== 0 };
  };

const intervalMs = hour;

/** Between sessions no time goes by; between rounds as much as the case says, and after the last the trouble is over. */
const makeRest =
  (process: Process) =>
  async (ms: number, signal: AbortSignal): Promise<void> => {
    const { stage, stop } = process;
    stage.rests += 1;
    if (stage.rests > 3000) throw new Error('there is no end to it');
    await pass(2);
    if (ms < intervalMs / 2) return;
    const round = stage.rounds.shift();
    if (round !== undefined) {
      stage.now = Math.min(stage.now + round.hours * hour, epoch + span);
      stage.overlap = round.overlap;
    } else if (isCurrent(process)) {
      stage.faults.length = 0;
      stage.now = epoch + span + 30 * 24 * hour;
      stage.settledRounds += 1;
      if (isOver(stage)) stop.abort();
    } else stop.abort();
    signal.throwIfAborted();
  };

const configOf = ({ movies, startAt, overlap, now }: Stage): Config => {
  const env = {
    WATCH: movies.map((_, at) => at + 1).join(),
    ...(startAt === null ? {} : { START_DATE: addDays(dayOf(epoch), startAt) }),
    OVERLAP_HOURS: String(overlap),
    TOPIC_PREFIX: prefix,
    PARTITIONS: String(partitions),
  };
  return readConfig(env, { now, needed: [], readText: () => '' });
};
/** Whoever is told that something was published finds it in the log. */
const checkTold = ({ cluster, problems }: Stage, movieId: number, { published, checkpoint }: Polled): void => {
  const { key, value } = encodeCheckpoint(prefix, '')(movieId, checkpoint);
  const isCommitted = cluster.commits.some((commit) =>
    commit.some((entry) => entry.topic === checkpointsTopic(prefix) && entry.key === key && entry.value.equals(value)),
  );
  if (published > 0 && !isCommitted) problems.push(`${movieId}: said to be published before it is committed`);
};

const silent = makeLog('silent');

const runProcess = async (process: Process): Promise<void> => {
  const { stage, stop } = process;
  const config = configOf(stage);
  const randomId = (): string => `s${(stage.sessions += 1)}`;
  const world = { log: silent, now: () => stage.now, chance: () => 0, randomId };
  starting.unshift(process);
  const service = await openService({ config, world, once: false }, stop.signal);
  const options = {
    movies: idsOf(config.WATCH),
    once: false,
    intervalMs,
    inFlight: stage.inFlight,
    steps: { ...service.steps, poll: makePollModel(process) },
    openSession: service.openSession,
    rest: makeRest(process),
    withGrace: async (...[, , work]: [unknown, unknown, Promise<unknown>]) => {
      await work;
    },
    chance: world.chance,
    onPolled: (movieId: number, polled: Polled) => checkTold(stage, movieId, polled),
    onFailed: () => undefined,
    onRestart: () => undefined,
    onRound: () => undefined,
  };
  await runLoop(options, stop.signal);
  await service.close();
};

/** One process after the other, until the last has had some rounds without trouble. */
const live = async (stage: Stage): Promise<void> => {
  for (;;) {
    const { promise: gone, resolve } = Promise.withResolvers<'gone'>();
    stage.instances += 1;
    const onGone = (): void => resolve('gone');
    const common = { nth: stage.instances, stage, stop: new AbortController(), onGone };
    const ended = runProcess({ ...common, ownership: new AbortController(), isDead: false, miscounts: false });
    const outcome = await Promise.race([ended, gone]);
    if (isOver(stage)) return;
    if (outcome === 'gone') ended.catch(() => undefined); // one that was replaced may end as it likes
  }
};

interface Published {
  readonly topic: string;
  readonly stamp: string;
  readonly name: number;
}

const readChange = ({ topic, value }: Entry): Published => {
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
const falseClaims = (
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
    ...seen.filter((stamp) => !stamps.has(stamp)).map((stamp) => `${stamp} is said to be published`),
    ...[...stamps]
      .filter((stamp) => isOpen(placeOf(stamp)) && !seen.includes(stamp))
      .map((stamp) => `${stamp} is published, and not said to be`),
    ...all
      .filter((edit) => isClosed(placeOfEdit(edit)) && !names.has(edit.name))
      .map(({ name }) => `${name} lies in closed days and is not published`),
  ];
};

const isSorted = (places: readonly number[]): boolean =>
  places.every((place, at) => at === 0 || (places[at - 1] ?? 0) <= place);

/** The changes and the checkpoint of one movie in one transaction. */
interface Part {
  readonly fresh: readonly Published[];
  readonly checkpoint: Checkpoint | undefined;
}

const partsOf = (commit: readonly Entry[]): [number, Part][] =>
  [...Map.groupBy(commit, ({ key }) => Number(key.split(':')[0]))].map(([movieId, entries]) => {
    const [checkpoints, changes] = [true, false].map((isOne) =>
      entries.filter(({ topic }) => (topic === checkpointsTopic(prefix)) === isOne),
    );
    const last = checkpoints?.at(-1);
    const checkpoint = last === undefined ? undefined : decodeCheckpoint(last.key, last.value.toString())[1];
    return [movieId, { fresh: (changes ?? []).map(readChange), checkpoint }];
  });

/** Everything that is wrong with the log, commit by commit, and with its end. */
const audit = (cluster: Cluster, movies: readonly (readonly Edit[])[], start: Day): string[] => {
  const problems: string[] = [];
  const published = movies.map((): Published[] => []);
  const checkpoints = new Map<number, Checkpoint>();
  for (const commit of cluster.commits) {
    for (const [movieId, { fresh, checkpoint }] of partsOf(commit)) {
      const [all, before] = [movies[movieId - 1] ?? [], published[movieId - 1] ?? []];
      for (const [topic, some] of Map.groupBy(fresh, (each) => each.topic)) {
        const places = some.map(({ name }) => all.find((edit) => edit.name === name)).map(orderOf);
        if (!isSorted(places)) problems.push(`${movieId}: out of order in ${topic}`);
      }
      for (const one of fresh) {
        if (before.some(({ name }) => name === one.name)) problems.push(`${movieId}: ${one.name} comes twice`);
        before.push(one);
      }
      if (checkpoint !== undefined) checkpoints.set(movieId, checkpoint);
      const claims = falseClaims(checkpoints.get(movieId), before, all);
      problems.push(...claims.map((claim) => `${movieId}: ${claim}`));
    }
  }
  for (const [at, all] of movies.entries()) {
    const names = new Set(published[at]?.map(({ name }) => name));
    const due = all.filter((edit) => (placeOfEdit(edit) ?? edit.at) >= startOf(start) && !names.has(edit.name));
    problems.push(...due.map(({ name }) => `${at + 1}: ${name} is lost`));
  }
  return problems;
};
const orderOf = (edit: Edit | undefined): number => (edit === undefined ? NaN : (placeOfEdit(edit) ?? Infinity));

it('publishes every change once, whatever befalls Kafka, TMDB and the process', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const stage = makeStage(one);
      await live(stage);
      const start = stage.startAt === null ? dayOf(firstStart) : addDays(dayOf(epoch), stage.startAt);
      expect([...stage.problems, ...audit(stage.cluster, stage.movies, start)]).toEqual([]);
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300), timeout: 10_000 },
  );
}, 600_000);
