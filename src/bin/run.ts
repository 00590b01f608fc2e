import { makeClients, type Clients, type World } from '../clients.ts';
import { ServiceError } from '../core/errors.ts';
import { untold, type Tell } from '../core/tell.ts';
import type { Config } from '../config.ts';
import { runLoop, type LoopOptions } from '../loop.ts';
import type { OperateOptions, Operations } from '../operate/operations.ts';
import { openService } from '../session.ts';
import { agendaOf } from './agendas.ts';
import { sayNote } from './notes.ts';
import { makeReport } from './report.ts';
import { start, untilStopped } from './start.ts';
import { version } from './version.ts';

interface Work {
  readonly config: Config;
  readonly world: World;
  readonly clients: Clients;
  readonly once: boolean;
  readonly work: ReturnType<typeof agendaOf>;
  readonly operations: Operations | null;
}

/** Polls until the signal, or once through everything. */
const poll = async ({ work, operations, once, ...given }: Work, signal: AbortSignal): Promise<void> => {
  const { config, world } = given;
  const { log, chance } = world;
  const { agenda } = work;
  const { onRequest, ...told } = operations?.tell ?? untold;
  const tell: Tell = {
    ...told,
    onRequest: (requested) => {
      agenda.asked(requested.lane, world.now());
      onRequest(requested);
    },
  };
  const { steps, openSession, rest, withGrace, watch, close } = await openService({ ...given, once, tell }, signal);
  const report = makeReport(log, { url: config.TMDB_URL, once });
  const unwatch = watch(work.watch);
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
  (await import('../operate/operations.ts')).openOperations(options, signal);

/** The main job. Rejects with the fault that stops it. */
export const run = async ({ once }: { once: boolean }): Promise<void> => {
  const { config, world } = start(['TMDB_TOKEN', 'WATCH']);
  const clients = makeClients(config, world);
  await untilStopped(async (signal) => {
    let operations: Operations | null = null;
    const work = agendaOf(config, world, {
      once,
      onNote: (note) => {
        sayNote(world.log, note);
        if (note.kind === 'WINDOW') operations?.onWindow();
      },
    });
    // First of all: whoever asks while Kafka is waited for gets an answer.
    const { HTTP_PORT: port } = config;
    if (!once && port !== 'off') operations = await operate({ config, port, world, clients, version, ...work }, signal);
    try {
      await poll({ config, world, clients, once, work, operations }, signal);
    } catch (error) {
      if (!signal.aborted) operations?.failed(error);
      throw error;
    } finally {
      await operations?.close();
    }
  }, config).finally(clients.close);
};
