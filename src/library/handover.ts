import { withGrace } from '../io/rest.ts';

export interface Item {
  /** Called when it is handed out. */
  readonly take: () => void;
}

/** How long whoever has something in hand may finish it once the partition is wanted back, in ms. */
const graceMs = 30_000;

/**
 * From readers to whoever iterates, one at a time. What was handed out is finished when the next is asked for; nothing is
 * kept in between.
 */
export const makeHandover = <T extends Item>() => {
  let asked: PromiseWithResolvers<T | null> | null = null;
  let asking = Promise.withResolvers<undefined>();
  let isOver = false;
  /** Until the next is asked for, and not had by another reader; not for long once the partition is lost. */
  const isFree = async (lost: AbortSignal): Promise<boolean> => {
    for (let wasLost = false; asked === null && !isOver && !wasLost; wasLost = lost.aborted)
      await withGrace(graceMs, lost, asking.promise);
    return asked !== null && !isOver && !lost.aborted;
  };
  return {
    isFree,
    /** Whether it was handed out. */
    offer: async (item: T, lost: AbortSignal): Promise<boolean> => {
      while (await isFree(lost)) {
        if (asked === null) continue;
        const { resolve } = asked;
        asked = null;
        asking = Promise.withResolvers();
        item.take();
        resolve(item);
        return true;
      }
      return false;
    },
    /** The next one, null after the end. */
    ask: async (): Promise<T | null> => {
      if (isOver) return null;
      asked = Promise.withResolvers();
      asking.resolve(undefined);
      return asked.promise;
    },
    /** Nothing more is handed out. */
    end: (): void => {
      isOver = true;
      asking.resolve(undefined);
      asked?.resolve(null);
    },
  };
};
export type Handover<T extends Item> = ReturnType<typeof makeHandover<T>>;
