import { beforeAll, expect, it } from '@jest/globals';
import type * as Plans from '../../../../src/core/schedule/plan.ts';
import type { Plan } from '../../../../src/core/schedule/planned.ts';
import { countSteps } from '../../../support/steps.ts';

const day = '2026-03-10';
const noon = Date.parse(`${day}T12:00:00Z`);

let takeSteps: () => Promise<number>;
let makePlan: typeof Plans.makePlan;
beforeAll(async () => {
  takeSteps = await countSteps();
  ({ makePlan } = await import('../../../../src/core/schedule/plan.ts'));
});

interface Span {
  readonly from: number;
  readonly polls: number;
  readonly everyMs: number;
}

/** So many polls, each request answered at once; gives when the last one was. */
const poll = (plan: Plan, ids: readonly number[], { from, polls, everyMs }: Span): number => {
  let now = from;
  for (let count = 0; count < polls; now += everyMs) {
    const next = plan.next(now);
    if ('movieId' in next) {
      plan.polled(next.movieId, { taken: now, items: next.movieId % 5, newestAt: null, expiresAt: null }, now);
      count += 1;
    }
    if (!('list' in next)) continue;
    const { page } = next.list;
    const rows = next.list.day === day ? ids.slice(100 * (page - 1), 100 * page) : [];
    plan.listed(next.list, { ids: rows, pages: Math.ceil(ids.length / 100), results: ids.length, taken: now }, now);
  }
  return now;
};

/** A budget that reaches every candidate within 100 s, and ten watched movies for each. */
const stepsPerPoll = async (candidates: number): Promise<number> => {
  const watched = Array.from({ length: 10 * candidates }, (_, at) => at + 1);
  const ids = watched.slice(0, candidates);
  const [requestsPerSecond, everyMs, polls] = [candidates / 100, 100_000 / candidates, 1000];
  const plan = makePlan({ requestsPerSecond, intervalMs: 0, overlapMs: 0, watched, hasLists: true });
  const from = poll(plan, ids, { from: noon, polls: 2 * candidates, everyMs });
  await takeSteps();
  poll(plan, ids, { from, polls, everyMs });
  return (await takeSteps()) / polls;
};

it('the steps of a poll grow with the logarithm of the candidates', async () => {
  const [few, many] = [await stepsPerPoll(500), await stepsPerPoll(8000)];
  expect(few).toBeGreaterThan(20); // it does count
  expect(many / few).toBeLessThan(2); // log 8000 ÷ log 500 is 1.4; with a sweep over all it would be 16
});
