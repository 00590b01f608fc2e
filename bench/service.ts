// The service as it is run: when it polls its first movie, and the most memory that it has had.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { cli } from './stage.ts';

export interface Service {
  /** Seconds from the start of the process to its first request for a movie. */
  readonly firstPoll: () => Promise<number>;
  /** The high water mark of its resident size, in MB. */
  readonly mostMb: () => number;
  readonly stop: () => Promise<void>;
}

const patienceMs = 300_000;

/** `tmdb-cdc run` against the simulator. */
export const startService = (env: NodeJS.ProcessEnv & { readonly TMDB_URL: string }): Service => {
  const startedAt = Date.now();
  const service = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', cli, 'run'], {
    env: { LOG_LEVEL: 'error', HTTP_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const status = (): string => readFileSync(`/proc/${service.pid ?? 0}/status`, 'utf8');
  const firstPoll = async (): Promise<number> => {
    while (service.exitCode === null && Date.now() < startedAt + patienceMs) {
      const asked = await (await fetch(new URL('/requests', env.TMDB_URL))).text();
      const polls = asked.split('\n').filter((line) => /"movieId":\d/.test(line));
      const times = polls.map((line) => (JSON.parse(line) as { startedAt: number }).startedAt);
      const first = times.find((at) => at >= startedAt); // the others are of a service before
      if (first !== undefined) return (first - startedAt) / 1000;
      await setTimeout(200);
    }
    throw new Error('no movie was polled');
  };
  return {
    firstPoll,
    mostMb: () => Number(/VmHWM:\s+(\d+)/.exec(status())?.[1] ?? NaN) / 1024,
    stop: async () => {
      const end = once(service, 'exit');
      service.kill('SIGTERM');
      await end;
    },
  };
};
