import { causesOf, ServiceError } from './errors.ts';
import { certificateProblem } from './refusals.ts';

const sentences: readonly (readonly [test: (code: string) => boolean, sentence: (host: string) => string])[] = [
  [
    (code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    (host) => `no such name: ${host} (or the name server is away)`,
  ],
  [(code) => code === 'ECONNREFUSED', (host) => `${host} refused the connection: nothing listens there`],
  [(code) => /TIMEOUT|ETIMEDOUT/i.test(code), (host) => `${host} did not answer in time`],
  [
    (code) => code === 'TLS_UNANSWERED',
    (host) => `${host} closed the connection instead of speaking TLS: is it a port without TLS (KAFKA_SSL)`,
  ],
  [
    (code) => code === 'KafkaJSConnectionClosedError',
    (host) => `${host} closed the connection: does it want a login (KAFKA_SASL_MECHANISM) or TLS (KAFKA_SSL)`,
  ],
  [(code) => code === 'EHOSTUNREACH' || code === 'ENETUNREACH', (host) => `no way to ${host} from here`],
];

/** What no new connection would cure: a certificate, or TLS where none is spoken; null for anything else. */
export const tlsProblemIn = (error: unknown, host: string): string | null => {
  const all = causesOf(error).map(({ code }) => String(code ?? ''));
  if (all.some((code) => code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')) return `${host} speaks no TLS`;
  return all.map((code) => certificateProblem(code, host)).find((problem) => problem !== null) ?? null;
};

/** Why a connection to `host` failed, for a person: the first cause whose code is known. */
export const whyUnreachable = (error: unknown, host: string): string => {
  const all = causesOf(error).flatMap(({ code, name }) => [String(code ?? ''), name]);
  const certificate = all.map((code) => certificateProblem(code, host)).find((problem) => problem !== null);
  if (certificate !== undefined) return certificate;
  const found = sentences.find(([test]) => all.some(test));
  return found === undefined
    ? `the connection to ${host} broke (${all.find((code) => code !== '' && !code.endsWith('Error')) ?? 'no reason given'})`
    : found[1](host);
};

/** What no answer of TMDB's is. */
export const asTmdbFault = (error: unknown, url: string): ServiceError =>
  error instanceof ServiceError
    ? error
    : new ServiceError(
        'TMDB_UNAVAILABLE',
        `TMDB cannot be reached: ${whyUnreachable(error, new URL(url).host)}`,
        error,
      );
