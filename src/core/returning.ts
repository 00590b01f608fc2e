import type { Coverage } from './coverage.ts';
import type { Plan } from './schedule/planned.ts';

export interface Returning {
  /** Movies of which less is published, or said to be, than was known. */
  readonly back: readonly number[];
  /** Movies that nothing speaks for any more. */
  readonly gone: readonly number[];
}

/** What an operator has set back, or removed, since a coverage was known. */
export const returning = (known: Coverage, coverage: Coverage): Returning => {
  const [back, gone]: [number[], number[]] = [[], []];
  const look = (movieId: number): void => {
    if (known.record(movieId) === coverage.record(movieId)) return; // of a million most are one and the same
    const [before, after] = [known.at(movieId), coverage.at(movieId)];
    if (after === undefined) gone.push(movieId);
    else if (before === undefined || after.from > before.from) return;
    else if (after.from < before.from || after.seen.length < before.seen.length) back.push(movieId);
  };
  // One by one: a million records as a list of pairs are a hundred megabytes.
  for (const [movieId] of coverage.records()) look(movieId);
  for (const [movieId] of known.records()) if (coverage.record(movieId) === undefined) look(movieId);
  return { back, gone };
};

type Planned = Pick<Plan, 'unwatch' | 'renew' | 'listedFrom'>;

/**
 * What the plan has polled already is to be polled again, soon. A movie that has lost its record is not polled before it has
 * one again.
 */
export const makeReturning = (plan: Planned) => {
  const gone = new Set<number>();
  return {
    open: (known: Coverage | null, coverage: Coverage, now: number): void => {
      if (known === null) return;
      const found = returning(known, coverage);
      const [before, through] = [known.frontier()?.through, coverage.frontier()?.through];
      if (before === undefined) plan.unwatch(found.gone);
      else if ((through ?? '') < before) plan.renew(plan.listedFrom(through ?? ''), now);
      for (const movieId of before === undefined ? found.gone : []) gone.add(movieId);
      plan.renew(found.back, now);
    },
    /** They have their records. */
    arrived: (movies: readonly number[], now: number): void =>
      plan.renew(
        movies.filter((movieId) => gone.delete(movieId)),
        now,
      ),
  };
};
