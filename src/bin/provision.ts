import { runProvision } from '../installation.ts';
import { start, untilStopped } from './start.ts';

/** Creates what is missing. The report is data: it goes to stdout. */
export const provision = async ({ dryRun }: { dryRun: boolean }): Promise<void> => {
  const { config, world } = start([]);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  await untilStopped(async (signal) => runProvision(config, world, { dryRun, say, signal }), config);
};
