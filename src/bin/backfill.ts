import type { Config } from '../config.ts';
import type { Coverage } from '../core/coverage.ts';
import { usageError } from '../core/errors.ts';
import { isThere, type Extent } from '../core/extent.ts';
import { dayOf, startOf, type Day } from '../core/time.ts';
import { historyDay } from '../core/values.ts';
import { idsOf } from '../core/watch.ts';
import { openHistory } from '../history.ts';
import { makeMeter, type Meter } from './meter.ts';
import { starved, waiting } from './notes.ts';
import { start, untilStopped } from './start.ts';
import { workAlone, type Given } from './work.ts';

const dayIn = (text: string, now: number): Day => {
  const { data, error } = historyDay(dayOf(now)).safeParse(text);
  if (error === undefined) return data;
  throw usageError(error.issues.map(({ message }) => `--since ${JSON.stringify(text)} ${message}`));
};

/** What it would take. The answer is data. */
const tell = async ({ config, history }: Given, since: Day, signal: AbortSignal): Promise<void> => {
  await history.check(signal);
  const extent = history.extentOf(await history.look(signal), since);
  const { windows, requests, pages } = await history.forecast({ extent, to: since }, signal);
  const rate = config.TMDB_REQUESTS_PER_SECOND;
  const lines = [
    `windows   ${windows}, each of at most 12 days`,
    `requests  about ${requests}, ${pages} of them for lists`,
    `minutes   about ${(requests / rate / 60).toFixed(1)}, where live polling leaves all of ${rate} requests/s`,
  ];
  process.stdout.write(
    isThere(extent) ? `nothing to do: everything since ${since} is published\n` : `${lines.join('\n')}\n`,
  );
};

/** A look at a million records takes half a second. */
const everyMs = ({ WATCH }: Config): number => 1000 + idsOf(WATCH).length / 50;
const patienceMs = 60_000;

const leftIn = ({ windows, movieWindows, reopened }: Extent): number => windows + movieWindows + reopened;

/** Why nothing has moved for a while. */
const reasonOf = ({ since }: Extent, { config, world }: Given): string => {
  const settledAt = since === null ? 0 : startOf(since) + config.OVERLAP_HOURS * 3_600_000;
  return settledAt > world.now() ? `${waiting} (until ${new Date(settledAt).toISOString()})` : starved;
};

/** Shows how far it is until it is there, or nobody wants it any more. */
const show = async (given: Given, { meter, to }: { meter: Meter; to: Day }, signal: AbortSignal): Promise<void> => {
  const { history, world } = given;
  let total = 0;
  let moved = { polls: -1, at: world.now() };
  for (;;) {
    const coverage: Coverage = await history.look(signal);
    const wanted = coverage.wanted();
    if (wanted === null) return;
    const extent = history.extentOf(coverage, wanted < to ? wanted : to);
    const { polls, events } = history.counts();
    total = Math.max(total, leftIn(extent));
    meter.show({ done: total - leftIn(extent), total, unit: 'windows', polls, events });
    if (polls !== moved.polls) moved = { polls, at: world.now() };
    if (world.now() > moved.at + patienceMs) {
      world.log.warn(reasonOf(extent, given));
      moved = { polls, at: world.now() };
    }
    await history.rest(everyMs(given.config), signal);
  }
};

const follow = async (given: Given, since: Day, signal: AbortSignal): Promise<void> => {
  const { history, world } = given;
  await history.check(signal);
  const coverage = await history.want(since, signal);
  const wanted = coverage.wanted();
  if (wanted === null) {
    world.log.info({ since }, 'nothing to do: everything since that day is published');
    return;
  }
  if (wanted < since) world.log.info({ since: wanted }, 'more is wanted already: an earlier day');
  const meter = await makeMeter(world.log, process.stderr);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const end = async (task: Promise<void>): Promise<void> =>
    task
      .catch((error: unknown) => {
        if (!over.signal.aborted) throw error;
      })
      .finally(() => over.abort());
  try {
    await Promise.all([
      end(show(given, { meter, to: wanted }, either)),
      end(workAlone(given, either)),
      end(history.count(either)),
    ]);
  } finally {
    meter.close();
  }
  if (!signal.aborted) world.log.info({ since: wanted }, 'everything since that day is published');
};

/** Extends what is published to the left, through the instance that polls, or by itself where there is none. */
export const backfill = async ({ since: text, dryRun }: { since: string; dryRun: boolean }): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN', 'WATCH']);
  const since = dayIn(text, world.now());
  const history = openHistory(config, world);
  const given = { config, world, history };
  await untilStopped(
    async (signal) => (dryRun ? tell(given, since, signal) : follow(given, since, signal)),
    config,
  ).finally(history.close);
};
