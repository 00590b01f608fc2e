import { causesOf } from './errors.ts';

const isCertificate = (code: string): boolean =>
  /^(ERR_TLS_CERT|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(code) || code === 'HOSTNAME_MISMATCH';

const sentences: readonly (readonly [test: (code: string) => boolean, sentence: (host: string) => string])[] = [
  [
    (code) => code === 'ENOTFOUND' || code === 'EAI_AGAIN',
    (host) => `no such name: ${host} (or the name server is away)`,
  ],
  [(code) => code === 'ECONNREFUSED', (host) => `${host} refused the connection: nothing listens there`],
  [isCertificate, (host) => `the certificate shown at ${host} is not one for it that this machine trusts`],
  [(code) => /TIMEOUT|ETIMEDOUT/i.test(code), (host) => `${host} did not answer in time`],
  [(code) => code === 'EHOSTUNREACH' || code === 'ENETUNREACH', (host) => `no way to ${host} from here`],
];

/** Why a connection to `host` failed, for a person: the first cause whose code is known. */
export const whyUnreachable = (error: unknown, host: string): string => {
  const all = causesOf(error).flatMap(({ code, name }) => [String(code ?? ''), name]);
  const found = sentences.find(([test]) => all.some(test));
  return found === undefined
    ? `the connection to ${host} broke (${all.find((code) => code !== '' && !code.endsWith('Error')) ?? 'no reason given'})`
    : found[1](host);
};
