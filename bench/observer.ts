// What operators ask for beside the path that is measured, or nobody who asks.
import { loadOperate, type LoopOptions, type Tell } from './build.ts';
import type { Stage } from './stage.ts';

const nothing = (): void => undefined;

/** What a service that is observed has besides. */
export interface Observer {
  readonly tell: Pick<Tell, 'onRequest' | 'onWaiting' | 'onTransaction'>;
  readonly follow: (loop: LoopOptions) => LoopOptions;
}

/** Nobody asks how it goes. */
export const unobserved: Observer = {
  tell: { onRequest: nothing, onWaiting: () => nothing, onTransaction: nothing },
  follow: (loop) => loop,
};

/** Health, metrics and status as `run` has them, and somebody who asks for them every second. */
export const openObserver = async ({
  config,
  world,
  clients,
}: Stage): Promise<Observer & { readonly close: () => Promise<void> }> => {
  const log: object[] = [];
  const noted = {
    ...world,
    log: Object.assign(Object.create(world.log) as typeof world.log, { info: log.push.bind(log) }),
  };
  const plan = { census: () => ({ due: 0, failing: 0 }) };
  const given = { config, world: noted, clients, version: 'bench', port: 0, plan, watched: () => [] };
  const operations = await (await loadOperate()).openOperations(given, new AbortController().signal);
  const { port } = log[0] as { port: number };
  const timer = setInterval(
    () => void fetch(`http://127.0.0.1:${port}/metrics`).then(async (answer) => answer.text()),
    1000,
  );
  const close = async (): Promise<void> => {
    clearInterval(timer);
    await operations.close();
  };
  return { ...operations, close };
};
