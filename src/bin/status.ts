import { layout } from '../core/display.ts';
import { countOverdue, type DueOptions } from '../core/due.ts';
import { ServiceError } from '../core/errors.ts';
import { needsLists } from '../core/schedule/plan.ts';
import { sayStatus, statusOf, type Status } from '../core/status.ts';
import { idsOf } from '../core/watch.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import { openOperator, type Operator } from '../commands/operator.ts';
import { screenOf, type Format } from './output.ts';
import { start, untilDone } from './start.ts';

/** What the settings say of when a movie should have been polled. */
export const dueOptionsOf = (config: Config, { now }: World): DueOptions => {
  const { WATCH, TMDB_REQUESTS_PER_SECOND: requestsPerSecond } = config;
  const intervalMs = config.POLL_INTERVAL_SECONDS * 1000;
  const watched = WATCH?.kind === 'all' ? 'all' : idsOf(WATCH);
  const hasLists = watched === 'all' || needsLists(watched.length, requestsPerSecond, intervalMs);
  return { watched, hasLists, intervalMs, overlapMs: config.OVERLAP_HOURS * 3_600_000, now: now() };
};

const look = async (operator: Operator, { config, world }: ReturnType<typeof start>, signal: AbortSignal) => {
  const [coverage, { members }] = [await operator.read(signal), await operator.instances(signal)];
  const due = dueOptionsOf(config, world);
  const watched = config.WATCH === undefined ? null : due.watched;
  return statusOf({
    instances: members,
    coverage,
    watching: watched === null || watched === 'all' ? watched : watched.length,
    behind: countOverdue(coverage, { ...due, watched }),
    writtenAt: operator.lastAt(),
    watermark: await operator.watermark(signal),
    deadLetters: await operator.letters(signal),
  });
};

const say = (status: Status, { world }: ReturnType<typeof start>): string => {
  const screen = screenOf(process.stdout);
  const lines = sayStatus(status, world.now());
  return lines.map(([text, about]) => layout([{ text, width: 12, style: 'dim' }, { text: about }], screen)).join('\n');
};

/** What Kafka tells of the installation, whether an instance runs or not. It asks none. */
export const status = async ({ format }: { format: Format }): Promise<void> => {
  const given = start([]);
  const operator = openOperator(given.config, given.world);
  await untilDone(async (signal) => {
    const found = await look(operator, given, signal);
    process.stdout.write(`${format === 'json' ? JSON.stringify(found) : say(found, given)}\n`);
    if (found.state === 'down') throw new ServiceError('NOT_RUNNING', 'no instance runs: start tmdb-cdc run');
  }, given.config).finally(operator.close);
};
