import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isQuoted, refuse } from './values.ts';

/** How a person writes secrets and certificates; problems are words that follow the setting's name and show none of it. */
const text = z.string();

/** Everything but a byte order mark and the line end of a file is part of it, blanks included. */
const bare = (value: string): string => value.replace(/^\ufeff/, '').replace(/[\r\n]+$/, '');

const isOneLine = (value: string): boolean => !/[\r\n\0]/.test(value);

export const secretText = text.transform((value, ctx) => {
  const secret = bare(value);
  return isOneLine(secret) ? secret : refuse(ctx, 'holds a line break or a NUL');
});

/** `user:password`, where the first colon ends the user, or a bearer token. */
export const registryAuth = text.transform((value, ctx) => {
  const secret = bare(value);
  if (isQuoted(secret)) return refuse(ctx, 'begins and ends with a quotation mark: leave the quotes out');
  if (!isOneLine(secret)) return refuse(ctx, 'holds a line break or a NUL');
  if (secret.startsWith(':'))
    return refuse(ctx, 'has no user before the first colon: user:password, or a bearer token');
  if (secret.includes(':')) return secret;
  const token = secret.trim().replace(/^Bearer\s+/i, '');
  return /^[\x21-\x7e]+$/.test(token)
    ? token
    : refuse(ctx, 'is neither user:password nor a bearer token (it holds a blank or a character that no token has)');
});

/** What `Authorization` says of it; the server reads names and passwords as UTF-8. */
export const authorizationOf = (auth: string): string =>
  auth.includes(':') ? `Basic ${Buffer.from(auth).toString('base64')}` : `Bearer ${auth}`;

/** Kafka writes them in capitals, kafkajs does not. */
export const mechanism = text
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'is not plain, scram-sha-256 or scram-sha-512'));

export const yesNo = text
  .transform((value) => value.toLowerCase())
  .pipe(z.enum(['true', 'false'], 'is not true or false'))
  .transform((value) => value === 'true');

const isCertificate = (pem: string): boolean => {
  try {
    return new X509Certificate(pem).subject !== '-';
  } catch {
    return false;
  }
};

const isKey = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).type === 'private';
  } catch {
    return false;
  }
};

/** The text of a PEM file of one or more certificates. */
export const certificates = text.transform((value, ctx) => {
  const all = value.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  return all.length > 0 && all.every(isCertificate)
    ? value
    : refuse(ctx, 'the file is not PEM: a certificate begins with -----BEGIN CERTIFICATE-----');
});

export const privateKey = text.transform((value, ctx) => {
  if (value.includes('ENCRYPTED')) return refuse(ctx, 'the key is encrypted: give one without a passphrase');
  return isKey(value) ? value : refuse(ctx, 'the file is not PEM: a key begins with -----BEGIN PRIVATE KEY-----');
});

const isPair = (certificate: string, key: string): boolean => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return true; // each has been named by itself
  }
};

const tlsFiles = ['KAFKA_SSL_CA_FILE', 'KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'] as const;

/** Settings that do not go together, a sentence each. `given` has the texts of those that are set. */
export const combinationProblems = (given: ReadonlyMap<string, string>): string[] => {
  const needs = (one: string, other: string): string[] =>
    given.has(one) && !given.has(other) ? [`${one}: needs ${other} beside it`] : [];
  const files = tlsFiles.filter((name) => given.has(name));
  const isOff = given.get('KAFKA_SSL')?.trim().toLowerCase() === 'false';
  const [certificate, key] = [given.get('KAFKA_SSL_CERT_FILE'), given.get('KAFKA_SSL_KEY_FILE')];
  const isTwisted = certificate !== undefined && key !== undefined && !isPair(certificate, key);
  return [
    ...(isOff ? files.map((name) => `${name}: goes with TLS, and KAFKA_SSL is false: unset one of them`) : []),
    ...needs('KAFKA_SSL_CERT_FILE', 'KAFKA_SSL_KEY_FILE'),
    ...needs('KAFKA_SSL_KEY_FILE', 'KAFKA_SSL_CERT_FILE'),
    ...(isTwisted ? ['KAFKA_SSL_KEY_FILE: is not the key of the certificate in KAFKA_SSL_CERT_FILE'] : []),
    ...needs('KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'),
    ...needs('KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD'),
    ...needs('KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM'),
    ...needs('KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM'),
  ];
};
