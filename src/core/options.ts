import type { Topic } from './map.ts';

/** Where to go on: the next offset of each partition, by `topic/partition`. Plain JSON. */
export type Position = Readonly<Record<string, string>>;

/** A record that is none of ours, or no event. */
export interface Skipped {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
}

/** Of the client's log: nothing in it has to be read. */
export interface LogLine {
  readonly level: 'debug' | 'warn';
  readonly message: string;
}

export interface ConnectionOptions {
  /** `host:port`, several separated by commas or as a list. */
  readonly brokers: string | readonly string[];
  /** URL of the schema registry. */
  readonly registry: string;
  /** TLS to the brokers: true for the public authorities, or PEM texts. Default: none. */
  readonly ssl?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** `user:password`, or a bearer token. */
  readonly registryAuth?: string;
  /** PEM text of the authority that signs for the registry. */
  readonly registryCa?: string;
}

/** Whatever it covers was handed out before it. Times in ms since 1970; null: not known. */
export interface WatermarkEvent {
  readonly type: 'watermark';
  /** Every change that TMDB showed before then, of whatever is watched, is in the topics. */
  readonly observedThrough: number | null;
  /** The start of the first day that is not final: live polling adds nothing to the days before. */
  readonly completeThrough: number | null;
}

export interface ChangesOptions<K extends Topic = Topic> extends ConnectionOptions {
  /** Change keys, or `other`. Default: every one. */
  readonly keys?: readonly K[];
  /** Full names of topics, instead of keys. */
  readonly topics?: readonly string[];
  /** In front of the keys. Default: `tmdb.movie.` */
  readonly prefix?: string;
  /**
   * Default: the beginning. With a group: where it has not committed anything. A Date is a time of publishing, not of
   * `changed_at`; a bigint the offset in every partition of one topic, and one that lacks it is an error. What a position
   * does not name is read from the beginning; what it names of topics that are not read is ignored.
   */
  readonly from?: 'beginning' | 'end' | Date | bigint | Position;
  /** Ends before it, by the same rules; of partitions that a position does not name nothing is read. Default: never. */
  readonly until?: 'now' | Date | bigint | Position;
  /** Whose committed offsets to go on from, and to move. Default: none, and nothing stays behind. */
  readonly group?: string;
  /** Ends it, without an error: nothing more is handed out. Connections close once the body asks for the next or leaves. */
  readonly signal?: AbortSignal;
  readonly onSkipped?: (record: Skipped) => void;
  readonly log?: (line: LogLine) => void;
}

export interface WatermarksOption<W extends boolean = boolean> {
  /** Gives a `WatermarkEvent` among the events, once all that it covers is handed out. Goes without `group`. Default: false. */
  readonly watermarks?: W;
}
