import { isRefusal, nobody, refusalSentence, type Asked } from './refusals.ts';

export type Action = 'retry' | 'skip' | 'restart' | 'stop';

/** Every fault we expect to meet, and what the service does about it. */
export const faults = {
  TMDB_UNAVAILABLE: 'retry', // no answer, 429, 403, 408 or 5xx; when the attempts run out, it is asked for again later
  TMDB_UNREADABLE: 'retry', // 200, but not the documented shape, or not the window or page asked for
  TMDB_NOT_FOUND: 'skip', // 404: this movie is gone
  TMDB_LIST_TOO_LONG: 'skip', // the list of a day has more pages than TMDB gives: the movies behind have to be watched by id
  TMDB_UNAUTHORIZED: 'stop', // 401
  TMDB_REFUSED: 'stop', // any other status: wrong for every movie
  PUBLISH_FAILED: 'restart', // the outcome is unknown: new producer, checkpoints read afresh
  SESSION_ENDED: 'restart', // another instance has the partition, or another session wrote a checkpoint
  PUBLISH_REFUSED: 'stop', // too large, not authorised: the same for every new producer
  KAFKA_UNREACHABLE: 'stop', // at start, after 60 s
  REGISTRY_UNREACHABLE: 'stop', // at start, after 60 s
  KAFKA_REFUSED: 'stop', // login, certificate or a right to read: not accepted
  REGISTRY_REFUSED: 'stop', // login, certificate or a right: not accepted; or not a registry
  SCHEMA_MISSING: 'stop', // provision was not run
  SCHEMA_INCOMPATIBLE: 'stop', // the registry refuses a schema of this version
  TOPICS_MISSING: 'stop', // provision was not run
  TOPICS_DIFFER: 'stop', // a topic is there with settings that would lose or double events
  BAD_OPTIONS: 'stop', // changes() was given options that cannot be used
  OUTPUT_FAILED: 'stop', // stdout cannot be written
  OFFSET_OUT_OF_RANGE: 'stop', // a reader asked for what the broker has not
  LETTER_MISSING: 'stop', // dead-letters: no letter has that key
  CHECKPOINT_TOO_NEW: 'stop', // written by a newer version of this service
  CHECKPOINT_UNREADABLE: 'stop', // written by something else
  CLOCK_SKEW: 'stop', // our clock is wrong, or was
  BUSY: 'stop', // run --once: another instance has the partition; a command lost three races; changes(): another kind of consumer has the group
  HTTP_UNAVAILABLE: 'stop', // run: its port is in use, or HTTP_HOST is no address of this machine
  PAUSED: 'stop', // run --once: an operator has paused the service
  NOT_RUNNING: 'stop', // status: no instance is there
  INCOMPLETE: 'stop', // run --once, audit: some movies could not be read
} as const satisfies Record<string, Action>;

export type FaultCode = keyof typeof faults;

/** An expected fault. `message` is one sentence for a person and holds no secret. */
export class ServiceError extends Error {
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ServiceError';
    this.code = code;
  }
}

/** What the service does about an error; one that we did not expect is our bug: stop. */
export const actionOf = (error: unknown): Action => (error instanceof ServiceError ? faults[error.code] : 'stop');

/** Settings or arguments that cannot be used, one sentence each: exit 2. */
export const usageError = (problems: readonly string[]): Error =>
  Object.assign(new Error(problems.join('\n')), { name: 'UsageError' });

/** The only parts of a foreign error that are ever logged: an HTTP client's error object holds the password. */
export interface Cause {
  readonly name: string;
  readonly code?: string | number;
  readonly message: string;
}

const own = (value: unknown, member: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, member) : undefined;

/** Name, code and message of an error and of what caused it, outermost first; of several causes all. */
export const causesOf = (error: unknown, depth = 5): Cause[] => {
  const [name, message, code] = ['name', 'message', 'code'].map((member) => own(error, member));
  if (depth === 0 || typeof name !== 'string' || typeof message !== 'string') return [];
  const coded = typeof code === 'string' || typeof code === 'number' ? { code } : {};
  const causes: unknown = own(error, 'errors'); // an AggregateError's
  const deeper = [own(error, 'cause'), ...(Array.isArray(causes) ? (causes as unknown[]) : [])];
  return [{ name, ...coded, message }, ...deeper.flatMap((each) => causesOf(each, depth - 1))];
};

/** Kafka's refusal among the causes of an error, null where there is none: no new connection would cure it. */
export const refusalIn = (error: unknown): Cause | null => causesOf(error).find(isRefusal) ?? null;

/** kafkajs says which broker it was. */
const brokerIn = (error: unknown, depth = 5): string => {
  const broker = own(error, 'broker');
  if (typeof broker === 'string' || depth === 0) return typeof broker === 'string' ? broker : 'Kafka';
  return brokerIn(own(error, 'cause'), depth - 1);
};

/** A refusal in words: who may not do what, and what to do about it. */
export const sayRefusal = (refusal: Cause, asked: Asked, error: unknown): string =>
  refusalSentence(refusal, asked, brokerIn(error));

/** What a failed read of Kafka is: a right that is missing, or a broker out of reach. */
export const readFault = (error: unknown, asked: Asked = { operation: 'Read' }): ServiceError => {
  const refusal = refusalIn(error);
  if (refusal !== null) return new ServiceError('KAFKA_REFUSED', sayRefusal(refusal, asked, error), error);
  return new ServiceError('KAFKA_UNREACHABLE', `Kafka cannot be read: ${causesOf(error).at(-1)?.message ?? ''}`, error);
};

/** The fault with the name of whom Kafka refused. */
export const withPrincipal = (error: unknown, principal: string): unknown =>
  error instanceof ServiceError && error.message.includes(nobody)
    ? new ServiceError(error.code, error.message.replace(nobody, principal), error.cause)
    : error;

/** Whether an error is Kafka's or the network's, and may be gone with the next connection; any other is our own bug. */
export const isOfKafka = (error: unknown): boolean =>
  causesOf(error).some(({ name, code }) => name.startsWith('KafkaJS') || code !== undefined);

/** INVALID_PRODUCER_EPOCH: another producer has taken the transactional id, or the transaction has timed out. */
export const isFenced = (error: unknown): boolean => causesOf(error).some(({ code }) => code === 47);

/** Why a session ends whose place another one has taken. */
export const overtaken = {
  written: 'another session has written a checkpoint',
  given: 'the group has given the partition to another instance',
} as const;

/** Whether it is such an end: somebody wanted it, and it is no fault. */
export const isOvertaken = (error: unknown): boolean =>
  isFenced(error) ||
  (error instanceof ServiceError && Object.values<string>(overtaken).some((each) => each === error.message));
