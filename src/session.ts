import { patienceMs, patiently, type Clients, type World } from './clients.ts';
import { makeCheckpointReader, warnOfStart } from './checkpoints.ts';
import type { Config } from './config.ts';
import type { Change } from './core/coverage.ts';
import type { EncodeOptions, Unit } from './core/encode.ts';
import type { Watermark } from './core/events.ts';
import { actionOf, isOfKafka, readFault, refusalIn, ServiceError } from './core/errors.ts';
import { sayPaused, untilResumed } from './core/paused.ts';
import { makeCheckpointRecords } from './core/records.ts';
import { untold, type Tell } from './core/tell.ts';
import type { WatchChange } from './core/watch.ts';
import { checkpointsTopic, groupOf, transactionalIdOf } from './core/topics.ts';
import { checkTopics, findSchemas } from './installation.ts';
import { makeAssigner } from './io/assigner.ts';
import { makeGroup, type Group } from './io/group.ts';
import { makeMember, makeProducer, tellSigns } from './io/members.ts';
import { makeWatchFile } from './io/watch-file.ts';
import { makePublish, type Publish } from './io/publish.ts';
import { atMost, onClockSet, rest, unlessAborted, withGrace, within } from './io/rest.ts';
import { makeSteps } from './steps.ts';
import { makeWatermarks } from './watermarks.ts';

interface SessionOptions {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
  readonly schemas: EncodeOptions['schemas'];
  readonly group: Group;
  readonly once: boolean;
  readonly tell: Tell;
}

const open = async (options: SessionOptions, publish: Publish, signal: AbortSignal) => {
  const { clients, config, world, group } = options;
  const session = world.randomId();
  const { ofMovie, ofChange } = makeCheckpointRecords(config.TOPIC_PREFIX, session);
  await publish([]); // fences and settles whatever had the transactional id before; nothing is sent
  const read = makeCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX));
  const watermarks = makeWatermarks(options);
  const [{ coverage, end }, watermark] = await Promise.all([read(signal), watermarks.read(signal)]);
  const paused = coverage.paused();
  if (options.once && paused !== null) throw new ServiceError('PAUSED', `${sayPaused(paused)}: ${untilResumed}`);
  group.watch(session, end);
  const write = async (change: Change, said: Watermark | null): Promise<void> =>
    publish([...ofChange(coverage.apply(change)), ...watermarks.recordsOf(said)]);
  warnOfStart(options, coverage);
  world.log.info({ session, checkpoints: coverage.size() }, 'session open');
  return {
    coverage,
    write,
    watermark,
    publish: async ({ movieId, records, checkpoint }: Unit, said: Watermark | null) =>
      publish([...records, ofMovie(movieId, coverage.writing(movieId, checkpoint)), ...watermarks.recordsOf(said)]),
    mark: async (said: Watermark) => publish(watermarks.recordsOf(said)),
  };
};

/** Waits until this instance is the one that polls. Throws BUSY where it is to do so once and another one goes on. */
const standBy = async ({ group, once, config, world }: SessionOptions, signal: AbortSignal): Promise<AbortSignal> => {
  const groupId = groupOf(config.TOPIC_PREFIX);
  const say = (): void => world.log.info({ group: groupId }, 'standing by until the group gives us the partition');
  const timers = [setTimeout(say, 3000), setInterval(say, patienceMs)];
  try {
    return await (once ? within(patienceMs, signal, group.own) : group.own(signal));
  } catch (error) {
    if (signal.aborted || error instanceof ServiceError) throw error;
    const sentence = `another instance polls for ${config.TOPIC_PREFIX}: the consumer group ${groupId} gave us nothing within ${patienceMs / 1000} s`;
    throw new ServiceError('BUSY', sentence, error);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
};

/** What stops the service, or PUBLISH_FAILED for what a new session may cure. */
const asFault = (error: unknown): unknown => {
  if (!(error instanceof ServiceError) && refusalIn(error) !== null) return readFault(error);
  const isCurable =
    error instanceof ServiceError ? actionOf(error) !== 'stop' || error.code === 'KAFKA_UNREACHABLE' : isOfKafka(error);
  return isCurable ? new ServiceError('PUBLISH_FAILED', 'no session with Kafka could be opened', error) : error;
};

/** Our turn, a new producer, its fence, and the checkpoints as they are after it: start-up and recovery are one path. */
const makeOpenSession = (options: SessionOptions) => async (signal: AbortSignal) => {
  const { clients, config, world } = options;
  const ended = await standBy(options, signal);
  const either = AbortSignal.any([signal, ended]);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => Promise.all(closing.map(async (each) => each()));
  try {
    // One that was deleted meanwhile will not come back by itself.
    const leaders = await unlessAborted(checkTopics(clients, config, world), either);
    const transactionalId = transactionalIdOf(config.TOPIC_PREFIX);
    const producer = makeProducer(clients.kafka, transactionalId, leaders);
    closing.push(async () => atMost(1000, producer.disconnect()));
    await unlessAborted(producer.connect(), either);
    const publish = makePublish(producer, leaders, { transactionalId, onTransaction: options.tell.onTransaction });
    return { ...(await unlessAborted(open(options, publish, either), either)), ended, close };
  } catch (error) {
    await close();
    throw either.aborted ? either.reason : asFault(error);
  }
};

const joinGroup = ({
  clients: { kafka },
  config: { TOPIC_PREFIX },
  world: { now },
  tell,
}: Omit<SessionOptions, 'group'>): Group => {
  const [topic, group] = [checkpointsTopic(TOPIC_PREFIX), groupOf(TOPIC_PREFIX)];
  return makeGroup({
    topic,
    group,
    makeMember: (claims) => tellSigns(makeMember(kafka, group, makeAssigner(topic, claims)), topic, tell.onSign),
    atMost,
    rest,
    onClockSet: (over, act) => onClockSet(now, over, act),
  });
};

export interface ServiceOptions extends Pick<SessionOptions, 'clients' | 'config' | 'world' | 'once'> {
  readonly tell?: Tell;
}

/** What lives as long as the process: Kafka and registry found in order, the way to TMDB, and how to open a session. */
export const openService = async ({ tell = untold, ...given }: ServiceOptions, signal: AbortSignal) => {
  const { clients, config, world } = given;
  await patiently(async () => checkTopics(clients, config, world), world, signal);
  const schemas = await patiently(async () => findSchemas(clients), world, signal);
  const { steps, closeTmdb } = makeSteps(config, { world, tell }, schemas);
  const options = { ...given, schemas, tell };
  const group = joinGroup(options);
  const openSession = makeOpenSession({ ...options, group });
  const close = async (): Promise<void> => {
    await Promise.all([closeTmdb(), group.leave()]);
  };
  /** Tells of every change of a watch file until its answer is called. */
  const watch = (onChange: (change: WatchChange) => void): (() => void) =>
    config.WATCH?.kind === 'file'
      ? makeWatchFile({ ...config.WATCH, log: world.log, onChange }).close
      : () => undefined;
  return { steps, openSession, rest, withGrace, watch, close };
};
