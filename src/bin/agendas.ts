import { makeAgenda } from '../core/agenda.ts';
import type { BackfillNote } from '../core/backfill/notes.ts';
import type { Watched } from '../core/bounds.ts';
import { withWatermarks, type Marked } from '../core/marking.ts';
import { makeOnce, makeUpToNow } from '../core/once.ts';
import { makePlan, needsLists } from '../core/schedule/plan.ts';
import type { ListPage, Remark } from '../core/schedule/planned.ts';
import { dayOf } from '../core/time.ts';
import { idsOf, type WatchChange } from '../core/watch.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';

const remarks: Readonly<Record<Remark, string>> = {
  OVERLONG: 'TMDB gives a day’s list on one page, with false counters: it is taken as a whole',
  CUT: 'TMDB’s list of a day goes on behind page 500, which is the last that it gives: movies behind it are not seen',
};

/** The work that never ends. */
const endlessOf = (config: Config, { log, now }: World, onNote: (note: BackfillNote) => void) => {
  const { TMDB_REQUESTS_PER_SECOND: requestsPerSecond, WATCH } = config;
  const intervalMs = config.POLL_INTERVAL_SECONDS * 1000;
  const overlapMs = config.OVERLAP_HOURS * 3_600_000;
  let watched: Watched = WATCH?.kind === 'all' ? 'all' : idsOf(WATCH);
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
  const start = config.START_DATE ?? null;
  const agenda = makeAgenda({ plan, watched, overlapMs, start, onRemark, requestsPerSecond, onNote });
  const watch = (change: WatchChange): void => {
    const before = hasLists;
    watched = change.ids;
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
  return { plan, ...agenda, watch, marking, hasLists: () => hasLists, watched: () => watched };
};

export interface AgendaOptions {
  readonly once: boolean;
  readonly onNote: (note: BackfillNote) => void;
}

/** What is to be done, in which order; `watch` tells it of movies that enter or leave. */
export const agendaOf = (config: Config, world: World, { once, onNote }: AgendaOptions) => {
  const { plan, marking, hasLists, watched, ...endless } = endlessOf(config, world, onNote);
  const upToNow = (): Marked => {
    if (config.WATCH?.kind === 'all') return withWatermarks(makeUpToNow(endless, plan), marking);
    const list = makeOnce(idsOf(config.WATCH), config.START_DATE ?? dayOf(world.now()));
    return withWatermarks(list, { ...marking, hasLists: false, known: list.known, late: () => null });
  };
  const agenda = once ? upToNow() : withWatermarks(endless, marking);
  const watch = (change: WatchChange): void => {
    endless.watch(change);
    if (!once) agenda.watch(change, { hasLists: hasLists(), now: world.now() }); // once: whom it began with
  };
  return { plan, agenda, watch, watched };
};
