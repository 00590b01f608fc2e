import { describe, expect, it } from '@jest/globals';
import { untilDone, untilStopped } from '../../../src/bin/start.ts';

/** What a command does that is stopped on its way: it rejects, or ends before its time. */
const commands = {
  rejects: async (signal: AbortSignal): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    }),
  ends: async (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }),
};

describe.each(['rejects', 'ends'] as const)('a signal, and the command %s', (name) => {
  it('is no fault of what goes on until then', async () => {
    const ended = untilStopped(commands[name]);
    process.emit('SIGTERM', 'SIGTERM');
    await expect(ended).resolves.toBeUndefined();
  });

  it('keeps a command from its result, which is said, with what to do', async () => {
    const ended = untilDone(commands[name], null, 'look at it').catch((error: unknown) => error);
    process.emit('SIGTERM', 'SIGTERM');
    expect(await ended).toMatchObject({ name: 'StoppedError', message: 'stopped by a signal: look at it' });
  });

  it('is no fault where the reader of its output has closed the pipe', async () => {
    const ended = untilDone(commands[name], null);
    process.emit('SIGINT'); // as main.ts does
    await expect(ended).resolves.toBeUndefined();
  });
});
