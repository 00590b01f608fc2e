import type { Range } from './positions.ts';
import type { Progress } from './progress.ts';

/** A committed record. `timestamp` in ms since 1970: when it was published. */
export interface ConsumedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: Buffer | null;
}

export interface ConsumeRequest {
  /** Partitions, where to begin in each, and before what to end; where none has an end it goes on until the signal. */
  readonly ranges: readonly Range[];
  /** Takes what was read, partition by partition in order. May be slow: the next is not read before it is done. */
  readonly onRecords: (records: readonly ConsumedRecord[]) => Promise<void>;
}

/** What is read by one consumer after another. */
export interface Reading extends ConsumeRequest {
  readonly progress: Progress;
  /** Told of every sign of life. */
  readonly onLife: () => void;
}

/** Of a batch as kafkajs hands it out. `fetchedOffset` is what was asked for. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset?: string;
  readonly messages: readonly {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
  }[];
}

/** The records of a batch that are wanted: neither read before nor behind the end. */
export const recordsOf = ({ topic, partition, messages }: Batch, progress: Progress): ConsumedRecord[] =>
  messages
    .map(({ offset, timestamp, key, value }) => ({
      topic,
      partition,
      offset: BigInt(offset),
      timestamp: Number(timestamp),
      key: key?.toString() ?? null,
      value,
    }))
    .filter(({ offset }) => progress.isWanted(topic, partition, offset));

/** What comes next is not there, or kafkajs asked for something else. */
export const jumped = (topic: string, partition: number): Error =>
  Object.assign(new Error('kafkajs jumps'), { name: 'KafkaJSJump', topic, partition });

/** The partition of `jumped`, null for any other error. */
export const jumpIn = (error: unknown): { readonly topic: string; readonly partition: number } | null =>
  error instanceof Error && error.name === 'KafkaJSJump' ? (error as Error & ReturnType<typeof jumpIn>) : null; // made above

/** Whether kafkajs is about to begin somewhere else than at the next offset. */
export const isJump = ({ topic, partition, fetchedOffset }: Batch, progress: Progress): boolean =>
  BigInt(fetchedOffset ?? 0) > progress.next(topic, partition);
