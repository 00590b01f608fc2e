import {
  advance,
  isWorthWriting,
  nextWindow,
  unseen,
  type Checkpoint,
  type Poll,
  type Window,
} from './core/checkpoint.ts';
import type { ProducerRecord, Unit } from './core/encode.ts';
import type { Coverage } from './core/coverage.ts';
import { ServiceError } from './core/errors.ts';
import { map, type Mapped } from './core/map.ts';
import { toldOf, type Told } from './core/told.ts';
import { parse, type Group, type Output } from './core/parse.ts';
import { dayOf, startOf, type Day } from './core/time.ts';

interface Answer {
  readonly groups: readonly Group[];
  readonly observedAt: number;
  readonly taken: number | null;
  readonly cached: boolean;
  /** When TMDB's cached copy expires; null where there is none. */
  readonly expiresAt: number | null;
}

/** The steps with effects, and what they are told. Times in ms. */
export interface Steps {
  readonly poll: (movieId: number, window: Window, signal: AbortSignal) => Promise<Answer>;
  readonly encode: (mapped: Mapped) => ProducerRecord;
  readonly publish: (unit: Unit) => Promise<void>;
  readonly now: () => number;
  readonly overlapMs: number;
}

export interface Polled {
  /** As it is kept by now: the one before, where nothing was written down. */
  readonly checkpoint: Checkpoint;
  readonly window: Window;
  /** Events and dead letters that were published, how many of them dead letters, and items left to another window. */
  readonly published: number;
  readonly rejected: number;
  /** Each of them, in their order. */
  readonly told: readonly Told[];
  readonly outside: number;
  /** Of those that were published, such as lie in days that were settled already. */
  readonly late: number;
  readonly taken: number | null;
  /** The newest item of the answer. */
  readonly newestAt: number | null;
  readonly expiresAt: number | null;
}

/** What has been published of the movie; with `to`, the days before that are asked for, back to that day. */
export interface Place {
  readonly checkpoint: Checkpoint;
  readonly to?: Day;
}

export type PollMovie = (movieId: number, place: Place, signal: AbortSignal) => Promise<Polled>;

const newestOf = (outputs: readonly Output[]): number | null =>
  outputs.reduce<number | null>(
    (newest, { place }) => (place === null ? newest : Math.max(newest ?? place, place)),
    null,
  );

const isBefore = (place: number | null, settled: number | null): boolean =>
  place !== null && settled !== null && place < startOf(dayOf(settled));

interface Made {
  readonly record: ProducerRecord;
  readonly told: Told;
}

const recordOf =
  (encode: Steps['encode']) =>
  (mapped: Mapped): Made => {
    const record = encode(mapped);
    return { record, told: toldOf(mapped, record) };
  };

/** What is counted of an answer, and of what of it was published. */
const countsOf = ({ outputs, settled }: Pick<Poll, 'outputs' | 'settled'>, fresh: readonly Output[]) => ({
  published: fresh.length,
  rejected: fresh.filter(({ kind }) => kind === 'rejected').length,
  late: fresh.filter(({ place }) => isBefore(place, settled)).length,
  newestAt: newestOf(outputs),
});

/** One movie, once: what TMDB has and the topics do not. */
export const makePollMovie = ({ poll, encode, publish, now, overlapMs }: Steps): PollMovie => {
  const toRecord = recordOf(encode);
  return async (movieId, { checkpoint, to }, signal) => {
    const window = nextWindow(checkpoint, { now: now(), ...(to === undefined ? {} : { since: to }) });
    const { groups, observedAt, taken, cached, expiresAt } = await poll(movieId, window, signal);
    const { outputs, outside } = parse(groups, window);
    const answer = { window, outputs, cached, settled: taken === null ? null : taken - overlapMs };
    const fresh = unseen(checkpoint, answer);
    const next = advance(checkpoint, answer);
    const made = fresh.map((output) => toRecord(map(movieId, output, observedAt)));
    const isWritten = isWorthWriting(checkpoint, next, fresh);
    if (isWritten) await publish({ movieId, records: made.map(({ record }) => record), checkpoint: next });
    const [after, told] = [isWritten ? next : checkpoint, made.map((each) => each.told)];
    return { checkpoint: after, window, outside, taken, expiresAt, told, ...countsOf(answer, fresh) };
  };
};

const stale = (): ServiceError =>
  new ServiceError('TMDB_UNREADABLE', 'TMDB gave an old copy or no date: the days in between are asked for again');

interface Turn {
  readonly movieId: number;
  readonly to: Day | undefined;
}

/**
 * One window to the left where `to` is given, else one after the other until one reaches to now. Throws where an answer
 * does not bring the movie any further.
 */
export const pollInTurn = async (
  coverage: Pick<Coverage, 'at' | 'put'>,
  { movieId, to }: Turn,
  step: (at: Place) => Promise<Polled>,
): Promise<Polled> => {
  for (;;) {
    const checkpoint = coverage.at(movieId);
    if (checkpoint === undefined) throw new Error(`movie ${movieId} has no checkpoint`);
    const polled = await step({ checkpoint, ...(to === undefined ? {} : { to }) });
    if (polled.checkpoint !== checkpoint) coverage.put(movieId, polled.checkpoint); // else there is no record of it
    if (to !== undefined || polled.window.take.end === null) return polled;
    if (polled.checkpoint.from === checkpoint.from) throw stale();
  }
};
