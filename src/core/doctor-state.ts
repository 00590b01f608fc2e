import { ago } from './ago.ts';
import type { Paused } from './coverage.ts';
import { bad, good, warn, type Check } from './doctor.ts';
import type { Watermark } from './events.ts';
import { sayPaused } from './paused.ts';
import { addDays, dayOf } from './time.ts';

interface Instances {
  /** Kafka's word. */
  readonly state: string;
  readonly members: readonly { readonly host: string; readonly isOwner: boolean }[];
}

/** Who works and who stands by. */
export const groupCheck = ({ state, members }: Instances): Check => {
  const name = 'shard 0';
  const owner = members.find(({ isOwner }) => isOwner);
  if (members.length === 0) return warn(name, 'nobody runs', 'tmdb-cdc run');
  const count = members.length === 1 ? '1 instance' : `${members.length} instances`;
  if (owner === undefined)
    return warn(name, `${count}, and none has the partition yet (${state})`, 'look again in 10 s');
  return good(name, `active on ${owner.host}, ${members.length - 1} standby`);
};

const bytes = (count: number): string => {
  if (count < 1000) return `${count} bytes`;
  return count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
};

export interface CheckpointsFound {
  /** Movies with a record of their own. */
  readonly movies: number;
  readonly hasFrontier: boolean;
  /** Keys and values of all records that were read. */
  readonly bytes: number;
  /** When the last one was written, in ms since 1970; null where there is none. */
  readonly lastAt: number | null;
  readonly paused: Paused | null;
}

export const checkpointsCheck = (
  { movies, hasFrontier, bytes: size, lastAt, paused }: CheckpointsFound,
  now: number,
): Check => {
  const name = 'checkpoints';
  if (lastAt === null) return good(name, 'none yet');
  const count = `${movies} ${movies === 1 ? 'movie' : 'movies'}${hasFrontier ? ' and the frontier' : ''}`;
  const found = `${count}, ${bytes(size)}, last written ${ago(now - lastAt)}`;
  return paused === null ? good(name, found) : warn(name, `${found}; ${sayPaused(paused)}`, 'tmdb-cdc resume');
};

interface Held {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Whether what was written can be read. `seconds`: for how long it was waited. */
export const readBackCheck = (
  held: readonly Held[],
  { seconds, brokers }: { seconds: number; brokers: string },
): Check => {
  const name = 'read-back';
  const [first] = held;
  if (first === undefined) return good(name, 'everything that was written can be read as committed');
  const { topic, partition, offset } = first;
  const others = held.length === 1 ? '' : `, and in ${held.length - 1} other partitions`;
  const detail = `a transaction is open in ${topic} partition ${partition} since offset ${offset}${others}, for more than ${seconds} s: readers wait there (one of a killed instance ends within 30 s)`;
  const abort = `kafka-transactions.sh --bootstrap-server ${brokers} abort --topic ${topic} --partition ${partition} --start-offset ${offset}`;
  return bad(name, detail, abort);
};

export const lettersCheck = (count: number): Check =>
  count === 0 ? good('dead letters', 'none') : warn('dead letters', `${count} waiting`, 'tmdb-cdc dead-letters list');

/** A running instance says once a minute how complete the topics are: so long without a word, in ms, is a silence. */
const silentMs = 300_000;

const utc = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** How late the topics are, and when that was said last. */
export const watermarkCheck = (watermark: Watermark | null, now: number): Check => {
  const name = 'watermark';
  if (watermark === null) return warn(name, 'none yet: nobody has polled everything once', 'tmdb-cdc status');
  const { observed_through: observed, complete_through: complete, at } = watermark;
  const seen = observed === null ? 'nothing is watched' : `seen up to ${utc(observed)}`;
  const final = complete === null ? '' : `, final to ${addDays(dayOf(complete), -1)}`;
  const detail = `${seen}${final}, said ${ago(now - at)}`;
  return now - at > silentMs ? warn(name, detail, 'tmdb-cdc status') : good(name, detail);
};
