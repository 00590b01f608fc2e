import type { Clients, World } from '../clients.ts';
import type { Config } from '../config.ts';
import { readFault, ServiceError } from '../core/errors.ts';
import { groupOf } from '../core/topics.ts';
import type { Limit } from '../io/limit.ts';

/** So that the work ends where live polling leaves nothing, in requests/s. */
const least = 0.2;
const everyMs = 60_000;

export interface SpareOptions {
  readonly clients: Pick<Clients, 'countMembers'>;
  readonly config: Pick<Config, 'TOPIC_PREFIX' | 'TMDB_REQUESTS_PER_SECOND'>;
  readonly world: Pick<World, 'log'>;
  /** What live polling left in its last minute, in requests/s; null where it has not said. */
  readonly readSpare: (signal: AbortSignal) => Promise<number | null>;
}

/** What live polling leaves of the budget, in requests/s; asked for again once a minute. All of it where nobody polls. */
export const makeSpare = ({ clients, config, world, readSpare }: SpareOptions) => {
  const most = config.TMDB_REQUESTS_PER_SECOND;
  let known: { readonly at: number; readonly pace: Promise<number> } | null = null;
  const read = async (signal: AbortSignal): Promise<number> => {
    const group = groupOf(config.TOPIC_PREFIX);
    const members = await clients.countMembers(group).catch((error: unknown) => {
      throw readFault(error, { operation: 'Describe', group });
    });
    if (members === 0) return most;
    return Math.min(Math.max((await readSpare(signal)) ?? least, least), most);
  };
  const readAgain = async (last: Promise<number>, signal: AbortSignal): Promise<number> =>
    read(signal).catch(async (error: unknown) => {
      if (signal.aborted || !(error instanceof ServiceError) || error.code !== 'KAFKA_UNREACHABLE') throw error;
      world.log.warn({ reason: error.message }, 'what live polling leaves cannot be read: the pace stays as it was');
      return last;
    });
  return async (signal: AbortSignal): Promise<number> => {
    if (known !== null && performance.now() <= known.at + everyMs) return known.pace;
    const before = known;
    const pace = before === null ? read(signal) : readAgain(before.pace, signal);
    const asked = { at: performance.now(), pace };
    known = asked;
    pace.catch(() => {
      if (known === asked) known = before; // whoever asks next reads it afresh
    });
    return pace;
  };
};

interface PaceOptions {
  readonly spare: (signal: AbortSignal) => Promise<number>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The budget with each call at the distance that the spare pace gives; a retry is a call like any other. */
export const pacedBy =
  ({ spare, rest }: PaceOptions) =>
  (limit: Limit): Limit => {
    let nextAt = 0; // on the monotonic clock
    return {
      ...limit,
      schedule: async (call, signal) => {
        const distanceMs = 1000 / (await spare(signal));
        const at = Math.max(performance.now(), nextAt);
        nextAt = at + distanceMs;
        await rest(at - performance.now(), signal);
        return limit.schedule(call, signal);
      },
    };
  };
