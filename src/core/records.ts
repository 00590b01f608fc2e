import { z } from 'zod';
import { oneOf, type Change, type Frontier, type Paused, type Stored } from './coverage.ts';
import type { ProducerRecord } from './encode.ts';
import { ServiceError } from './errors.ts';
import { isDay, memo, type Day } from './time.ts';
import { checkpointsTopic } from './topics.ts';

// Of a million checkpoints the days are a few hundred: one instance of each is kept.
const oneDay = memo(10_000, (text: Day): Day => text);
const day = z.string().refine(isDay).transform(oneDay);
const seen = z.array(z.string());
/** What version 1 knows; a record of which a bound is the frontier's, and those that are no movie's, are of version 2. */
const whole = z.strictObject({ version: z.literal(1), since: day, from: day, seen });
const partial = z.strictObject({ version: z.literal(2), since: day.optional(), from: day.optional(), seen });
const movieForm = z.discriminatedUnion('version', [whole, partial]);
const frontierForm = z.strictObject({
  version: z.literal(2),
  since: day,
  through: day,
  fresh: z.literal(true).optional(),
});
const backfillForm = z.strictObject({ version: z.literal(2), since: day });
// Of version 3: a program that knows no pause must not poll.
const stateForm = z.strictObject({
  version: z.literal(3),
  paused: z.literal(true),
  at: z.int().nonnegative(),
  by: z.string(),
  reason: z.string().nullable(),
});

const keys = { frontier: 'frontier', backfill: 'backfill', state: 'state' } as const;
const newestOf = (key: string): number => (key === keys.state ? 3 : 2);
const isNewer = (key: string, value: unknown): boolean =>
  z.looseObject({ version: z.number().gt(newestOf(key)) }).safeParse(value).success;

/** Records of the checkpoints topic; `session` tells who wrote them. */
export const makeCheckpointRecords = (prefix: string, session: string) => {
  const record = (key: string, value: object | null): ProducerRecord => ({
    topic: checkpointsTopic(prefix),
    partition: 0,
    key,
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
    headers: { session },
  });
  const ofMovie = (movieId: number, stored: Stored | null): ProducerRecord => {
    if (stored === null) return record(String(movieId), null);
    const { since, from, seen: stamps } = stored;
    const version = since === null || from === null ? 2 : 1;
    const bounds = { ...(since === null ? {} : { since }), ...(from === null ? {} : { from }) };
    return record(String(movieId), { version, ...bounds, seen: stamps });
  };
  const ofFrontier = (frontier: Frontier | null): ProducerRecord =>
    record(keys.frontier, frontier === null ? null : { version: 2, ...frontier });
  const ofBackfill = (since: Day | null): ProducerRecord =>
    record(keys.backfill, since === null ? null : { version: 2, since });
  const ofState = (paused: Paused | null): ProducerRecord =>
    record(keys.state, paused === null ? null : { version: 3, paused: true, ...paused });
  return {
    /** Null: the frontier speaks for it. */
    ofMovie,
    ofFrontier,
    /** How far back is wanted; null once it is there. */
    ofBackfill,
    /** Null: it is not paused. */
    ofState,
    ofChange: ({ frontier, movies, wanted, paused }: Change): ProducerRecord[] => [
      ...(frontier === undefined ? [] : [ofFrontier(frontier)]),
      ...movies.map(([movieId, stored]) => ofMovie(movieId, stored)),
      ...(wanted === undefined ? [] : [ofBackfill(wanted)]),
      ...(paused === undefined ? [] : [ofState(paused)]),
    ],
  };
};

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

/** What a record of the checkpoints topic says. */
export type CheckpointRecord =
  | { readonly kind: 'movie'; readonly movieId: number; readonly stored: Stored | null }
  | { readonly kind: 'frontier'; readonly frontier: Frontier | null }
  | { readonly kind: 'backfill'; readonly since: Day | null }
  | { readonly kind: 'state'; readonly paused: Paused | null };

const storedIn = (value: unknown): Stored | null => {
  const form = movieForm.safeParse(value).data;
  if (form === undefined) return null;
  const { since = null, from = null } = form;
  return since !== null && from !== null && since > from ? null : oneOf({ since, from, seen: form.seen });
};

/** Of a million movies most have the same record: it is read once. */
const quietLength = 100;
const storedOf = memo(1000, (text: string): Stored | null => storedIn(tryJson(text)));

const frontierIn = (value: unknown): Frontier | null => {
  const { since, through, fresh } = frontierForm.safeParse(value).data ?? {};
  if (since === undefined || through === undefined || since > through) return null;
  return { since, through, ...(fresh === undefined ? {} : { fresh }) };
};

const read = (key: string, value: unknown): CheckpointRecord | null => {
  const isGone = value === null;
  if (key === keys.frontier) {
    const frontier = frontierIn(value);
    return isGone || frontier !== null ? { kind: 'frontier', frontier } : null;
  }
  if (key === keys.backfill) {
    const wanted = backfillForm.safeParse(value).data;
    return isGone || wanted !== undefined ? { kind: 'backfill', since: wanted?.since ?? null } : null;
  }
  if (key === keys.state) {
    const { at, by, reason } = stateForm.safeParse(value).data ?? {};
    if (isGone) return { kind: 'state', paused: null };
    return at === undefined || by === undefined || reason === undefined
      ? null
      : { kind: 'state', paused: { at, by, reason } };
  }
  const movieId = Number(key);
  const stored = isGone ? null : storedIn(value);
  return Number.isSafeInteger(movieId) && (isGone || stored !== null) ? { kind: 'movie', movieId, stored } : null;
};

/**
 * What a record says, `text` null for one that is removed. Throws CHECKPOINT_TOO_NEW for what a newer version has written
 * and CHECKPOINT_UNREADABLE for what is none of ours.
 */
export const readCheckpointRecord = (key: string, text: string | null): CheckpointRecord => {
  const known = text === null || text.length > quietLength ? null : storedOf(text);
  const movieId = Number(key);
  if (known !== null && Number.isSafeInteger(movieId)) return { kind: 'movie', movieId, stored: known };
  const value = text === null ? null : tryJson(text);
  const found = read(key, value);
  if (found !== null) return found;
  if (isNewer(key, value))
    throw new ServiceError('CHECKPOINT_TOO_NEW', `the checkpoint of ${key} is of a newer version: upgrade tmdb-cdc`);
  throw new ServiceError('CHECKPOINT_UNREADABLE', `the checkpoint ${JSON.stringify(key)} is none that tmdb-cdc wrote`);
};
