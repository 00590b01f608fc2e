import { gunzipSync } from 'node:zlib';
import { request, type Dispatcher } from 'undici';
import { isOverLimit, makeClockCheck, refusalOf, takenOf } from '../core/answer.ts';
import type { Window } from '../core/checkpoint.ts';
import { actionOf, ServiceError } from '../core/errors.ts';
import { whyUnreachable } from '../core/network.ts';
import { readAnswer, type Group } from '../core/parse.ts';
import { delayOf, retryAfterMs, tmdbAttempts, tmdbBackoff } from '../core/retry.ts';

/** What TMDB has of a movie in a window. Times in ms since 1970. */
export interface Answer {
  readonly groups: readonly Group[];
  /** Our clock when the answer was complete. */
  readonly observedAt: number;
  /** The moment that the answer shows, by the more cautious of both clocks; null where that cannot be known. */
  readonly taken: number | null;
  /** Whether a cache on the way gave it. */
  readonly cached: boolean;
}

export type Poll = (movieId: number, window: Window, signal: AbortSignal) => Promise<Answer>;

export interface PollOptions {
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

/** One request, and what its answer says. Throws the fault of anything but a 200. */
const makeAsk = ({ dispatcher, url, token, limit, now, chance, onRequest }: PollOptions) => {
  const checkClock = makeClockCheck();
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'accept-encoding': 'gzip' };
  return async (target: string, attempt: number, signal: AbortSignal) => {
    const sentAt = now();
    const answer = await request(target, { dispatcher, headers, signal });
    onRequest(answer.statusCode);
    const bytes = await readBytes(answer.body);
    const text = answer.statusCode === 200 ? textOf(bytes) : bytes.toString('latin1', 0, 1000);
    if (isOverLimit(answer.statusCode, text)) {
      const retryAfter = answer.headers['retry-after'];
      const asked = retryAfterMs(typeof retryAfter === 'string' ? retryAfter : undefined, now());
      limit.pause(asked ?? delayOf(tmdbBackoff, attempt, chance()));
      throw new ServiceError('TMDB_UNAVAILABLE', 'TMDB says that there were too many requests (429)');
    }
    if (answer.statusCode !== 200) throw refusalOf(answer.statusCode, url);
    const observedAt = now();
    checkClock(answer.headers, observedAt);
    return { text, observedAt, taken: takenOf(answer.headers, sentAt), cached: answer.headers['age'] !== undefined };
  };
};

/** One page, asked for as often as a fault that heals itself allows. */
const makeGetPage = (options: PollOptions) => {
  const { url, limit, rest, within, chance, onRequest } = options;
  const ask = makeAsk(options);
  const asFault = (error: unknown): ServiceError => {
    if (error instanceof ServiceError) return error;
    onRequest(0);
    const why = whyUnreachable(error, new URL(url).host);
    return new ServiceError('TMDB_UNAVAILABLE', `TMDB cannot be reached: ${why}`, error);
  };
  return async (target: string, window: Window, signal: AbortSignal) => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const call = async () => within(timeLimitMs, signal, async (limited) => ask(target, attempt, limited));
        const { text, ...answer } = await limit.schedule(call, signal);
        return { ...answer, ...readAnswer(text, window) };
      } catch (error) {
        if (signal.aborted) throw error;
        const fault = asFault(error);
        if (actionOf(fault) !== 'retry' || attempt + 1 === tmdbAttempts) throw fault;
      }
      await rest(delayOf(tmdbBackoff, attempt, chance()), signal);
    }
  };
};

/** Asks TMDB for one movie and one window, within the budget. Should TMDB page, every page is read. */
export const makePoll = (options: PollOptions): Poll => {
  const getPage = makeGetPage(options);
  return async (movieId, window, signal) => {
    const target = `${options.url}/movie/${movieId}/changes?start_date=${window.ask.start}&end_date=${window.ask.end}`;
    const first = await getPage(target, window, signal);
    const answers = [first];
    for (let page = 2; page <= first.pages; page += 1)
      answers.push(await getPage(`${target}&page=${page}`, window, signal));
    const takens = answers.map(({ taken }) => taken);
    return {
      groups: answers.flatMap(({ groups }) => groups),
      observedAt: Math.max(...answers.map(({ observedAt }) => observedAt)),
      taken: takens.some((taken) => taken === null) ? null : Math.min(...takens.map(Number)),
      cached: answers.some(({ cached }) => cached),
    };
  };
};
