import { makeAgenda } from '../core/agenda.ts';
import type { BackfillNote } from '../core/backfill/notes.ts';
import type { Watched } from '../core/bounds.ts';
import { ServiceError } from '../core/errors.ts';
import { withWatermarks, type Marked } from '../core/marking.ts';
import { makeOnce, makeUpToNow } from '../core/once.ts';
import { makePlan, needsLists } from '../core/schedule/plan.ts';
import type { ListPage, Remark } from '../core/schedule/planned.ts';
import { dayOf, type Day } from '../core/time.ts';
import { idsOf, type WatchChange } from '../core/watch.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import { runLoop } from '../loop.ts';
import { openService } from '../session.ts';
import { sayNote } from './notes.ts';
import { makeReport } from './report.ts';
import { start, untilStopped } from './start.ts';

const remarks: Readonly<Record<Remark, string>> = {
  OVERLONG: 'TMDB gives a day’s list on one page, with false counters: it is taken as a whole',
  CUT: 'TMDB’s list of a day goes on behind page 500, which is the last that it gives: movies behind it are not seen',
};

/** What is to be done, in which order. */
const agendaOf = (config: Config, { log, now }: World) => {
  const { TMDB_REQUESTS_PER_SECOND: requestsPerSecond, WATCH } = config;
  const intervalMs = config.POLL_INTERVAL_SECONDS * 1000;
  const overlapMs = config.OVERLAP_HOURS * 3_600_000;
  const watched: Watched = WATCH?.kind === 'all' ? 'all' : idsOf(WATCH);
  const decide = (count: number): boolean => needsLists(count, requestsPerSecond, intervalMs);
  let hasLists = watched === 'all' || decide(watched.length);
  const plan = makePlan({
    requestsPerSecond,
    intervalMs,
    overlapMs,
    watched: watched === 'all' ? 'all' : [],
    hasLists,
  });
  const onRemark = (remark: Remark, at: ListPage): void => log.error(at, remarks[remark]);
  const say = (movies: 'all' | number): void => log.info({ movies, hasLists }, 'planned');
  say(watched === 'all' ? watched : watched.length);
  const onNote = (note: BackfillNote): void => sayNote(log, note);
  const start = config.START_DATE ?? null;
  const agenda = makeAgenda({ plan, watched, overlapMs, start, onRemark, requestsPerSecond, onNote });
  const watch = (change: WatchChange): void => {
    const before = hasLists;
    hasLists = decide(change.ids.length);
    if (hasLists !== before) say(change.ids.length);
    agenda.watch(change, { from: start ?? dayOf(now()), hasLists, now: now() });
  };
  const marking = {
    watched,
    hasLists,
    overlapMs,
    requestsPerSecond,
    known: plan.known,
    claim: plan.claim,
    late: plan.late,
  };
  return { plan, ...agenda, watch, marking, hasLists: () => hasLists };
};

/** The main job. Rejects with the fault that stops it. */
export const run = async ({ once }: { once: boolean }): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN', 'WATCH']);
  const { log, chance, now } = world;
  await untilStopped(async (signal) => {
    const service = await openService({ config, world, once }, signal);
    const { steps, openSession, rest, withGrace, watch, close } = service;
    const report = makeReport(log, { url: config.TMDB_URL, once });
    const startOf = (): Day => config.START_DATE ?? dayOf(now());
    const { plan, marking, hasLists, ...endless } = agendaOf(config, world);
    const upToNow = (): Marked => {
      if (config.WATCH?.kind === 'all') return withWatermarks(makeUpToNow(endless, plan), marking);
      const list = makeOnce(idsOf(config.WATCH), startOf());
      return withWatermarks(list, { ...marking, hasLists: false, known: list.known, late: () => null });
    };
    const agenda = once ? upToNow() : withWatermarks(endless, marking);
    const unwatch = watch((change) => {
      endless.watch(change);
      if (!once) agenda.watch(change, { hasLists: hasLists(), now: now() }); // once: whom it began with
    });
    const inFlight = 8 * config.TMDB_CONNECTIONS;
    log.info({ once }, 'started');
    try {
      await runLoop({ agenda, inFlight, steps, openSession, rest, withGrace, chance, ...report }, signal);
      const problem = once && !signal.aborted ? report.problem() : null;
      if (problem !== null) throw new ServiceError('INCOMPLETE', problem);
    } finally {
      report.close();
      unwatch();
      await close();
      log.info('stopped');
    }
  }, config);
};
