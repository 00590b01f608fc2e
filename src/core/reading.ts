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

/** How a slow reader tells how far it is. */
export interface Hold {
  /** Aborted once the partitions may be another member's: nothing more is to be handed out. */
  readonly lost: AbortSignal;
  /** Nothing is to be done for it. */
  readonly pass: (record: ConsumedRecord) => void;
  /** Handed out. */
  readonly take: (record: ConsumedRecord) => void;
  /** Done with; resolves once that is committed, or cannot be. */
  readonly finish: (record: ConsumedRecord) => Promise<void>;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** What a member of a group may ask of its consumer. */
export interface Seat {
  readonly seek: (to: Place & { readonly offset: string }) => void;
  readonly pause: (topics: { readonly topic: string; readonly partitions: number[] }[]) => void;
  readonly resume: (topics: { readonly topic: string; readonly partitions: number[] }[]) => void;
  readonly commitOffsets: (offsets: (Place & { readonly offset: string })[]) => Promise<void>;
}

/** How a reader is a member of a group. */
export interface Membership {
  /** Null: a new group for each consumer, deleted afterwards. */
  readonly id: string | null;
  /** Settings of its consumer. */
  readonly options: object;
  /** Goes to where reading goes on in the partitions that it was given. */
  readonly join: (seat: Seat, progress: Progress, assigned: readonly Place[]) => Promise<void> | undefined;
  /** Commits what is finished. Rejects with what kafkajs says. */
  readonly commit: (seat: Seat, progress: Progress) => Promise<void>;
}

const seekAll = (seat: Seat, progress: Progress, assigned: readonly Place[]): void => {
  for (const { topic, partition } of assigned)
    seat.seek({ topic, partition, offset: String(progress.next(topic, partition)) });
};

/** Alone in a group of its own, it commits nothing. Where reading goes on is told at once: kafkajs begins at an end. */
export const alone: Membership = {
  id: null,
  options: {},
  join: (seat, progress, assigned) => {
    seekAll(seat, progress, assigned);
    return undefined;
  },
  commit: async () => Promise.resolve(),
};

/** The partitions that a join has given, as kafkajs tells them. */
export const placesIn = (assignment: Readonly<Record<string, readonly number[]>>): Place[] =>
  Object.entries(assignment).flatMap(([topic, all]) => all.map((partition) => ({ topic, partition })));

export interface ConsumeRequest {
  /** Partitions, where to begin in each, and before what to end; where none has an end it goes on until the signal. */
  readonly ranges: readonly Range[];
  /** Takes what was read, partition by partition in order. May be slow: the next is not read before it is done. */
  readonly onRecords: (records: readonly ConsumedRecord[], hold: Hold) => Promise<void>;
  /** Of the ranges. Default: one of its own. */
  readonly progress?: Progress;
  /** Default: alone. */
  readonly membership?: Membership;
}

/** What is read by one consumer after another. */
export interface Reading extends Required<ConsumeRequest> {
  /** Told of every sign of life. */
  readonly onLife: () => void;
  /** Of the consumer that there is by then: commits what is finished, and ends where all is. */
  readonly turn: { settle: () => Promise<void> };
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

/** What comes next is not there, or kafkajs asked for something else. Named like kafkajs's: a new consumer may cure it. */
export const jumped = (topic: string, partition: number): Error =>
  Object.assign(new Error('kafkajs jumps'), { name: 'KafkaJSJump', topic, partition });

/** The partition of `jumped`, null for any other error. */
export const jumpIn = (error: unknown): { readonly topic: string; readonly partition: number } | null =>
  error instanceof Error && error.name === 'KafkaJSJump' ? (error as Error & ReturnType<typeof jumpIn>) : null; // made above

/** Whether kafkajs is about to begin somewhere else than at the next offset. */
export const isJump = ({ topic, partition, fetchedOffset }: Batch, progress: Progress): boolean =>
  BigInt(fetchedOffset ?? 0) > progress.next(topic, partition);
