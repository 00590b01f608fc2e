/** Whether a consumer goes on, and whether its partitions are still its own. */
export const makeStanding = (signal: AbortSignal) => {
  const { promise: end, resolve, reject } = Promise.withResolvers<undefined>();
  let [hold, isFailed] = [new AbortController(), false];
  return {
    end,
    resolve: () => resolve(undefined),
    isOver: (): boolean => signal.aborted || isFailed,
    fail: (error: unknown): void => {
      isFailed = true;
      hold.abort();
      reject(error instanceof Error ? error : new Error(String(error)));
    },
    lost: (): AbortSignal => hold.signal,
    /** What gives up the partitions as they are held now: an answer that comes after the next join is about these. */
    loser: () => {
      const held = hold;
      return () => held.abort();
    },
    renew: () => void (hold = new AbortController()),
  };
};
export type Standing = ReturnType<typeof makeStanding>;
