import { hostname, userInfo } from 'node:os';
import type { World } from '../clients.ts';
import type { Paused } from '../core/coverage.ts';
import { visible } from '../core/display.ts';
import { usageError } from '../core/errors.ts';
import { readReason, sayPaused, untilResumed } from '../core/paused.ts';
import { openOperator } from '../commands/operator.ts';
import type { Format } from './output.ts';
import { start, untilDone } from './start.ts';

/** Who gives the command. A container may know no name for its user. */
const nameOfUser = (): string => {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
};

interface Outcome {
  /** What is in force by now, and whether that is new. */
  readonly paused: Paused | null;
  readonly was: Paused | null;
  readonly instances: number;
}

const sayWhat = ({ paused, was, instances }: Outcome): string => {
  if (paused === null)
    return was === null ? 'it is not paused: nothing was changed' : `it goes on; it was ${sayPaused(was)}`;
  const what = was === null ? `paused: ${untilResumed}` : `it is ${sayPaused(was)} already: nothing was changed`;
  return instances === 0 ? `${what}; no instance runs: whoever starts will stand paused` : what;
};

const asJson = (paused: Paused | null) =>
  paused === null ? null : { ...paused, at: new Date(paused.at).toISOString() };

/** Writes what is wanted, unless it is so already. */
const change = async (wantedOf: (world: World) => Paused | null, format: Format): Promise<void> => {
  const { config, world } = start([]);
  const wanted = wantedOf(world);
  const operator = openOperator(config, world);
  const run = async (signal: AbortSignal): Promise<void> => {
    let was: Paused | null = null;
    await operator.check(signal);
    const after = await operator.change((coverage) => {
      was = coverage.paused();
      return (was === null) === (wanted === null) ? null : { movies: [], paused: wanted };
    }, signal);
    const paused = after.paused();
    const outcome = { paused, was, instances: (await operator.instances(signal)).members.length };
    const json = { paused: asJson(paused), was: asJson(was), instances: outcome.instances };
    process.stdout.write(`${format === 'json' ? JSON.stringify(json) : sayWhat(outcome)}\n`);
  };
  await untilDone(run, config, 'tmdb-cdc status says whether it is in force').finally(operator.close);
};

/** From when it returns nothing that was asked of TMDB before is committed any more, and nothing more is asked. */
export const pause = async ({ reason: text, format }: { reason?: string; format: Format }): Promise<void> => {
  const { reason, problem } = readReason(text);
  if (problem !== undefined) throw usageError([problem]);
  const by = visible(`${nameOfUser()}@${hostname()}`);
  await change(({ now }) => ({ at: now(), by, reason }), format);
};

export const resume = async ({ format }: { format: Format }): Promise<void> => change(() => null, format);
