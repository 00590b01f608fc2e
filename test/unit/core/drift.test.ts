import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { makeDrift } from '../../../src/core/drift.ts';
import { decode, makeEncode } from '../../../src/core/encode.ts';
import { map, type ChangeEvent } from '../../../src/core/map.ts';
import { outputsOf } from '../../support/items.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const encode = makeEncode({ prefix: '', partitions: 6, schemas });

/** Events as they come from the topics. */
const eventsOf = (key: string, ...items: readonly object[]): ChangeEvent[] =>
  outputsOf([
    {
      key,
      items: items.map((item, at) => ({
        ...{ id: `65a5e1d0aa00000000000${at.toString(16).padStart(3, '0')}`, time: '2024-01-16 01:54:56 UTC' },
        ...{ action: 'updated', iso_639_1: '', iso_3166_1: '', ...item },
      })),
    },
  ]).map((output) => {
    const mapped = map(550, output, 0);
    return decode(schemas[mapped.schema].type, encode(mapped).value) as ChangeEvent;
  });

const driftOf = (...events: readonly ChangeEvent[]) => {
  const { note, drift } = makeDrift();
  events.forEach(note);
  return drift();
};
const findingsOf = (key: string, ...items: readonly object[]) => driftOf(...eventsOf(key, ...items)).findings;

const credit = { person_id: 1, character: 'x', order: 0, cast_id: 2, credit_id: 'c' };
const release = { certification: '', iso_3166_1: 'US', note: '', release_date: '2024-02-23', type: 3 };

