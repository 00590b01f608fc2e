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

export interface ChangesOptions<K extends Topic = Topic> extends ConnectionOptions {
  /** Change keys, or `other`. Default: every one. */
  readonly keys?: readonly K[];
  /** Full names of topics, instead of keys. */
  readonly topics?: readonly string[];
  /** In front of the keys. Default: `tmdb.movie.` */
  readonly prefix?: string;
  /** Default: the beginning. With a group: where it has not committed anything. A bigint is an offset of one topic. */
  readonly from?: 'beginning' | 'end' | Date | bigint | Position;
  /** Ends before it. Default: never. */
  readonly until?: 'now' | Date | bigint | Position;
  /** Whose committed offsets to go on from, and to move. Default: none, and nothing stays behind. */
  readonly group?: string;
  /** Ends it, without an error. */
  readonly signal?: AbortSignal;
  readonly onSkipped?: (record: Skipped) => void;
  readonly log?: (line: LogLine) => void;
}
