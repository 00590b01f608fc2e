import { openCheckpointReader } from '../checkpoints.ts';
import { patiently, type Clients, type World } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Change, Coverage } from '../core/coverage.ts';
import type { ProducerRecord } from '../core/encode.ts';
import { actionOf, isFenced, readFault, ServiceError } from '../core/errors.ts';
import { makeCheckpointRecords } from '../core/records.ts';
import { makeRemaining, type Remaining } from '../core/remaining.ts';
import { pauseOf } from '../core/retry.ts';
import { checkpointsTopic, transactionalIdOf } from '../core/topics.ts';
import { checkTopics } from '../installation.ts';
import { makeProducer } from '../io/members.ts';
import { makePublish } from '../io/publish.ts';
import { atMost, rest, unlessAborted } from '../io/rest.ts';

export interface ChangeOptions {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
}

/** What is written in one transaction: a change of the checkpoints, and records of other topics. */
export interface Decision extends Change {
  readonly records?: readonly ProducerRecord[];
}

/**
 * What is to be written, by what is there; null: nothing. May look for more before it says so, but not for long. Asked
 * before anybody is fenced whether there is anything, and again whenever it is about to be written.
 */
export type Decide = (coverage: Coverage, isWritten: boolean) => Decision | null | Promise<Decision | null>;

const tries = 3;

interface Turns {
  readonly read: () => Promise<{ readonly coverage: Coverage }>;
  readonly change: Remaining<Decide>;
}

/**
 * Fences whoever has the transactional id, reads what it committed until then, and, where it may, writes one transaction
 * after another.
 */
const changeOnce = async (
  { clients, config, world }: ChangeOptions,
  { read, change }: Turns,
  mayWrite: boolean,
): Promise<Coverage> => {
  const leaders = await checkTopics(clients, config, world);
  const transactionalId = transactionalIdOf(config.TOPIC_PREFIX);
  const producer = makeProducer(clients.kafka, transactionalId, leaders);
  const { ofChange } = makeCheckpointRecords(config.TOPIC_PREFIX, world.randomId());
  try {
    await producer.connect();
    const publish = makePublish(producer, leaders, { transactionalId });
    await publish([]);
    const { coverage } = await read();
    change.settle();
    for (let decide = change.next(); mayWrite && decide !== null; decide = change.next()) {
      const decision = await decide(coverage, true);
      const checkpoints = decision === null ? [] : ofChange(decision);
      change.sending(checkpoints[0]);
      if (decision !== null) {
        await publish([...(decision.records ?? []), ...checkpoints]);
        coverage.apply(decision); // not before: the next try reads on from what is committed
      }
      change.done();
    }
    return coverage;
  } catch (error) {
    throw error instanceof ServiceError ? error : readFault(error);
  } finally {
    await atMost(1000, producer.disconnect());
  }
};

/** Why a change is given up, and what was written of it. */
const givenUp = (fault: unknown, change: Remaining<Decide>, topic: string): unknown => {
  if (!(fault instanceof ServiceError)) return fault;
  if (!isFenced(fault)) {
    const by = change.isOpen() ? '' : 'by what is in the log now, ';
    return new ServiceError(fault.code, `${fault.message}; ${by}${change.say()}`, fault);
  }
  const why = `another instance has taken the transactional id of ${topic} back, after ${tries} tries`;
  return new ServiceError('BUSY', `${why}; ${change.say()}`, fault);
};

/** What the next try may do without. A broker that is away keeps nothing but the outcome of the last try from us. */
const isPassing = (error: unknown, change: Remaining<Decide>): boolean =>
  actionOf(error) === 'restart' ||
  (change.isOpen() && error instanceof ServiceError && error.code === 'KAFKA_UNREACHABLE');

/**
 * Tries as often as somebody else takes the transactional id back. Where the outcome of the last try is not known, it
 * looks once more, and writes nothing.
 */
const changeInTurn = async (options: ChangeOptions, turns: Turns, signal: AbortSignal): Promise<Coverage> => {
  const { config, world } = options;
  const { change } = turns;
  let [last, left]: [unknown, number] = [undefined, change.left()];
  for (let attempt = 0; attempt < tries || (attempt === tries && change.isOpen()); attempt += 1) {
    if (last !== undefined) await rest(pauseOf(attempt, isFenced(last), world.chance()), signal);
    try {
      const coverage = await unlessAborted(changeOnce(options, turns, attempt < tries), signal);
      if (change.left() === 0) return coverage;
    } catch (error) {
      if (signal.aborted || !isPassing(error, change)) throw error;
      last = error;
    }
    if (change.left() < left) attempt = -1;
    left = change.left();
  }
  throw givenUp(last, change, checkpointsTopic(config.TOPIC_PREFIX));
};

/**
 * Changes checkpoints while an instance may run: under its own transactional id, so that nothing it has polled before is
 * committed after it, and what it has committed is what the decision is about. The instance sees a record that it has not
 * written, and begins anew. Each decision is one transaction, and is written once; an instance that comes back in between
 * is fenced again. Where nothing is to be written, nobody is fenced. Throws after three tries that brought nothing, BUSY
 * where somebody else had the transactional id, and says what was written.
 */
export const changeCheckpoints = async (
  options: ChangeOptions,
  decide: Decide | readonly Decide[],
  signal: AbortSignal,
): Promise<Coverage> => {
  const { clients, config, world } = options;
  const decides = [decide].flat();
  const change = makeRemaining(decides);
  const { onRecord } = change;
  const reader = openCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX), { onRecord });
  const readOnce = async () =>
    reader.read(signal).catch((error: unknown) => {
      throw signal.aborted || error instanceof ServiceError ? error : readFault(error);
    });
  const read = async () => patiently(readOnce, world, signal); // a partition may be between two leaders
  try {
    // All of it first: a large topic takes seconds, and whoever is fenced comes back after one.
    const { coverage } = await read();
    const decisions = await Promise.all(decides.map(async (each) => each(coverage, false)));
    if (decisions.every((each) => each === null)) return coverage;
    return await changeInTurn(options, { read, change }, signal);
  } finally {
    await reader.close();
  }
};
