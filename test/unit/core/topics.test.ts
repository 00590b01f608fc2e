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

it('a partition depends on the movie id alone and lies within the count', () => {
  expect([550, 558449, 3056011961].map((id) => partitionOf(id, 6))).toEqual([0, 4, 5]);
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1, max: 1000 }), (id, count) => {
      expect(partitionOf(id, count)).toBeGreaterThanOrEqual(0);
      expect(partitionOf(id, count)).toBeLessThan(count);
    }),
  );
});

it('declares a topic per change key, the catch-all, the dead letters and one partition of checkpoints', () => {
  const topics = declaredTopics('tmdb.movie.', 6);
  expect(topics.map(({ topic, partitions }) => `${topic}:${partitions}`).sort()).toEqual([
    ...['checkpoints:1', ...[...Object.keys(changeKeys), 'other', 'dead_letters'].map((name) => `${name}:6`)]
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
