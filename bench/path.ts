// The service's own path from TMDB to Kafka, with a limiter that lets everything through and no clock to wait for.
import { EnvHttpProxyAgent } from 'undici';
import {
  addDays,
  checkTopics,
  dayOf,
  makeCheckpointRecords,
  makeCoverage,
  makeEncode,
  makeGet,
  makePoll,
  makeProducer,
  makePublish,
  rest,
  runLoop,
  transactionalIdOf,
  withGrace,
  within,
  makeOnce,
  type Agenda,
  type Coverage,
  type LoopOptions,
  type Stored,
  type Task,
  type Unit,
} from './build.ts';
import { unobserved, type Observer } from './observer.ts';
import type { Stage } from './stage.ts';

const hour = 3_600_000;
const overlapMs = 48 * hour;

/** No limit at all. */
const open = {
  schedule: async <T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> => {
    signal.throwIfAborted();
    return call();
  },
  pause: (): void => undefined,
};

const makeSteps = ({ config, schemas, world }: Stage, url: string, { tell }: Observer) => {
  const dispatcher = new EnvHttpProxyAgent({ connections: config.TMDB_CONNECTIONS, allowH2: false });
  const { now, chance } = world;
  const token = 'any-token-will-do';
  const get = makeGet({ dispatcher, url, token, limit: open, rest, within, now, chance, ...tell });
  const poll = makePoll({ get });
  const encode = makeEncode({ prefix: config.TOPIC_PREFIX, partitions: config.PARTITIONS, schemas });
  const list = async (): Promise<never> => Promise.reject(new Error('no list is asked for'));
  return { poll, list, encode, now, overlapMs };
};

/** Each movie two days behind: one poll brings it to now, and nothing is seen yet. */
const startOver = (checkpoints: Map<number, Stored>, movies: readonly number[]): void => {
  const day = addDays(dayOf(Date.now()), -2);
  for (const movieId of movies) checkpoints.set(movieId, { since: day, from: day, seen: [] });
};

/** Whatever takes what one movie has: Kafka, or for a baseline memory. */
export interface Sink {
  readonly publish: (unit: Unit) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** As a session of the service publishes. */
export const openKafka = async ({ clients, config, world }: Stage, { tell } = unobserved): Promise<Sink> => {
  const leaders = await checkTopics(clients, config, world);
  const transactionalId = transactionalIdOf(config.TOPIC_PREFIX);
  const producer = makeProducer(clients.kafka, transactionalId, leaders);
  await producer.connect();
  const publish = makePublish(producer, leaders, { transactionalId, onTransaction: tell.onTransaction });
  await publish([]);
  const { ofMovie } = makeCheckpointRecords(config.TOPIC_PREFIX, world.randomId());
  return {
    publish: async ({ movieId, records, checkpoint }: Unit) => publish([...records, ofMovie(movieId, checkpoint)]),
    close: async () => producer.disconnect(),
  };
};

export interface Run {
  readonly movies: readonly number[];
  readonly rounds: number;
  /** Events so far, after each round. */
  readonly onRound: (events: number) => void;
}

interface Rounds extends Omit<Run, 'onRound'> {
  readonly coverage: Coverage;
  readonly checkpoints: Map<number, Stored>;
  readonly onRound: () => void;
}

/** So many rounds, one right after the other. */
const makeRounds = ({ coverage, checkpoints, movies, rounds, onRound }: Rounds): Agenda => {
  let [round, done] = [makeOnce(movies, dayOf(Date.now())), 0];
  const next = (now: number): Task => {
    const task = round.next(now);
    if (!('done' in task)) return task;
    done += 1;
    startOver(checkpoints, movies);
    onRound();
    if (done === rounds) return task;
    round = makeOnce(movies, dayOf(Date.now()));
    round.open(coverage, now);
    return next(now);
  };
  return {
    next,
    open: (...given) => round.open(...given),
    polled: (...given) => round.polled(...given),
    listed: (...given) => round.listed(...given),
    written: (...given) => round.written(...given),
    failed: (...given) => round.failed(...given),
  };
};

const done = async (): Promise<void> => Promise.resolve();
const ignore = (): void => undefined;

/** The service's loop: goes through all movies in so many rounds and gives the number of events. */
export const makePath = (stage: Stage, url: string, observer = unobserved) => {
  const steps = makeSteps(stage, url, observer);
  return async ({ publish }: Sink, { movies, rounds, onRound }: Run): Promise<number> => {
    const stop = new AbortController();
    const { signal: ended } = new AbortController(); // never: no other instance takes over
    const checkpoints = new Map<number, Stored>();
    const coverage = makeCoverage(checkpoints, null);
    let events = 0;
    const fail = (_: unknown, fault: unknown): void => stop.abort(fault);
    startOver(checkpoints, movies);
    const options: LoopOptions = {
      agenda: makeRounds({ coverage, checkpoints, movies, rounds, onRound: () => onRound(events) }),
      inFlight: 8 * stage.config.TMDB_CONNECTIONS,
      steps,
      openSession: async () =>
        Promise.resolve({ coverage, watermark: null, write: done, mark: done, publish, ended, close: done }),
      rest,
      withGrace,
      chance: stage.world.chance,
      onPolled: (_: number, { published }: { published: number }) => void (events += published),
      onFailed: fail,
      ...{ onPaused: ignore, onListed: ignore, onWritten: ignore, onWatermark: ignore },
      onRestart: (fault: unknown) => fail(0, fault),
    };
    await runLoop(observer.follow(options), stop.signal);
    stop.signal.throwIfAborted();
    return events;
  };
};
