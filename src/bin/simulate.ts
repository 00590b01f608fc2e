import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { usageError } from '../core/errors.ts';
import { whole } from '../core/values.ts';
import { movieIds } from '../core/watch.ts';
import { makeSimulator } from '../simulator/server.ts';
import { untilStopped } from './start.ts';

const form = z.object({
  host: z.string(),
  port: whole(0, 65_535),
  seed: whole(0, 999_999_999),
  editsPerMinute: whole(0, 6000),
  movies: movieIds,
});

const flagOf = (name: string): string => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Listens until it is stopped. Its address is data: the one line on stdout. */
export const simulate = async (options: Readonly<Record<string, string>>): Promise<void> => {
  const parsed = form.safeParse(options);
  if (!parsed.success)
    throw usageError(parsed.error.issues.map(({ path, message }) => `${flagOf(path.join(''))} ${message}`));
  const { host, port, seed, editsPerMinute, movies } = parsed.data;
  const { server, edit } = makeSimulator({ seed, movies, now: () => Date.now() });
  await untilStopped(async (signal) => {
    server.listen(port, host);
    await Promise.race([
      once(server, 'listening', { signal }),
      once(server, 'error', { signal }).then(([error]) => Promise.reject(error as Error)),
    ]).catch((error: unknown) => {
      if (signal.aborted) return;
      const { code } = error as NodeJS.ErrnoException; // what node:net throws
      const cure = code === 'EADDRINUSE' ? 'give another --port, 0 finds a free one' : 'give another --host or --port';
      throw usageError([`cannot listen on ${host}:${port} (${code ?? ''}): ${cure}`]);
    });
    const address = server.address();
    process.stdout.write(`http://${host}:${typeof address === 'object' ? (address?.port ?? port) : port}/3\n`);
    try {
      for (let at = 0; !signal.aborted; at += 1) {
        await setTimeout(editsPerMinute === 0 ? 2 ** 30 : 60_000 / editsPerMinute, undefined, { signal });
        edit(movies[at % movies.length] ?? 0);
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
};
