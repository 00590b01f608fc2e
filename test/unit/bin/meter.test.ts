import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { makeMeter, type Progress } from '../../../src/bin/meter.ts';
import type { Logger } from '../../../src/log.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A stream, and all that is written to it. */
const makeStream = (isTTY: boolean) => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream;
  const texts: string[] = [];
  stream.on('data', (chunk: Buffer) => texts.push(stripVTControlCharacters(chunk.toString())));
  return { stream, texts };
};

const makeLines = () => {
  const lines: object[] = [];
  return { lines, log: { info: (fields: object) => void lines.push(fields) } as unknown as Logger };
};

const at = (seconds: number): Progress => ({
  ...{ total: 100, unit: 'windows', events: 5 * seconds },
  ...{ done: Math.floor(seconds / 2), requests: 3 * seconds },
});

/** Shows what there is, every second. */
const run = (meter: { show: (progress: Progress) => void }, from: number, to: number): void => {
  for (let seconds = from; seconds < to; seconds += 1) {
    meter.show(at(seconds));
    jest.advanceTimersByTime(1000);
  }
};

describe('without a terminal', () => {
  it('is one line every 30 s, with the rate of the last 30 s and the time that is left', async () => {
    const [{ stream, texts }, { lines, log }] = [makeStream(false), makeLines()];
    const meter = await makeMeter(log, stream);
    run(meter, 0, 30);
    expect(lines).toEqual([]);
    run(meter, 30, 100);
    meter.close();
    expect(lines).toEqual(
      [
        [30, '3 min left'],
        [60, '2 min left'],
        [90, '2 min left'],
      ].map(([seconds, left]) => ({
        ...{
          done: Number(seconds) / 2,
          total: 100,
          unit: 'windows',
          requestsPerSecond: 3,
          events: 5 * Number(seconds),
        },
        left,
      })),
    );
    expect(texts).toEqual([]);
  });

  it('knows no time left while nothing moves', async () => {
    const [{ stream }, { lines, log }] = [makeStream(false), makeLines()];
    const meter = await makeMeter(log, stream);
    for (let count = 0; count < 40; count += 1) {
      meter.show({ ...at(0), requests: 7 });
      jest.advanceTimersByTime(1000);
    }
    expect(lines).toEqual([
      { done: 0, total: 100, unit: 'windows', requestsPerSecond: 0, events: 0, left: 'time left not known yet' },
    ]);
  });
});

describe('on a terminal', () => {
  it('is a bar, and no line of the log', async () => {
    const [{ stream, texts }, { lines, log }] = [makeStream(true), makeLines()];
    const meter = await makeMeter(log, stream);
    run(meter, 0, 60);
    meter.close();
    expect(lines).toEqual([]);
    expect(texts.join('')).toContain(' 0/100 windows | 0.0 requests/s | 0 events | time left not known yet');
    expect(texts.join('')).toContain(' 29/100 windows | 3.0 requests/s | 295 events | 2 min left');
  });
});
