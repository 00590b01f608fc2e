import { openCheckpointReader } from '../checkpoints.ts';
import type { Clients, World } from '../clients.ts';
import type { Config } from '../config.ts';
import type { Change, Coverage } from '../core/coverage.ts';
import type { ProducerRecord } from '../core/encode.ts';
import { actionOf, isFenced, readFault, ServiceError } from '../core/errors.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { makeCheckpointRecords } from '../core/records.ts';
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

/** What is to be written, by what is there; null: nothing. May look for more before it says so, but not for long. */
export type Decide = (coverage: Coverage) => Decision | null | Promise<Decision | null>;

const tries = 3;

/** What is left of a change that takes more than one transaction, and whether the one of unknown outcome is in the log. */
const makeRest = (decides: readonly Decide[]) => {
  const left = [...decides];
  let [sent, isFound]: [ProducerRecord | null, boolean] = [null, false];
  return {
    left: () => left.length,
    next: () => left[0] ?? null,
    /** One of its records: it is there, or none of them is. */
    sending: (record: ProducerRecord | undefined): void => void ([sent, isFound] = [record ?? null, false]),
    done: (): void => {
      left.shift();
      sent = null;
    },
    isThere: (): boolean => sent !== null && isFound,
    onRecord: ({ key, value }: ConsumedRecord): void => {
      if (sent === null || key !== sent.key) return;
      isFound ||= value === null || sent.value === null ? value === sent.value : value.equals(sent.value);
    },
  };
};
type Rest = ReturnType<typeof makeRest>;

type Read = () => Promise<{ readonly coverage: Coverage }>;

/** Fences whoever has the transactional id, reads what it committed until then, and writes one transaction after another. */
const changeOnce = async ({ clients, config, world }: ChangeOptions, read: Read, change: Rest): Promise<Coverage> => {
  const leaders = await checkTopics(clients, config, world);
  const transactionalId = transactionalIdOf(config.TOPIC_PREFIX);
  const producer = makeProducer(clients.kafka, transactionalId, leaders);
  const { ofChange } = makeCheckpointRecords(config.TOPIC_PREFIX, world.randomId());
  try {
    await producer.connect();
    const publish = makePublish(producer, leaders, { transactionalId });
    await publish([]);
    const { coverage } = await read();
    if (change.isThere()) change.done();
    for (let decide = change.next(); decide !== null; decide = change.next()) {
      const decision = await decide(coverage);
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

interface Turns {
  readonly read: Read;
  readonly change: Rest;
  /** How many transactions there are. */
  readonly count: number;
}

/** Tries as often as somebody else takes the transactional id back. */
const changeInTurn = async (
  options: ChangeOptions,
  { read, change, count }: Turns,
  signal: AbortSignal,
): Promise<Coverage> => {
  const { config, world } = options;
  let [last, left]: [unknown, number] = [undefined, count];
  for (let attempt = 0; attempt < tries; attempt += 1) {
    if (last !== undefined) await rest(pauseOf(attempt, isFenced(last), world.chance()), signal);
    try {
      return await unlessAborted(changeOnce(options, read, change), signal);
    } catch (error) {
      if (signal.aborted || actionOf(error) !== 'restart') throw error;
      if (change.left() < left) attempt = -1;
      [last, left] = [error, change.left()];
    }
  }
  const done = count - left;
  const what = done === 0 ? 'nothing was changed' : `${done} of ${count} transactions were written, the rest was not`;
  const topic = checkpointsTopic(config.TOPIC_PREFIX);
  const sentence = `${what}: another instance took the transactional id of ${topic} back ${tries} times; try again`;
  throw new ServiceError('BUSY', sentence, last);
};

/**
 * Changes checkpoints while an instance may run: under its own transactional id, so that nothing it has polled before is
 * committed after it, and what it has committed is what the decision is about. The instance sees a record that it has not
 * written, and begins anew. Each decision is one transaction, and is written once; an instance that comes back in between
 * is fenced again. Where nothing is to be written, nobody is fenced. Throws BUSY after three tries that brought nothing.
 */
export const changeCheckpoints = async (
  options: ChangeOptions,
  decide: Decide | readonly Decide[],
  signal: AbortSignal,
): Promise<Coverage> => {
  const { clients, config } = options;
  const decides = [decide].flat();
  const change = makeRest(decides);
  const { onRecord } = change;
  const reader = openCheckpointReader(clients, checkpointsTopic(config.TOPIC_PREFIX), { onRecord });
  const read = async () =>
    reader.read(signal).catch((error: unknown) => {
      throw signal.aborted || error instanceof ServiceError ? error : readFault(error);
    });
  try {
    // All of it first: a large topic takes seconds, and whoever is fenced comes back after one.
    const { coverage } = await read();
    const decisions = await Promise.all(decides.map(async (each) => each(coverage)));
    if (decisions.every((each) => each === null)) return coverage;
    return await changeInTurn(options, { read, change, count: decides.length }, signal);
  } finally {
    await reader.close();
  }
};
