import { EventEmitter, once } from 'node:events';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { overtaken, readFault, refusalIn, ServiceError } from '../core/errors.ts';
import { makeWatch } from '../core/progress.ts';
import type { Asked } from '../core/refusals.ts';

/** Our place in the consumer group that says which instance polls: the one that has the partition. */
export interface Group {
  /**
   * Waits until the group says, after this call, that the partition is ours; the signal that it gives is aborted with the
   * reason once that ends. Rejects with KAFKA_REFUSED.
   */
  readonly own: (signal: AbortSignal) => Promise<AbortSignal>;
  /** From this offset on a record without this session's id ends what `own` gave. */
  readonly watch: (session: string, offset: bigint) => void;
  readonly leave: () => Promise<void>;
}

export interface GroupOptions {
  /** Has one partition. */
  readonly topic: string;
  readonly group: string;
  /** A new member of the group; it asks with each join whether to claim that it has the partition. */
  readonly makeMember: (claims: () => boolean) => Consumer;
  readonly atMost: (ms: number, work: Promise<unknown>) => Promise<void>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  /** See `io/rest.ts`. */
  readonly onClockSet: (signal: AbortSignal, act: () => void) => void;
}

const rejoinMs = 500;
// Shorter than the session: whoever was stopped for so long must not believe that the partition is still its own.
const leaseMs = 5000;

/** Whether the partition is ours, and who is told. */
const makeOwnership = (asked: Asked) => {
  const signs = new EventEmitter().on('error', () => undefined); // nobody may be waiting
  let current = new AbortController();
  let isOurs = false;
  let fault: ServiceError | null = null;
  const end = (why: string): void => current.abort(new ServiceError('SESSION_ENDED', why));
  let hasLease = false;
  const lease = setTimeout(() => {
    hasLease = false;
    end('the consumer group was silent for too long');
  }, leaseMs).unref();
  return {
    isOurs: () => isOurs,
    /** What the group is told: one that was silent for too long may have a successor, and must not take it back. */
    claims: () => hasLease,
    isRefused: () => fault !== null,
    own: async (signal: AbortSignal): Promise<AbortSignal> => {
      if (fault !== null) throw fault;
      await once(signs, 'owned', { signal });
      current = new AbortController();
      return current.signal;
    },
    /** A sign of the group's, a join or a heartbeat. */
    confirm: (ours: boolean): void => {
      [isOurs, hasLease] = [ours, ours];
      lease.refresh();
      if (ours) signs.emit('owned');
      else end(overtaken.given);
    },
    overtaken: (): void => end(overtaken.written),
    lose: (error: unknown): void => {
      [isOurs, hasLease] = [false, false];
      if (refusalIn(error) !== null) fault = readFault(error, asked);
      current.abort(fault ?? new ServiceError('SESSION_ENDED', 'the consumer group was lost', error));
      if (fault !== null) signs.emit('error', fault);
    },
  };
};

interface Membership extends Pick<GroupOptions, 'onClockSet'> {
  readonly topic: string;
  readonly ownership: ReturnType<typeof makeOwnership>;
  readonly watch: ReturnType<typeof makeWatch>;
}

// kafkajs begins at the end after each join.
const seek = (consumer: Consumer, { topic, ownership, watch }: Membership): void => {
  const next = watch.next();
  if (ownership.isOurs() && next !== null) consumer.seek({ topic, partition: 0, offset: String(next) });
};

/** A member until the signal. Rejects with what ends the membership. */
const stay = async (consumer: Consumer, membership: Membership, signal: AbortSignal): Promise<void> => {
  const { topic, ownership, watch, onClockSet } = membership;
  const { promise: crash, reject } = Promise.withResolvers<never>();
  const over = new AbortController();
  onClockSet(over.signal, () => reject(new Error('the clock was set')));
  consumer.on('consumer.crash', ({ payload: { error } }) => reject(error));
  consumer.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    ownership.confirm(memberAssignment[topic]?.includes(0) === true);
    seek(consumer, membership);
  });
  consumer.on('consumer.heartbeat', () => {
    if (ownership.isOurs()) ownership.confirm(true);
  });
  consumer.on('consumer.end_batch_process', ({ payload: { lastOffset } }) => watch.move(BigInt(lastOffset) + 1n));
  const isForeign = ({ offset, headers }: KafkaMessage): boolean =>
    watch.isForeign(BigInt(offset), headers?.['session']?.toString());
  const eachBatch = async ({ batch }: EachBatchPayload): Promise<void> => {
    if (batch.messages.some(isForeign)) ownership.overtaken();
    return Promise.resolve();
  };
  const start = async (): Promise<void> => {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    await consumer.run({ autoCommit: false, eachBatch });
    await crash;
  };
  await Promise.race([start(), crash, once(signal, 'abort')]).finally(() => over.abort());
};

/** Makes us a member of the consumer group until we leave it. */
export const makeGroup = ({ topic, group, makeMember, atMost, rest, onClockSet }: GroupOptions): Group => {
  const stop = new AbortController();
  const membership = {
    topic,
    ownership: makeOwnership({ operation: 'Read', topics: [topic], group }),
    watch: makeWatch(),
    onClockSet,
  };
  const { ownership, watch } = membership;
  let member = makeMember(ownership.claims);
  const beMember = async (): Promise<void> => {
    for (; !stop.signal.aborted && !ownership.isRefused(); member = makeMember(ownership.claims)) {
      await stay(member, membership, stop.signal).catch(ownership.lose);
      await atMost(2000, member.disconnect());
      await rest(rejoinMs, stop.signal).catch(() => undefined);
    }
  };
  const done = beMember();
  return {
    own: async (signal) => {
      watch.end();
      return ownership.own(signal);
    },
    watch: (session, offset) => {
      watch.begin(session, offset);
      seek(member, membership);
    },
    leave: async () => {
      stop.abort();
      await done;
    },
  };
};
