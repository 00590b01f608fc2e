import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changeKeys } from '../../../src/core/change-keys.ts';
import { declaredTopics, groupOf, murmur2, partitionOf, transactionalIdOf } from '../../../src/core/topics.ts';

it.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])("murmur2(%s) is what Kafka's own test says", (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

// Printed by Java itself, kafka-clients 4.3.1 in jshell: for each id as a long, of the UTF-8 bytes of Long.toString(id),
// Utils.murmur2(bytes), then BuiltInPartitioner.partitionForKey(bytes, n) for n = 1, 3, 6, 12, 50, 1000.
it.each([
  [1, -1993445489, 0, 0, 3, 3, 9, 159],
  [2, 648968168, 0, 2, 2, 8, 18, 168],
  [5, 55100550, 0, 0, 0, 6, 0, 550],
  [11, -800031680, 0, 0, 0, 0, 18, 968],
  [42, 417700972, 0, 1, 4, 4, 22, 972],
  [550, 764808012, 0, 0, 0, 0, 12, 12],
  [603, -4537832, 0, 0, 0, 0, 16, 816],
  [680, 221479966, 0, 1, 4, 10, 16, 966],
  [13, -1108865041, 0, 1, 1, 7, 7, 607],
  [558449, -1488170812, 0, 1, 4, 4, 36, 836],
  [1234567, -605210426, 0, 0, 0, 6, 22, 222],
  [2147483647, -427214283, 0, 2, 5, 5, 15, 365],
  [2147483648, 1897219614, 0, 0, 0, 6, 14, 614],
  [4294967296, -170546237, 0, 0, 3, 3, 11, 411],
  [9007199254740991, -1031629061, 0, 0, 3, 3, 37, 587],
])("movie %i is where Java's producer puts its id as a key", (id, hash, ...places) => {
  expect(murmur2(Buffer.from(String(id)))).toBe(hash);
  expect([1, 3, 6, 12, 50, 1000].map((count) => partitionOf(id, count))).toEqual(places);
});

it('a partition depends on the movie id alone and lies within the count', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1, max: 1000 }), (id, count) => {
      expect(partitionOf(id, count)).toBeGreaterThanOrEqual(0);
      expect(partitionOf(id, count)).toBeLessThan(count);
    }),
  );
});

it('declares a topic per change key, the catch-all, the dead letters and one partition each of watermarks and checkpoints', () => {
  const topics = declaredTopics('tmdb.movie.', 6);
  expect(topics.map(({ topic, partitions }) => `${topic}:${partitions}`).sort()).toEqual([
    ...[
      'checkpoints:1',
      'watermarks:1',
      ...[...Object.keys(changeKeys), 'other', 'dead_letters'].map((name) => `${name}:6`),
    ]
      .map((name) => `tmdb.movie.${name}`)
      .sort(),
  ]);
  for (const { configs } of topics) {
    expect(configs).toMatchObject({ 'message.timestamp.type': 'CreateTime', 'compression.type': 'producer' });
  }
});

it.each(['tmdb.movie.', ''])('with the prefix %j every name is one that Kafka takes and no two collide', (prefix) => {
  const names = declaredTopics(prefix, 6).map(({ topic }) => topic);
  // Kafka's metrics make no difference between a dot and an underscore; two underscores begin its own topics.
  for (const name of names) expect(name).toMatch(/^(?!__)[A-Za-z0-9._-]{1,249}$/);
  expect(new Set(names.map((name) => name.replaceAll('.', '_'))).size).toBe(names.length);
});

it('an empty prefix names the topics by the change key alone', () => {
  expect(declaredTopics('', 6).map(({ topic }) => topic)).toContain('images');
});

it('no two prefixes share a transactional id, and every group begins with one text', () => {
  const topicName = fc.stringMatching(/^[a-zA-Z0-9._-]{0,8}$/);
  fc.assert(
    fc.property(topicName, topicName, (a, b) => {
      expect(transactionalIdOf(a) === transactionalIdOf(b)).toBe(a === b);
      expect(transactionalIdOf(a).startsWith(`${groupOf(a)}/`)).toBe(true);
    }),
  );
});
