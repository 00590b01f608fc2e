import { makeAgenda, type Agenda } from '../core/agenda.ts';
import type { BackfillNote } from '../core/backfill/notes.ts';
import { ServiceError } from '../core/errors.ts';
import { makeOnce, makeUpToNow } from '../core/once.ts';
import { makePlan, needsLists } from '../core/schedule/plan.ts';
import type { ListPage, Remark } from '../core/schedule/planned.ts';
import { untold } from '../core/tell.ts';
import { dayOf, type Day } from '../core/time.ts';
import { idsOf, type WatchChange } from '../core/watch.ts';
import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import { runLoop, type LoopOptions } from '../loop.ts';
import type { OperateOptions, Operations } from '../operate.ts';
import { openService } from '../session.ts';
import { sayNote } from './notes.ts';
import { makeReport } from './report.ts';
import { start, untilStopped } from './start.ts';
import { version } from './version.ts';

const remarks: Readonly<Record<Remark, string>> = {
  OVERLONG: 'TMDB gives a day’s list on one page, with false counters: it is taken as a whole',
  CUT: 'TMDB’s list of a day goes on behind page 500, which is the last that it gives: movies behind it are not seen',
};

/** What is to be done, in which order. */
const agendaOf = (config: Config, { log, now }: World, onNote: (note: BackfillNote) => void) => {
  const { TMDB_REQUESTS_PER_SECOND: requestsPerSecond, WATCH } = config;
  const intervalMs = config.POLL_INTERVAL_SECONDS * 1000;
  const overlapMs = config.OVERLAP_HOURS * 3_600_000;
  let watched: 'all' | readonly number[] = WATCH?.kind === 'all' ? 'all' : idsOf(WATCH);
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
  return { plan, ...agenda, watch, watched: () => watched };
};

interface Given {
  readonly config: Config;
  readonly world: World;
  readonly once: boolean;
}

interface Work extends Given {
  readonly agendas: ReturnType<typeof agendaOf>;
  readonly operations: Operations | null;
}

/** Polls until the signal, or once through everything. */
const poll = async ({ config, world, once, agendas, operations }: Work, signal: AbortSignal): Promise<void> => {
  const { log, chance, now } = world;
  const { steps, openSession, rest, withGrace, watch, close } = await openService(
    { config, world, once, tell: operations?.tell ?? untold },
    signal,
  );
  const report = makeReport(log, { url: config.TMDB_URL, once });
  const startOf = (): Day => config.START_DATE ?? dayOf(now());
  const upToNow = (): Agenda =>
    config.WATCH?.kind === 'all' ? makeUpToNow(agendas, agendas.plan) : makeOnce(idsOf(config.WATCH), startOf());
  const agenda = once ? upToNow() : agendas;
  const unwatch = watch(agendas.watch);
  const inFlight = 8 * config.TMDB_CONNECTIONS;
  const loop: LoopOptions = { agenda, inFlight, steps, openSession, rest, withGrace, chance, ...report };
  log.info({ once }, 'started');
  try {
    await runLoop(operations?.follow(loop) ?? loop, signal);
    const problem = once && !signal.aborted ? report.problem() : null;
    if (problem !== null) throw new ServiceError('INCOMPLETE', problem);
  } finally {
    report.close();
    unwatch();
    await close();
    log.info('stopped');
  }
};

/** What operators ask of a service that goes on; who is never asked need not load it. */
const operate = async (options: OperateOptions, signal: AbortSignal): Promise<Operations> =>
  (await import('../operate.ts')).openOperations(options, signal);

/** The main job. Rejects with the fault that stops it. */
export const run = async ({ once }: { once: boolean }): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN', 'WATCH']);
  await untilStopped(async (signal) => {
    let operations: Operations | null = null;
    const agendas = agendaOf(config, world, (note) => {
      sayNote(world.log, note);
      if (note.kind === 'WINDOW') operations?.onWindow();
    });
    // First of all: whoever asks while Kafka is waited for gets an answer.
    const { HTTP_PORT: port } = config;
    if (!once && port !== 'off') operations = await operate({ config, port, world, version, ...agendas }, signal);
    try {
      await poll({ config, world, once, agendas, operations }, signal);
    } finally {
      await operations?.close();
    }
  }, config);
};
