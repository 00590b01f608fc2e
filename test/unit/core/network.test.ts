import { expect, it } from '@jest/globals';
import { whyUnreachable } from '../../../src/core/network.ts';

const error = (code: string): Error => Object.assign(new Error('secret detail'), { code });

it.each([
  ['ENOTFOUND', /no such name: h/],
  ['EAI_AGAIN', /no such name: h/],
  ['ECONNREFUSED', /h refused the connection/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', /certificate shown at h/],
  ['CERT_HAS_EXPIRED', /certificate shown at h/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /certificate shown at h/],
  ['UND_ERR_CONNECT_TIMEOUT', /did not answer in time/],
  ['ETIMEDOUT', /did not answer in time/],
  ['UND_ERR_SOCKET', /broke \(UND_ERR_SOCKET\)/],
])('%s is said in words, wherever it lies', (code, sentence) => {
  for (const each of [error(code), new Error('outer', { cause: error(code) }), new AggregateError([error(code)])]) {
    expect(whyUnreachable(each, 'h')).toMatch(sentence);
    expect(whyUnreachable(each, 'h')).not.toContain('secret');
  }
});
