import { pino, type Logger } from 'pino';
import { causesOf, ServiceError } from './core/errors.ts';

export type { Logger };

/** JSON lines on stderr: stdout carries data only. Synchronous, so that the last line before the end is whole. */
export const makeLog = (level: string): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ dest: 2, sync: true }));

/** What of an error may be logged: its code, and name, code and message of its causes. */
export const errorFields = (error: unknown) => ({
  code: error instanceof ServiceError ? error.code : 'UNEXPECTED',
  causes: causesOf(error),
});

/** An entry as kafkajs hands it to a logger; 5 is its level DEBUG. */
interface KafkaEntry {
  readonly level: number;
  readonly namespace: string;
  readonly log: { readonly message: string; readonly [field: string]: unknown };
}

const kafkaFields = ['error', 'groupId', 'topic', 'broker'];

/**
 * kafkajs's logger on ours. It logs an error for each attempt that it makes again, so all of it is debug: what is final
 * rejects, and is logged where it is decided.
 */
export const kafkaLog =
  (log: Logger) =>
  ({ level, namespace, log: entry }: KafkaEntry): void => {
    const fields = Object.entries(entry).filter(
      ([name, value]) => kafkaFields.includes(name) && typeof value === 'string',
    );
    log[level >= 5 ? 'trace' : 'debug']({ namespace, ...Object.fromEntries(fields) }, entry.message);
  };
