import { describe, expect, it } from '@jest/globals';
import { prefixOf, readOptions } from '../../../src/core/wanted.ts';
import { ServiceError } from '../../../src/core/errors.ts';

const where = { brokers: 'localhost:9092', registry: 'http://localhost:8081/' };
const faultOf = (options: unknown): string => {
  try {
    readOptions(options);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'BAD_OPTIONS') return error.message;
    throw error;
  }
  return '';
};

describe('options', () => {
  it('every key is the default, from the beginning, for ever', () => {
    const { topics, from, until, brokers, registry } = readOptions(where);
    expect(topics).toContain('tmdb.movie.images');
    expect(topics).toContain('tmdb.movie.other');
    expect([from, until, brokers, registry]).toEqual([
      { at: 'beginning' },
      undefined,
      ['localhost:9092'],
      'http://localhost:8081',
    ]);
  });

  it('are taken as they are meant', () => {
    const at = new Date(5);
    const { topics, from, until } = readOptions({
      ...where,
      brokers: ['a:1', 'b:2'],
      keys: ['images'],
      prefix: '',
      from: 7n,
      until: at,
    });
    expect([topics, from, until]).toEqual([['images'], { at: 'offset', offset: 7n }, { at: 'time', ms: 5 }]);
    const position = { 'images/0': '42' };
    expect(readOptions({ ...where, from: position })).toMatchObject({
      from: { at: 'position', position: new Map([['images/0', 42n]]), elsewhere: { at: 'beginning' } },
      position,
    });
  });

  it('that cannot be used are named, all of them at once', () => {
    const message = faultOf({
      brokers: 'a',
      registry: 'x',
      keys: ['imagez'],
      from: 'yesterday',
      group: 'tmdb-cdc/x',
      speed: 1,
    });
    for (const part of [
      'brokers: ',
      'registry: ',
      'keys.0: is not one of _type, ',
      'from: ',
      'group: is not a name',
      'speed',
    ])
      expect(message).toContain(part);
    expect(message).not.toContain('\n');
  });

  it.each<[object, RegExp]>([
    [{ keys: ['images'], topics: ['a'] }, /keys: goes without topics/],
    [{ watermarks: true, group: 'a' }, /watermarks: goes without group: a member does not see/],
    [{ watermarks: 'yes' }, /watermarks: is not true or false/],
    [{ from: 3n }, /an offset is one of one topic, and there are \d+/],
    [{ until: 3n, topics: ['a', 'b'] }, /an offset is one of one topic, and there are 2/],
    [{ from: new Date(NaN) }, /from: /],
    [{ from: -1n }, /from: /],
    [{ from: { 'a/0': '-1' } }, /from.a\/0: is not an offset/],
    [{ from: { a: '1' } }, /from: is not beginning, end, a date/],
    [{ topics: [] }, /topics: /],
    [{ onSkipped: 'x' }, /onSkipped: is not a function/],
    [
      { sasl: { mechanism: 'gssapi', username: 'u', password: 'marker' } },
      /sasl.mechanism: is not plain, scram-sha-256/,
    ],
  ])('%j is one sentence', (options, message) => expect(faultOf({ ...where, ...options })).toMatch(message));

  it.each([
    ['prod.original_title', 'prod.'],
    ['prod.dead_letters', 'prod.'],
    ['tmdb.movie.cast', 'tmdb.movie.'],
    ['else', 'tmdb.movie.'],
  ])('the prefix of %s is %s', (topic, prefix) =>
    expect(prefixOf(readOptions({ ...where, topics: [topic] }))).toBe(prefix),
  );

  it('no secret is shown', () => {
    const sasl = { mechanism: 'plain', username: 'u', password: 'marker', more: 1 };
    expect(faultOf({ ...where, sasl, registryAuth: 'mar\nker', ssl: { key: 'marker' } })).not.toContain('mark');
  });
});

it.each([
  ['brokers', undefined, 'is not host:port, or a list of such'],
  ['registry', undefined, 'is not an address'],
  ['ssl', 'yes', 'is not true, false or { ca, cert, key } in PEM'],
  ['ssl', { cert: '-----BEGIN CERTIFICATE-----' }, 'has cert or key, and not the other'],
  ['sasl', 'me', 'is not { mechanism, username, password }'],
  ['keys', 'videos', 'is not a list of change keys'],
  ['keys', [], 'is empty: leave it out for every key'],
  ['topics', ['a\0b'], "is not a topic's name"],
  ['topics', 3, 'is not a list of topics'],
  ['from', -1n, 'is not an offset'],
  ['until', 'later', 'is not now, a date, a bigint or a position'],
  ['group', 7, 'is not a text'],
  ['signal', {}, 'is not an AbortSignal'],
  ['onSkipped', 'x', 'is not a function'],
])('%s %j: says what it is not', (name, value, problem) => {
  const message = faultOf({ ...where, [name]: value });
  expect(message).toMatch(new RegExp(`: ${name}(\\.\\d+)?: `));
  expect(message).toContain(problem);
  expect(message).not.toMatch(/Invalid|expected|Too small/);
});