describe('what went by and is not typed', () => {
  it.each([
    [
      'a member, with the field that would type it',
      ['cast', { value: { ...credit, season_id: 7 } }],
      [
        'member',
        'value.season_id',
        /^in schemas\/credit.avsc \{"name":"season_id","type":\["null","long"\],"default":null/,
      ],
    ],
    [
      'a member of an image',
      ['images', { value: { poster: { file_path: '/a', iso_639_1: null, tags: ['x'] } } }],
      ['member', 'value.tags', /"name":"tags","type":\["null",\{"type":"array","items":"string"\}\]/],
    ],
    [
      'a member that no kind holds',
      ['cast', { value: { ...credit, more: { deep: 1 } } }],
      ['member', 'value.more', /^none: no kind/],
    ],
    [
      'a member that cannot be a field',
      ['cast', { value: { ...credit, 'a b': 'text' } }],
      ['member', 'value.a b', /^none: it is no name in Avro/],
    ],
    [
      'a member of the item',
      ['title', { value: 'x', user: 'somebody' }],
      ['member', 'user', /^in every schema of events \{"name":"user","type":\["null","string"\]/],
    ],
    [
      'a member of another type, with the field beside it',
      ['videos', { original_value: { id: 'a', size: '1080' } }],
      ['type', 'value.size', /^in schemas\/video.avsc, beside it, \{"name":"size_text","type":\["null","string"\]/],
    ],
    ['a text that is a number', ['title', { value: 7 }], ['type', 'value', /^none: a topic keeps its type/]],
    ['an object that is a text', ['genres', { value: 'Drama' }], ['type', 'value', /^none: a topic keeps its type/]],
    [
      'two kinds of an image in one',
      ['images', { value: { poster: { file_path: '/a' }, backdrop: { file_path: '/b' } } }],
      ['type', 'value', /^none/],
    ],
    [
      'null where the shape says absent',
      ['cast', { value: { ...credit, order: null } }],
      ['presence', 'value.order', /^a rule in/],
    ],
    ['absent where the shape says null', ['release_dates', { value: release }], ['presence', 'value', /^a rule in/]],
    ['null for a text', ['title', { value: null, original_value: 'x' }], ['presence', 'value', /^none/]],
    ['a code that is none', ['title', { value: 'x', iso_639_1: 7 }], ['type', 'iso_639_1', /^none/]],
    ['a time in another form', ['title', { value: 'x', time: '2024-01-16T01:54:56Z' }], ['type', 'time', /^none/]],
    [
      'an action, typed as the rest may be',
      ['title', { value: 'x', action: 'merged' }],
      ['action', 'action', /^a word in `ops`/],
    ],
  ] as const)('%s', (_, [key, item], [what, path, change]) => {
    expect(findingsOf(key, item)).toEqual([
      {
        what,
        changeKey: key,
        path,
        events: 1,
        example: expect.stringMatching(/^movie 550, item 65a5/),
        change: expect.stringMatching(change),
      },
    ]);
  });

  it.each([
    ['named', [{ value: { id: 1, name: 'a' } }, { original_value: { id: 2, name: '' } }]],
    ['number', [{ value: 7 }, { value: 0, original_value: 9 }]],
    ['text', [{ value: 'en', original_value: 'fr' }]],
    ['keyword', [{ value: { id: 1, name: 'a' } }, { value: { id: 1, name: 'a', group: 'g' } }]],
    ['boolean', [{ value: false }]],
    ['textList', [{ value: [] }, { value: ['a'] }]],
  ])('a key, with the shape that holds all of it: %s', (shape, items) => {
    expect(findingsOf('belongs_to_collection', ...items)).toMatchObject([
      {
        ...{ what: 'key', changeKey: 'belongs_to_collection', path: '', events: items.length },
        change: `in src/core/change-keys.ts "belongs_to_collection": ${shape}, and a fixture`,
      },
    ]);
  });

  it('a key that no shape holds, with the fields of one that would', () => {
    const items = [{ value: { id: 1, poster_path: null } }, { value: { id: 1, poster_path: '/a', parts: [{}] } }];
    expect(findingsOf('belongs_to_collection', ...items)[0]?.change).toMatch(
      /^a new shape .* \{"name":"id","type":\["null","long"\].*\{"name":"poster_path","type":\["null","string"\].*: that shape$/,
    );
    expect(findingsOf('belongs_to_collection', { value: 1 }, { value: 'x' })[0]?.change).toMatch(/^none: no shape/);
  });
});

it('nothing of what is typed, old forms included, and nothing of what was in other before its key had a topic', () => {
  const files = readdirSync('test/fixtures/changes').map((file) => `changes/${file}`);
  const events = files.flatMap((file) => {
    const { key, items } = JSON.parse(readFileSync(`test/fixtures/${file}`, 'utf8')) as {
      key: string;
      items: object[];
    };
    return eventsOf(key, ...items).filter(({ raw }) => raw === null);
  });
  const [old] = eventsOf('a key of tomorrow', { value: 'x' });
  const was = Object.assign(old as object, { change_key: 'title' }) as ChangeEvent;
  expect(events.length).toBeGreaterThan(80);
  expect(driftOf(...events, was)).toEqual({ events: events.length + 1, findings: [], unlisted: 0 });
});

it('every event that keeps its raw is told of', () => {
  const files = readdirSync('test/fixtures/changes');
  for (const file of files) {
    const { key, items } = JSON.parse(readFileSync(`test/fixtures/changes/${file}`, 'utf8')) as {
      key: string;
      items: object[];
    };
    for (const event of eventsOf(key, ...items).filter(({ raw }) => raw !== null))
      expect(driftOf(event).findings).toHaveLength(1);
  }
});

it('is counted over events, the most frequent first, and each event once', () => {
  const odd = { value: { ...credit, a: 1 }, original_value: { ...credit, a: 2 } };
  const events = [...eventsOf('crew', { value: { b: 1 } }), ...eventsOf('cast', odd, odd)];
  expect(driftOf(...events).findings.map(({ changeKey, path, events: count }) => [changeKey, path, count])).toEqual([
    ['cast', 'value.a', 2],
    ['crew', 'value.b', 1],
  ]);
});

it('what anybody can write is bounded and cannot move a cursor', () => {
  const long = '\u001b[2J\u202e'.repeat(10_000);
  const { note, drift } = makeDrift();
  for (let at = 0; at < 1000; at += 1) {
    const members = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`${at}_${n}${long.slice(0, 400)}`, n]));
    eventsOf('title', { value: 'x', ...members }).forEach(note);
  }
  eventsOf(long, { value: { [long]: long } }).forEach(note);
  const { findings, unlisted } = drift();
  expect(findings.length).toBe(300);
  expect(unlisted).toBe(20_000 - 300 + 1);
  const text = findings.map(({ changeKey, path, example, change }) => [changeKey, path, example, change].join()).join();
  expect(text.length).toBeLessThan(500_000);
  for (const character of ['\u001b', '\u202e']) expect(text).not.toContain(character);
  expect(text).toContain('\\u001b[2J\\u202e');
});

it('an event that is none of ours is refused, and nothing of it is counted', () => {
  const { note, drift } = makeDrift();
  const [event] = eventsOf('title', { value: 7 });
  expect(() => note(Object.assign(event as object, { raw: 'no JSON' }) as ChangeEvent)).toThrow(SyntaxError);
  expect(drift()).toEqual({ events: 0, findings: [], unlisted: 0 });
});
