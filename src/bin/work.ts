import type { World } from '../clients.ts';
import type { Config } from '../config.ts';
import { makeBackfillAgenda } from '../core/backfill/agenda.ts';
import { ServiceError } from '../core/errors.ts';
import { dayOf } from '../core/time.ts';
import { idsOf } from '../core/watch.ts';
import type { History } from '../commands/history.ts';
import { runLoop } from '../loop.ts';
import { openService } from '../session.ts';
import { sayNote } from './notes.ts';
import { makeReport } from './report.ts';
import type { Page } from './tally.ts';

export interface Given {
  readonly config: Config;
  readonly world: World;
  readonly history: History;
}

const everyMs = 1000;

/** How many instances there are; one where Kafka cannot be asked just now. */
const countMembers = async ({ members }: History): Promise<number> =>
  members().catch((error: unknown) => {
    if (error instanceof ServiceError && error.code === 'KAFKA_UNREACHABLE') return 1;
    throw error;
  });

/** Does the work itself, until it is done or another instance is there. */
const work = async ({ config, world, history }: Given, signal: AbortSignal): Promise<void> => {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const { TMDB_REQUESTS_PER_SECOND: requestsPerSecond, WATCH } = config;
  const agenda = makeBackfillAgenda({
    ...{ requestsPerSecond, overlapMs: config.OVERLAP_HOURS * 3_600_000 },
    start: config.START_DATE ?? dayOf(world.now()),
    watched: WATCH?.kind === 'all' ? 'all' : idsOf(WATCH),
    onNote: (note) => sayNote(world.log, note),
  });
  const giveWay = async (): Promise<void> => {
    // Two that joined at once would both leave: each waits by chance, and who looks later may be alone by then.
    for (let sights = 0; sights < 2; sights = (await countMembers(history)) < 2 ? 0 : sights + 1)
      await history.rest((sights === 0 ? 2 : 5 * world.chance()) * everyMs, either);
    world.log.info('another instance is there: it goes on with the work');
    agenda.stop();
    await history.rest(10 * everyMs, either);
    over.abort(); // it stands by, and has nothing to finish
  };
  const service = { config, world, clients: history.clients, once: false };
  const { steps, openSession, rest, withGrace, close } = await openService(service, either);
  const report = makeReport(world.log, { url: config.TMDB_URL, once: true });
  const onListed = (at: Page): void => {
    report.onListed(at);
    history.onListed();
  };
  const loop = { agenda, inFlight: 8 * config.TMDB_CONNECTIONS, steps, openSession, rest, withGrace };
  const told = { ...report, onListed, onPaused: () => undefined }; // a pause is said where it is shown how far it is
  const unlessOver = (error: unknown): void => {
    if (!either.aborted) throw error;
  };
  try {
    const running = runLoop({ ...loop, ...told, chance: world.chance }, either).finally(() => over.abort());
    await Promise.all([running, giveWay().catch(unlessOver)]);
  } finally {
    report.close();
    await close();
  }
};

/** Where no instance polls, this one does, until it is there. */
export const workAlone = async (given: Given, signal: AbortSignal): Promise<void> => {
  const { history, world } = given;
  for (;;) {
    if ((await countMembers(history)) === 0) await work(given, signal);
    await history.rest(3 * everyMs * (1 + world.chance()), signal);
  }
};
