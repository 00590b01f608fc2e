const spanMs = 60_000;

/** How many things a second were counted of late: what is a minute old counts a third. */
export const makePace = () => {
  let [perMs, at, begunAt]: [number, number, number | null] = [0, 0, null];
  const fade = (now: number): void => {
    perMs *= Math.exp(Math.min(0, at - now) / spanMs);
    at = now;
  };
  return {
    begin: (now: number): void => void (begunAt ??= now),
    count: (now: number): void => {
      fade(now);
      perMs += 1 / spanMs;
    },
    /** Null before a minute has gone by. */
    perSecond: (now: number): number | null => {
      fade(now);
      return begunAt === null || now - begunAt < spanMs ? null : 1000 * perMs;
    },
  };
};
