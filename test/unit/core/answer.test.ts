import { describe, expect, it } from '@jest/globals';
import { expiresOf } from '../../../src/core/answer.ts';

const now = Date.parse('2026-08-18T12:00:00Z');
const control = 'public, max-age=600';

describe('when a copy expires', () => {
  it.each([
    ['just made', { age: '0', 'cache-control': control }, 600],
    ['a while old', { age: '599', 'cache-control': control }, 1],
    ['older than it may be', { age: '700', 'cache-control': control }, -100],
    ['of the past', { age: '77000', 'cache-control': 'public, max-age=86400' }, 9400],
    ['kept longer by shared caches', { age: '100', 'cache-control': 'max-age=60, s-maxage=600' }, 500],
    ['kept shorter by shared caches', { age: '10', 'cache-control': 's-maxage="60",max-age=600' }, 50],
    ['kept in other letters', { age: '100', 'cache-control': 'Public,Max-Age = 600' }, 500],
    ['that says a year', { age: '400', 'cache-control': 'max-age=31536000, immutable' }, 86_000],
  ])('%s', (_, headers, seconds) => expect(expiresOf(headers, now)).toBe(now + seconds * 1000));

  it.each([
    ['no cache answered', { 'cache-control': control }],
    ['none says how long', { age: '10' }],
    ['only something else is said', { age: '10', 'cache-control': 'public, x-max-age=600, stale-if-error=600' }],
    ['the age is no number', { age: 'old', 'cache-control': control }],
    ['the age is negative', { age: '-5', 'cache-control': control }],
    ['the time is no number', { age: '5', 'cache-control': 'max-age=soon' }],
    ['the time is beyond counting', { age: '5', 'cache-control': `max-age=${'9'.repeat(30)}` }],
    ['a header came twice', { age: ['5', '6'], 'cache-control': control }],
  ])('is not known where %s', (_, headers) => expect(expiresOf(headers, now)).toBeNull());
});
