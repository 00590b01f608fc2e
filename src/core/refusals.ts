import type { Cause } from './errors.ts';

/** What was asked of Kafka: for the sentence about a right that is missing. */
export interface Asked {
  /** As Kafka's ACLs call it. */
  readonly operation: 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs';
  readonly topics?: readonly string[];
  readonly group?: string;
  readonly transactionalId?: string;
}

/** Who is refused, where only the command knows the name. */
export const nobody = 'this Kafka user';

const certificates: readonly (readonly [codes: RegExp, what: (host: string) => string])[] = [
  [/^CERT_HAS_EXPIRED$/, (host) => `the certificate shown at ${host} has expired`],
  [
    /^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    (host) => `the certificate shown at ${host} is for another name`,
  ],
  [
    /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/,
    (host) => `the certificate shown at ${host} is not one for it that this machine trusts`,
  ],
  [/^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA)/, (host) => `${host} does not accept our certificate, or wants one`],
];

/** What is wrong with a certificate, by the code of a TLS error; null where it is another error. */
export const certificateProblem = (code: string, host: string): string | null =>
  certificates.find(([codes]) => codes.test(code))?.[1](host) ?? null;

const few = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');

const topicsOf = ({ topics = [] }: Asked): string => {
  if (topics.length === 0) return 'a topic';
  return topics.length === 1 ? `topic ${few(topics)}` : `one of the topics ${few(topics)}`;
};

/** By Kafka's code: the operation and the resource that it is about. */
const rights: Readonly<Record<number, (asked: Asked) => string>> = {
  29: (asked) => `${asked.operation} ${topicsOf(asked)}`,
  30: ({ group = '' }) => `Read group ${group}`,
  31: ({ operation }) => `${operation} the cluster`,
  53: ({ transactionalId = '' }) => `Write transactional id ${transactionalId}`,
};

// kafkajs calls it a failed login too when the connection broke meanwhile, and keeps only the words of what happened.
const brokeOff = /failed: (Closed connection|Not connected|Connection (error|timeout|closed)|Request .* timed out)/;

const isLogin = ({ name, code, message }: Cause): boolean =>
  (name === 'KafkaJSSASLAuthenticationError' && !brokeOff.test(message)) || code === 33 || code === 58;

/**
 * What no new connection can cure: 10 message too large, 18 record list too large, 29 topic, 30 group and 31 cluster not
 * authorised, 32 invalid timestamp, 34 no login wanted, 50 transaction timeout, 53 transactional id not authorised, 87
 * invalid record; a login that is not accepted, and certificates.
 */
const codes = new Set<unknown>([10, 18, 29, 30, 31, 32, 34, 50, 53, 87, 'TLS_WANTED']);

export const isRefusal = (cause: Cause): boolean =>
  codes.has(cause.code) || isLogin(cause) || certificateProblem(String(cause.code), '') !== null;

/** One sentence about a refusal by the broker at `host`: who may not do what, and what to do. */
export const refusalSentence = (cause: Cause, asked: Asked, host: string): string => {
  const { code = '', message } = cause;
  const right = rights[Number(code)]?.(asked);
  if (right !== undefined)
    return `${nobody} may not ${right} (Kafka's code ${code}): grant it, docs/security.md has the list`;
  if (isLogin(cause))
    return `${host} does not accept the login of ${nobody} (${message.slice(0, 200)}): check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD (of changes(): sasl)`;
  if (code === 34)
    return `${host} wants no login there: unset KAFKA_SASL_MECHANISM (of changes(): sasl), or give another port (or it ends sessions within 4 s)`;
  if (code === 'TLS_WANTED') return `${host} speaks TLS: set KAFKA_SSL or KAFKA_SSL_CA_FILE (of changes(): ssl)`;
  const certificate = certificateProblem(String(code), host);
  if (certificate !== null)
    return `${certificate}: check KAFKA_SSL_CA_FILE, KAFKA_SSL_CERT_FILE (of changes(): ssl) and the name in KAFKA_BROKERS`;
  return `Kafka refuses to ${asked.operation.toLowerCase()} ${topicsOf(asked)} (code ${code}: ${message})`;
};
