/** A wait that can be ended. Where only that ends it no signal is made: for every movie that is done, signals cost a third. */
export const makePause = (rest: (ms: number, signal: AbortSignal) => Promise<void>, signal: AbortSignal) => {
  let wake = (): void => undefined;
  signal.addEventListener('abort', () => wake(), { once: true });
  return {
    wake: (): void => wake(),
    pause: async (ms: number): Promise<void> => {
      if (ms === Infinity) return new Promise((resolve) => (wake = resolve));
      const woken = new AbortController();
      wake = () => woken.abort();
      return rest(ms, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
    },
  };
};
