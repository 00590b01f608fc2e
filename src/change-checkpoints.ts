import { makeCheckpointReader } from './checkpoints.ts';
import type { Clients, World } from './clients.ts';
import type { Config } from './config.ts';
import type { Change, Coverage } from './core/coverage.ts';
import type { ProducerRecord } from './core/encode.ts';
import { actionOf, isFenced, readFault, ServiceError } from './core/errors.ts';
import { makeCheckpointRecords } from './core/records.ts';
import { pauseOf } from './core/retry.ts';
import { checkpointsTopic, transactionalIdOf } from './core/topics.ts';
import { checkTopics } from './installation.ts';
import { makeProducer } from './io/members.ts';
import { makePublish } from './io/publish.ts';
import { atMost, rest, unlessAborted } from './io/rest.ts';

interface ChangeOptions {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
}

/** What is written in one transaction: a change of the checkpoints, and records of other topics. */
export interface Decision extends Change {
  readonly records?: readonly ProducerRecord[];
}

/** What is to be written, by what is there; null: nothing. May look for more before it says so, but not for long. */
export type Decide = (coverage: Coverage) => Decision | null | Promise<Decision | null>;

const tries = 3;

/** Fences whoever has the transactional id, reads what it committed until then, and writes. */
const changeOnce = async (
  { clients, config, world }: ChangeOptions,
  read: () => Promise<{ readonly coverage: Coverage }>,
  decide: Decide,
): Promise<Coverage> => {
  const leaders = await checkTopics(clients, config, world);
  const transactionalId = transactionalIdOf(config.TOPIC_PREFIX);
  const producer = makeProducer(clients.kafka, transactionalId, leaders);
  try {
    await producer.connect();
    const publish = makePublish(producer, leaders, transactionalId);
    await publish([]);
    const { coverage } = await read();
    const decision = await decide(coverage);
    const { ofChange } = makeCheckpointRecords(config.TOPIC_PREFIX, world.randomId());
    if (decision === null) return coverage;
    await publish([...(decision.records ?? []), ...ofChange(decision)]);
    coverage.apply(decision); // not before: the next try reads on from what is committed
    return coverage;
  } catch (error) {
    throw error instanceof ServiceError ? error : readFault(error);
  } finally {
    await atMost(1000, producer.disconnect());
  }
};

/**
 * Changes checkpoints while an instance may run: in one transaction under its own transactional id, so that nothing it has
 * polled before is committed after it, and what it has committed is what the decision is about. The instance sees a record
 * that it has not written, and begins anew. Where nothing is to be written, nobody is fenced. Throws BUSY.
 */
export const changeCheckpoints = async (
  options: ChangeOptions,
  decide: Decide,
  signal: AbortSignal,
): Promise<Coverage> => {
  const { clients, config, world } = options;
  const topic = checkpointsTopic(config.TOPIC_PREFIX);
  const reader = makeCheckpointReader(clients, topic);
  const read = async () =>
    reader(signal).catch((error: unknown) => {
      throw signal.aborted || error instanceof ServiceError ? error : readFault(error);
    });
  // All of it first: a large topic takes seconds, and whoever is fenced comes back after one.
  const { coverage } = await read();
  if ((await decide(coverage)) === null) return coverage;
  let last: unknown;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    if (attempt > 0) await rest(pauseOf(attempt, isFenced(last), world.chance()), signal);
    try {
      return await unlessAborted(changeOnce(options, read, decide), signal);
    } catch (error) {
      if (signal.aborted || actionOf(error) !== 'restart') throw error;
      last = error;
    }
  }
  const sentence = `nothing was changed: another instance took the transactional id of ${topic} back ${tries} times; try again`;
  throw new ServiceError('BUSY', sentence, last);
};
