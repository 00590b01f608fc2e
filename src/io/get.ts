import { gunzipSync } from 'node:zlib';
import { request, type Dispatcher } from 'undici';
import {
  clockOffsetOf,
  expiresOf,
  isOverLimit,
  makeClockCheck,
  refusalOf,
  takenOf,
  type Get,
  type Question,
} from '../core/answer.ts';
import { actionOf, ServiceError } from '../core/errors.ts';
import { whyUnreachable } from '../core/network.ts';
import { delayOf, retryAfterMs, tmdbAttempts, tmdbBackoff } from '../core/retry.ts';

export interface GetOptions {
  readonly dispatcher: Dispatcher;
  /** Up to and with `/3`. */
  readonly url: string;
  readonly token: string;
  readonly limit: {
    readonly schedule: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>;
    readonly pause: (ms: number) => void;
  };
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly within: <T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  readonly now: () => number;
  readonly chance: () => number;
  /** Every request: its status, 0 where none came. */
  readonly onRequest: (status: number) => void;
  /** Every attempt, once it is over: why it failed, and by how many ms our clock was ahead of TMDB's. */
  readonly onAttempt?: (about: { readonly fault: ServiceError | null; readonly offsetMs: number | null }) => void;
}

/** A whole request, its body included, in ms. */
const timeLimitMs = 30_000;
/** A hundred times the largest recorded answer. */
const sizeLimit = 64 * 1024 * 1024;

const readBytes = async (body: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > sizeLimit) throw new ServiceError('TMDB_UNREADABLE', `TMDB's answer is larger than ${sizeLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

// What the bytes are is seen, not believed: TMDB has sent gzip that nobody asked for, and undici decodes nothing.
const textOf = (bytes: Buffer): string => {
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return new TextDecoder('utf-8', { fatal: true }).decode(
      isGzip ? gunzipSync(bytes, { maxOutputLength: sizeLimit }) : bytes,
    );
  } catch (cause) {
    throw new ServiceError('TMDB_UNREADABLE', "TMDB's answer is neither UTF-8 nor gzip of it", cause);
  }
};

/** The beginning of an error's body: its status says most, so it need not be readable. */
const hintOf = (bytes: Buffer): string => {
  try {
    return textOf(bytes).slice(0, 1000);
  } catch {
    return bytes.toString('latin1', 0, 1000);
  }
};

interface Asking {
  /** The whole address. */
  readonly target: string;
  readonly refuse: Question<unknown>['refuse'];
  readonly attempt: number;
  readonly clock: { offsetMs: number | null };
}

/** One request, and what its answer says. Throws the fault of anything but a 200. */
const makeAsk = ({ dispatcher, url, token, limit, now, chance, onRequest }: GetOptions) => {
  const checkClock = makeClockCheck();
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'accept-encoding': 'gzip' };
  return async ({ target, refuse, attempt, clock }: Asking, signal: AbortSignal) => {
    const sentAt = now();
    const answer = await request(target, { dispatcher, headers, signal });
    const status = answer.statusCode;
    onRequest(status);
    clock.offsetMs = clockOffsetOf(answer.headers, now());
    const bytes = await readBytes(answer.body);
    const text = status === 200 ? textOf(bytes) : hintOf(bytes);
    if (isOverLimit(status, text)) {
      const retryAfter = answer.headers['retry-after'];
      const asked = retryAfterMs(typeof retryAfter === 'string' ? retryAfter : undefined, now());
      limit.pause(asked ?? delayOf(tmdbBackoff, attempt, chance()));
      throw new ServiceError('TMDB_UNAVAILABLE', 'TMDB says that there were too many requests (429)');
    }
    const refused = { status, text, url };
    if (status !== 200) throw refuse(refused) ?? refusalOf(refused);
    const observedAt = now();
    checkClock(answer.headers, observedAt);
    const [taken, expiresAt] = [takenOf(answer.headers, sentAt), expiresOf(answer.headers, observedAt)];
    return { text, observedAt, taken, cached: answer.headers['age'] !== undefined, expiresAt };
  };
};

/**
 * Asks TMDB, as often as a fault that heals itself allows and within the budget. All that is asked goes through one
 * `get`: the clocks are compared over all answers.
 */
export const makeGet = (options: GetOptions): Get => {
  const { url, limit, rest, within, chance, onRequest, onAttempt = () => undefined } = options;
  const ask = makeAsk(options);
  const asFault = (error: unknown): ServiceError => {
    if (error instanceof ServiceError) return error;
    onRequest(0);
    const why = whyUnreachable(error, new URL(url).host);
    return new ServiceError('TMDB_UNAVAILABLE', `TMDB cannot be reached: ${why}`, error);
  };
  const askInTurn = async (asking: Asking, signal: AbortSignal) => {
    try {
      const call = async () => within(timeLimitMs, signal, async (limited) => ask(asking, limited));
      return await limit.schedule(call, signal);
    } catch (error) {
      throw signal.aborted ? error : asFault(error);
    }
  };
  return async ({ path, read, refuse }, signal) => {
    for (let attempt = 0; ; attempt += 1) {
      const clock = { offsetMs: null };
      try {
        const { text, ...answer } = await askInTurn({ target: url + path, refuse, attempt, clock }, signal);
        const body = read(text);
        onAttempt({ fault: null, ...clock });
        return { ...answer, body };
      } catch (error) {
        if (error instanceof ServiceError) onAttempt({ fault: error, ...clock });
        if (signal.aborted || actionOf(error) !== 'retry' || attempt + 1 === tmdbAttempts) throw error;
      }
      await rest(delayOf(tmdbBackoff, attempt, chance()), signal);
    }
  };
};
