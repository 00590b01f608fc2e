import { describe, expect, it } from '@jest/globals';
import { readFault, refusalIn, withPrincipal, type ServiceError } from '../../../src/core/errors.ts';

const coded = (code: number | string, more: object = {}): Error =>
  new Error('outer', { cause: Object.assign(new Error('inner'), { code, broker: 'b:9092', ...more }) });
const login = (message: string): Error =>
  Object.assign(new Error(`SASL SCRAM SHA512 authentication failed: ${message}`), {
    name: 'KafkaJSSASLAuthenticationError',
  });

describe('a refusal', () => {
  it.each([
    ['CERT_HAS_EXPIRED', /certificate shown at b:9092 has expired: check KAFKA_SSL_CA_FILE/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /certificate shown at b:9092 is for another name/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /b:9092 is not one for it that this machine trusts/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /b:9092 is not one for it that this machine trusts/],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', /b:9092 does not accept our certificate, or wants one/],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', /b:9092 does not accept our certificate, or wants one/],
    ['TLS_WANTED', /b:9092 speaks TLS: set KAFKA_SSL/],
    [34, /b:9092 wants no login there/],
    [33, /b:9092 does not accept the login of this Kafka user \(inner\)/],
    [29, /this Kafka user may not Describe one of the topics a, b, c and 2 more \(Kafka's code 29\)/],
    [30, /this Kafka user may not Read group g/],
  ] as [number | string, RegExp][])('%s is one sentence', (code, sentence) => {
    const asked = { operation: 'Describe', topics: ['a', 'b', 'c', 'd', 'e'], group: 'g' } as const;
    expect(readFault(coded(code), asked)).toMatchObject({
      code: 'KAFKA_REFUSED',
      message: expect.stringMatching(sentence),
    });
  });

  it('of a login is one, a connection that broke meanwhile is not', () => {
    expect(readFault(login('Authentication failed: Invalid username or password'))).toMatchObject({
      code: 'KAFKA_REFUSED',
      message: expect.stringMatching(/does not accept the login of this Kafka user .*check KAFKA_SASL_MECHANISM/),
    });
    for (const words of [
      'Closed connection',
      'Not connected',
      'Connection error: read ECONNRESET',
      'Connection timeout',
      'Connection closed by the server',
      'Request SaslAuthenticate(key: 36, version: 1) timed out',
    ])
      expect(refusalIn(login(words))).toBeNull();
  });

  it.each(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 6, 7, 41, 47, 55])('is not seen in %s', (code) =>
    expect(refusalIn(coded(code))).toBeNull(),
  );
});

it('the principal is named where it is known', () => {
  const named = withPrincipal(readFault(coded(30), { operation: 'Read', group: 'g' }), 'User:me');
  expect((named as ServiceError).message).toMatch(/^User:me may not Read group g/);
  const other = new Error('x');
  expect(withPrincipal(other, 'User:me')).toBe(other);
});
