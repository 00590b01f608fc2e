import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, dayMs, dayOf, laterOf } from '../../../src/core/time.ts';
import { makeWorld, type World } from '../../support/backfill-model.ts';
import { edits, epoch, span } from '../../support/tmdb-model.ts';

const hour = 3_600_000;
const startAt = epoch + 50 * dayMs;

interface Trouble {
  readonly kind: 'none' | 'failed' | 'session' | 'process' | 'wait';
  readonly choice: number;
  readonly staleHours: number | null;
}

const trouble: fc.Arbitrary<Trouble> = fc.record({
  kind: fc.constantFrom(...(['none', 'none', 'none', 'none', 'failed', 'session', 'process', 'wait'] as const)),
  choice: fc.nat({ max: 50 }),
  staleHours: fc.constantFrom(0, 0, 0, 0, 6, 20, null),
});

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    movies: fc.array(edits, { minLength: 1, maxLength: 6 }),
    filter: fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
    isAll: fc.boolean(),
    isLive: fc.boolean(),
    overlapHours: fc.constantFrom(25, 48, 264),
    start: fc.integer({ min: 30, max: 50 }).map((days) => addDays(dayOf(epoch), days)),
    wanted: fc.integer({ min: -5, max: 49 }).map((days) => addDays(dayOf(epoch), days)),
    gone: fc.constantFrom(null, null, 1),
    rows: fc.integer({ min: 1, max: 3 }),
  })
  .map((world) => {
    // Which days an absence has left open is live polling's matter, and not looked at here.
    const open = dayOf(startAt - world.overlapHours * hour);
    return world.isAll && world.isLive ? { ...world, start: laterOf(open, world.start) } : world;
  });

const live = (given: World, troubles: readonly Trouble[]) => {
  const world = makeWorld(given, startAt);
  const left = [...troubles];
  let seed = 1;
  const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let turn = 0; turn < 20_000; turn += 1) {
    const rest = world.fill(6);
    if (world.isIdle()) {
      if ('done' in rest || (given.isLive && world.logged.wanted() === null)) break;
      if (world.now() > epoch + span + 40 * dayMs) break;
      world.wait(Math.min(Math.max('until' in rest ? rest.until - world.now() : 0, 1000), 3 * hour));
    }
    const met = left.shift() ?? { kind: 'none', choice: chance(), staleHours: 0 };
    if (met.kind === 'wait') world.wait((met.choice % 5) * hour);
    if (met.kind === 'session' || met.kind === 'process') world.end(met.choice, met.kind === 'process');
    else world.step(met.choice, met.staleHours, met.kind === 'failed');
  }
  return world;
};

describe('backfill', () => {
  it('publishes everything from the wanted day on once, whatever ends a session in between', () => {
    fc.assert(
      fc.property(anyWorld, fc.array(trouble, { maxLength: 120, size: 'max' }), (given, troubles) => {
        const world = live(given, troubles);
        const late = given.movies
          .map((_, at) => at + 1)
          .filter((movieId) => movieId !== given.gone)
          .filter((movieId) => (world.logged.at(movieId)?.since ?? '9') > given.wanted);
        expect({ problems: world.problems, wanted: world.logged.wanted(), late }).toEqual({
          problems: [],
          wanted: null,
          late: [],
        });
      }),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300) },
    );
  }, 120_000);
});
