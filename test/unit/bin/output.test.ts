import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { makePrint, screenOf } from '../../../src/bin/output.ts';

const terminal = (columns?: number) =>
  Object.assign(new PassThrough(), { isTTY: true, columns, getColorDepth: () => 8 }) as PassThrough & {
    isTTY: boolean;
  };
const red = '\u001b[31mx\u001b[39m';
describe('a screen', () => {
  it('is as wide as its terminal, and coloured', () => {
    const screen = screenOf(terminal(80));
    expect([screen.columns, screen.paint('red', 'x')]).toEqual([80, red]);
  });

  it('is endless where it is a pipe or a file', () => {
    expect(screenOf(Object.assign(new PassThrough(), { columns: 80 })).columns).toBeNull();
  });

  it.each([undefined, 0])('is endless where a terminal does not know how wide it is: %s', (columns) => {
    expect(screenOf(terminal(columns)).columns).toBeNull();
  });
});

describe('printing', () => {
  it('writes many lines at once, all of them in the end', async () => {
    const stream = new PassThrough({ highWaterMark: 1024 * 1024 });
    const { add, flush } = makePrint(stream, new AbortController().signal);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (let at = 0; at < 20_000; at += 1) await add(`line ${at}`);
    await flush();
    await flush();
    await setImmediate();
    expect(Buffer.concat(chunks).toString().split('\n')).toHaveLength(20_001);
    expect(chunks.length).toBeLessThan(10);
  });

  it('waits for a reader who is slow, and no longer than until the signal', async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const stop = new AbortController();
    const { add, flush } = makePrint(stream, stop.signal);
    await add('more than ten characters');
    let isOver = false;
    const first = flush().then(() => (isOver = true));
    await setImmediate();
    expect(isOver).toBe(false);
    stream.resume();
    await first;
    stream.pause();
    await add('more than ten characters again');
    const second = flush();
    stop.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    await once(stream.resume().end(), 'end');
  });
});
