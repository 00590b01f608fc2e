import { describe, expect, it } from '@jest/globals';
import { changeKeys } from '../../../src/core/change-keys.ts';
import { select } from '../../../src/core/select.ts';

const wish = { from: 'end', format: 'text' };
const asked = (names: string[], more: object = {}, prefix = 'p.') => select(names, { ...wish, ...more }, prefix);
const refusal = (names: string[], more: object = {}): string => {
  try {
    asked(names, more);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ name: 'UsageError' });
    return error instanceof Error ? error.message : '';
  }
};

describe('topics', () => {
  it('go by their change keys, with or without the prefix, each once', () => {
    expect(asked(['images', 'p.images', 'other', 'p.dead_letters']).topics).toEqual([
      'p.images',
      'p.other',
      'p.dead_letters',
    ]);
    expect(asked(['images'], {}, '').topics).toEqual(['images']);
  });

  it('are by `all` those of every event, and no others', () => {
    const all = [...Object.keys(changeKeys), 'other'].map((key) => `p.${key}`);
    expect(asked(['all']).topics.toSorted()).toEqual(all.toSorted());
    expect(asked(['all', 'videos', 'dead_letters']).topics.toSorted()).toEqual([...all, 'p.dead_letters'].toSorted());
  });

  it.each([
    ['imgaes', 'images'],
    ['p.image', 'images'],
    ['keywords', 'plot_keywords'],
    ['Videos', 'videos'],
    ['release', 'releases, release_dates'],
    ['deadletters', 'dead_letters'],
  ])('that are not there are answered with the nearest: %s', (name, nearest) => {
    expect(refusal([name])).toMatch(new RegExp(`^there is no topic "${name}": nearest are ${nearest}[^\n]{0,120}$`));
  });

  it.each(['', 'all ', 'checkpoints', 'constructor', 'p.', 'p.all', 'x'.repeat(100_000)])(
    'are not what only looks like one: %#',
    (name) => {
      expect(refusal([name])).toMatch(/^there is no topic /);
      expect(refusal([name]).length).toBeLessThan(300);
    },
  );
});

describe('places', () => {
  it.each<[string, unknown]>([
    ['0', { at: 'offset', offset: 0n }],
    ['9007199254740993', { at: 'offset', offset: 9_007_199_254_740_993n }],
    ['3:7,0:1', { at: 'offsets', offsets: new Map([...[[3, 7n] as const], ...[[0, 1n] as const]]) }],
    ['2026-08-18T12:00:00Z', { at: 'time', ms: Date.parse('2026-08-18T12:00:00Z') }],
    ['2026-08-18 12:00:00Z', { at: 'time', ms: Date.parse('2026-08-18T12:00:00Z') }],
    ['2026-08-18T12:00:00+02:00', { at: 'time', ms: Date.parse('2026-08-18T10:00:00Z') }],
    ['1969-12-31T23:59:59Z', { at: 'time', ms: 0 }],
  ])('%s is one to begin and to end at', (text, place) => {
    expect(asked(['images'], { from: text, until: text })).toMatchObject({ from: place, until: place });
  });

  it('are words too: beginning and end, or now', () => {
    expect(asked(['images'], { from: 'beginning', until: 'now' })).toMatchObject({
      from: { at: 'beginning' },
      until: { at: 'now' },
    });
    expect(asked(['images'])).not.toHaveProperty('until');
  });

  it.each(['', 'yesterday', '-1', '1.5', '3:', '3:7,', '2026-08-18', '2026-08-18T12:00:00', '2026-02-30T00:00:00Z'])(
    'are nothing else: %j',
    (text) => {
      expect(refusal(['images'], { from: text })).toMatch(
        /^--from ".*" is not beginning, end, an offset, P:OFFSET,… or/,
      );
      expect(refusal(['images'], { until: text })).toMatch(/^--until ".*" is not now, an offset, P:OFFSET,… or/);
    },
  );

  it('that are offsets go with one topic', () => {
    expect(refusal(['images', 'videos'], { from: '1', until: '0:1' }).split('\n')).toEqual([
      '--from with an offset goes with one topic',
      '--until with an offset goes with one topic',
    ]);
  });
});

describe('movies', () => {
  it('are separated by commas, or given again', () => {
    expect([...asked(['all'], { movie: ['550, 13', '603', '13'] }).movies]).toEqual([550, 13, 603]);
    expect(asked(['all']).movies.size).toBe(0);
  });

  it.each(['', '0', '-1', '1e3', '550:', 'tt0137523', '9007199254740993', '1,,2'])(
    'are ids and nothing else: %j',
    (text) => {
      expect(refusal(['all'], { movie: [text] })).toMatch(/^--movie ".*" is not a movie id$/);
    },
  );
});

it('everything that is wrong is named at once', () => {
  const all = refusal(['x', 'y'], { from: 'f', until: 'u', movie: ['m'], format: 'xml' });
  expect(all.split('\n').map((line) => line.slice(0, 14))).toEqual([
    'there is no to',
    'there is no to',
    '--movie "m" is',
    '--from "f" is ',
    '--until "u" is',
    '--format "xml"',
  ]);
});
