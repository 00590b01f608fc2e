import type { Coverage, Stored } from '../../src/core/coverage.ts';

/** The same coverage, and how many records were visited so far. */
export const counted = (coverage: Coverage): { coverage: Coverage; visits: () => number } => {
  let visits = 0;
  const records = function* (): Generator<readonly [movieId: number, stored: Stored]> {
    for (const each of coverage.records()) {
      visits += 1;
      yield each;
    }
  };
  return { coverage: { ...coverage, records }, visits: () => visits };
};
