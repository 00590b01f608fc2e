// What was not long ago, in constant memory. All times are ms of a clock that is never set.

const makeSlices = <Slice>(sliceMs: number, slices: readonly Slice[], clear: (slice: Slice) => void) => {
  let last = -Infinity;
  /** The slice of now; whatever has gone by since is forgotten. */
  return (now: number): Slice | undefined => {
    const nth = Math.floor(now / sliceMs);
    for (let at = Math.max(last + 1, nth - slices.length + 1); at <= nth; at += 1) {
      const slice = slices[at % slices.length];
      if (slice !== undefined) clear(slice);
    }
    last = Math.max(last, nth);
    return slices[nth % slices.length];
  };
};

/** How many in a second, over so many of the last seconds or since `startedAt`. */
export const makeRate = (seconds: number, startedAt: number) => {
  const slices = Array.from({ length: seconds }, () => ({ count: 0 }));
  const slice = makeSlices(1000, slices, (each) => (each.count = 0));
  return {
    add: (count: number, now: number): void => {
      const own = slice(now);
      if (own !== undefined) own.count += count;
    },
    perSecond: (now: number): number => {
      slice(now);
      const sum = slices.reduce((total, { count }) => total + count, 0);
      return sum / Math.min(seconds, Math.max(1, (now - startedAt) / 1000));
    },
  };
};

// Each step is a twentieth more: as exact as anybody reads it.
const steps = 300;
const stepOf = (value: number): number => Math.min(steps - 1, Math.ceil(Math.log(1 + value) / Math.log(1.05)));
const valueOf = (step: number): number => 1.05 ** step - 1;

/** A quantile of what was added in the last quarter of an hour, and the last of it. */
export const makeDelays = () => {
  const slices = Array.from({ length: 15 }, () => new Uint32Array(steps));
  const slice = makeSlices(60_000, slices, (each) => each.fill(0));
  let last: number | null = null;
  return {
    add: (value: number, now: number): void => {
      const [own, step] = [slice(now), stepOf(value)];
      if (own !== undefined) own[step] = (own[step] ?? 0) + 1;
      last = value;
    },
    /** Null where nothing was added. */
    read: (now: number, quantile: number): { readonly last: number; readonly quantile: number } | null => {
      slice(now);
      const counts = Array.from({ length: steps }, (_, step) => slices.reduce((sum, own) => sum + (own[step] ?? 0), 0));
      const rank = quantile * counts.reduce((sum, count) => sum + count, 0);
      let below = 0;
      const step = counts.findIndex((count) => count > 0 && (below += count) >= rank);
      return last === null || step === -1 ? null : { last, quantile: valueOf(step) };
    },
  };
};
