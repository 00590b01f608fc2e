import type { Config } from '../config.ts';
import type { Coverage } from '../core/coverage.ts';
import { ServiceError, usageError } from '../core/errors.ts';
import { isThere, type Extent } from '../core/backfill/extent.ts';
import { dayOf, startOf, type Day } from '../core/time.ts';
import { historyDay } from '../core/values.ts';
import { idsOf } from '../core/watch.ts';
import { openHistory } from '../commands/history.ts';
import { errorFields } from '../log.ts';
import { makeMeter, type Meter } from './meter.ts';
import { starved, waiting } from './notes.ts';
import { makeOnPaused } from './sessions.ts';
import { start, untilStopped } from './start.ts';
import { workAlone, type Given } from './work.ts';

const dayIn = (text: string, now: number): Day => {
  const { data, error } = historyDay(dayOf(now)).safeParse(text);
  if (error === undefined) return data;
  throw usageError(error.issues.map(({ message }) => `--since ${JSON.stringify(text)} ${message}`));
};

/** What it would take. The answer is data. */
const tell = async ({ config, history }: Given, since: Day, signal: AbortSignal): Promise<void> => {
  const extent = history.extentOf(await history.check(signal), since);
  const { windows, requests, pages } = await history.forecast({ extent, to: since }, signal);
  const rate = config.TMDB_REQUESTS_PER_SECOND;
  const lines = [
    `windows   ${windows}, each of at most 12 days`,
    `requests  about ${requests}, ${pages} of them for lists`,
    `minutes   about ${(requests / rate / 60).toFixed(1)}, where live polling leaves all of ${rate} requests/s`,
  ];
  process.stdout.write(
    isThere(extent)
      ? `nothing to do: everything since ${since} is published, but for days within OVERLAP_HOURS\n`
      : `${lines.join('\n')}\n`,
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

/** What is committed by now; null where Kafka cannot be asked just now. */
const look = async ({ history, world }: Given, signal: AbortSignal): Promise<Coverage | null> =>
  history.look(signal).catch((error: unknown) => {
    if (signal.aborted || !(error instanceof ServiceError) || error.code !== 'KAFKA_UNREACHABLE') throw error;
    world.log.warn(errorFields(error), 'how far it is cannot be read');
    return null;
  });

/** Shows how far it is, and says why where nothing moves. */
const makeUpdate = (given: Given, meter: Meter) => {
  const { history, world } = given;
  let total = 0;
  let moved = { requests: -1, at: world.now() };
  return (coverage: Coverage, to: Day): void => {
    const extent = history.extentOf(coverage, to);
    const { polls, lists, events } = history.counts();
    const requests = polls + lists;
    total = Math.max(total, leftIn(extent));
    meter.show({ done: total - leftIn(extent), total, unit: 'windows', requests, events });
    const isStill = requests === moved.requests && world.now() > moved.at + patienceMs;
    if (isStill) world.log.warn(reasonOf(extent, given));
    if (isStill || requests !== moved.requests) moved = { requests, at: world.now() };
  };
};

/** Until all is there, or nobody wants it any more. */
const show = async (given: Given, { meter, to }: { meter: Meter; to: Day }, signal: AbortSignal): Promise<void> => {
  const update = makeUpdate(given, meter);
  const onPaused = makeOnPaused(given.world.log);
  for (;;) {
    const coverage = await look(given, signal);
    const wanted = coverage?.wanted() ?? to;
    if (coverage?.wanted() === null) return;
    if (coverage !== null) onPaused(coverage.paused());
    if (coverage?.paused() === null) update(coverage, wanted < to ? wanted : to);
    await given.history.rest(everyMs(given.config), signal);
  }
};

const isPublished =
  'everything since that day is published, but for what is younger than OVERLAP_HOURS: that is for the instance that runs';

/** A sentence for a person on a terminal, else a line of the log. */
const say = ({ world }: Given, since: Day, sentence: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`${sentence} (${since})\n`);
  else world.log.info({ since }, sentence);
};

/** Beside a bar the log has only what must be read. */
const besideBar = (given: Given): Given => {
  const { log } = given.world;
  if (!process.stderr.isTTY || !log.isLevelEnabled('info')) return given;
  return { ...given, world: { ...given.world, log: log.child({}, { level: 'warn' }) } };
};

const follow = async (given: Given, since: Day, signal: AbortSignal): Promise<void> => {
  const { history, world } = given;
  await history.check(signal);
  const coverage = await history.want(since, signal);
  const wanted = coverage.wanted();
  if (wanted === null) {
    say(given, since, `nothing to do: ${isPublished}`);
    return;
  }
  if (wanted < since) say(given, wanted, 'more is wanted already: an earlier day');
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
    const shown = besideBar(given);
    await Promise.all([
      end(show(shown, { meter, to: wanted }, either)),
      end(workAlone(shown, either)),
      history.count(either).catch((error: unknown) => world.log.warn(errorFields(error), 'events are not counted')),
    ]);
  } finally {
    meter.close();
  }
  if (!signal.aborted) say(given, wanted, isPublished);
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
