import type { Clients, World } from '../clients.ts';
import type { Config } from '../config.ts';
import { waitingLetters } from '../dead-letters.ts';
import { errorFields } from '../log.ts';

interface WaitingOptions {
  readonly clients: Pick<Clients, 'findRanges' | 'consume'>;
  readonly config: Pick<Config, 'TOPIC_PREFIX'>;
  readonly world: Pick<World, 'log'>;
}

/**
 * How many dead letters wait: those that the topic has when a session opens, and what is published in it. Whoever replays
 * letters ends the session.
 */
export const makeLettersWaiting = ({ clients, config, world }: WaitingOptions, signal: AbortSignal) => {
  let known: { readonly keys: Set<string>; isWhole: boolean } = { keys: new Set(), isWhole: false };
  let counting = Promise.resolve();
  const look = async (into: typeof known): Promise<void> => {
    for (const key of await waitingLetters(clients, config, signal)) into.keys.add(key);
    into.isWhole = true;
  };
  return {
    /** A session is open. */
    opened: (): void => {
      known = { keys: new Set(), isWhole: false };
      counting = look(known).catch((error: unknown) => {
        if (!signal.aborted) world.log.warn(errorFields(error), 'dead letters could not be counted');
      });
    },
    published: (key: string): void => void known.keys.add(key),
    /** Null while that is not known. */
    count: (): number | null => (known.isWhole ? known.keys.size : null),
    close: async (): Promise<void> => counting,
  };
};
export type LettersWaiting = ReturnType<typeof makeLettersWaiting>;
