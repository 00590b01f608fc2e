import { describe, expect, it } from '@jest/globals';
import { placeName, rangesOf, timeIn, type From, type Until } from '../../../src/core/positions.ts';
import { makeProgress } from '../../../src/core/progress.ts';
import { isJump, recordsOf, type Batch } from '../../../src/core/reading.ts';

const offsets = [
  { topic: 'a', partition: 0, low: 10n, high: 20n },
  { topic: 'a', partition: 1, low: 0n, high: 0n },
];
const none = new Map<string, bigint>();
const read = (from: From, until?: Until, times = { from: none, until: none }) => {
  const { ranges, problems } = rangesOf(offsets, { from, until }, times);
  return { ranges: ranges.map(({ start, end }) => [start, end]), problems };
};

describe('where reading begins and ends', () => {
  it.each<[string, From, Until | undefined, (bigint | null)[][]]>([
    [
      'everything, for ever',
      { at: 'beginning' },
      undefined,
      [
        [10n, null],
        [0n, null],
      ],
    ],
    [
      'everything until now',
      { at: 'beginning' },
      { at: 'now' },
      [
        [10n, 20n],
        [0n, 0n],
      ],
    ],
    [
      'nothing until now',
      { at: 'end' },
      { at: 'now' },
      [
        [20n, 20n],
        [0n, 0n],
      ],
    ],
    [
      'a named partition alone',
      { at: 'offsets', offsets: new Map([[0, 12n]]) },
      undefined,
      [
        [12n, null],
        [0n, null],
      ],
    ],
    [
      'until a named partition',
      { at: 'beginning' },
      { at: 'offsets', offsets: new Map([[0, 12n]]) },
      [
        [10n, 12n],
        [0n, 0n],
      ],
    ],
    [
      'a position, and elsewhere what it does not name',
      { at: 'position', position: new Map([['a/1', 0n]]), elsewhere: { at: 'end' } },
      { at: 'position', position: new Map([['a/0', 20n]]) },
      [
        [20n, 20n],
        [0n, 0n],
      ],
    ],
  ])('%s', (_, from, until, ranges) => expect(read(from, until)).toEqual({ ranges, problems: [] }));

  it('a time is where its offset is, and the end where there is none', () => {
    const times = {
      from: new Map([['a/0', 15n]]),
      until: new Map([
        ['a/0', 17n],
        ['a/1', 9n],
      ]),
    };
    expect(read({ at: 'time', ms: 1 }, { at: 'time', ms: 2 }, times).ranges).toEqual([
      [15n, 17n],
      [0n, 0n],
    ]);
    expect(timeIn({ at: 'position', position: none, elsewhere: { at: 'time', ms: 7 } })).toBe(7);
  });

  it.each<[From, Until | undefined, string[]]>([
    [
      { at: 'offset', offset: 9n },
      undefined,
      ['a partition 0 has offsets 10 to 20, not 9', 'a partition 1 has offsets 0 to 0, not 9'],
    ],
    [{ at: 'offsets', offsets: new Map([[0, 21n]]) }, undefined, ['a partition 0 has offsets 10 to 20, not 21']],
    [{ at: 'offsets', offsets: new Map([[7, 1n]]) }, undefined, ['there is no partition 7']],
    [
      { at: 'beginning' },
      { at: 'offsets', offsets: new Map([[0, 21n]]) },
      ['a partition 0 has offsets 10 to 20, not 21'],
    ],
    [
      {
        at: 'position',
        position: new Map([
          ['a/2', 1n],
          ['b/0', 1n],
          ['a/0', 3n],
        ]),
        elsewhere: { at: 'beginning' },
      },
      undefined,
      ['there is no partition a/2', 'a partition 0 has offsets 10 to 20, not 3'],
    ],
  ])('what is not there is said, never jumped over: %j', (from, until, problems) =>
    expect(read(from, until).problems).toEqual(problems),
  );

  it('an end before the start, or before what is left, is nothing to read', () => {
    expect(read({ at: 'end' }, { at: 'offsets', offsets: new Map([[0, 3n]]) })).toEqual({
      ranges: [
        [20n, 3n],
        [0n, 0n],
      ],
      problems: [],
    });
  });
});

const batch = (fetchedOffset: string, ...all: string[]): Batch => ({
  topic: 'a',
  partition: 0,
  fetchedOffset,
  messages: all.map((offset) => ({ offset, timestamp: '1', key: null, value: null })),
});

describe('how far reading is', () => {
  const [first, second] = rangesOf(
    offsets,
    { from: { at: 'beginning' }, until: { at: 'now' } },
    { from: none, until: none },
  ).ranges;
  const all = [first, second].flatMap((each) => each ?? []);

  it('is done where each partition has reached its end, and goes neither back nor beyond', () => {
    const progress = makeProgress(all);
    expect(progress.isDone()).toBe(false);
    progress.move('a', 0, 15n);
    progress.move('a', 0, 12n);
    expect(progress.next('a', 0)).toBe(15n);
    progress.move('a', 0, 25n);
    expect([progress.next('a', 0), progress.isDone()]).toEqual([20n, true]);
  });

  it('takes what was not read yet and lies before the end', () => {
    const progress = makeProgress(all);
    progress.move('a', 0, 12n);
    expect(recordsOf(batch('10', '10', '11', '12', '19', '20'), progress).map(({ offset }) => offset)).toEqual([
      12n,
      19n,
    ]);
  });

  it('a fetch from behind the next offset is a jump, one from before it is not', () => {
    const progress = makeProgress(all);
    expect([isJump(batch('10', '14'), progress), isJump(batch('0', '14'), progress)]).toEqual([false, false]);
    expect(isJump(batch('11', '14'), progress)).toBe(true);
  });

  it('a partition that is added later is new as a whole, and behind the end where there is one', () => {
    const endless = makeProgress(all.map((each) => ({ ...each, end: null })));
    expect([endless.next('a', 2), endless.isWanted('a', 2, 0n), endless.isDone()]).toEqual([0n, true, false]);
    expect(makeProgress(all).isWanted('a', 2, 0n)).toBe(false);
    expect(placeName('a', 2)).toBe('a/2');
  });
});
