import { once } from 'node:events';
import { closeSync, constants, existsSync, fstatSync, openSync } from 'node:fs';
import { styleText } from 'node:util';
import type { Screen } from '../core/display.ts';

export type Format = 'text' | 'json';

type Output = NodeJS.WritableStream & { readonly columns?: number; readonly isTTY?: boolean };

/** What a stream can show: colour on a terminal, unless NO_COLOR or FORCE_COLOR say otherwise, and as wide as it is now. */
export const screenOf = (stream: Output): Screen => {
  const isColoured = styleText('bold', '', { stream }) !== '';
  return {
    columns: stream.isTTY === true && stream.columns !== undefined && stream.columns > 0 ? stream.columns : null,
    paint: (style, text) => (isColoured ? styleText(style, text, { validateStream: false }) : text),
  };
};

/** So much text is written at once, in UTF-16 units. */
const enough = 64 * 1024;

/** Writes lines, many at once; waits for the reader, so that memory is bounded however slow it is. */
export const makePrint = (stream: NodeJS.WritableStream, signal: AbortSignal) => {
  let waiting = '';
  const flush = async (): Promise<void> => {
    const text = waiting;
    waiting = '';
    if (text !== '' && !stream.write(text)) await once(stream, 'drain', { signal });
  };
  return {
    flush,
    add: (line: string): Promise<void> | undefined => {
      waiting += `${line}\n`;
      return waiting.length < enough ? undefined : flush();
    },
  };
};

const ownEnd = '/proc/self/fd/1';

/**
 * Ends as SIGINT does once nobody reads our named pipe: while there is nothing to write, no write can fail, and Linux
 * tells it to whoever opens the pipe again. Of a pipe without a name only the next write can tell. Gives the function
 * that ends the watch.
 */
export const watchReader = (): (() => void) => {
  if (!fstatSync(1).isFIFO() || !existsSync(ownEnd)) return () => undefined;
  const timer = setInterval(() => {
    try {
      closeSync(openSync(ownEnd, constants.O_WRONLY | constants.O_NONBLOCK));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENXIO') process.emit('SIGINT'); // what openSync throws
    }
  }, 300);
  return () => clearInterval(timer);
};
