import { expect, it } from '@jest/globals';
import type { Agenda } from '../../../src/core/agenda.ts';
import { makeCoverage } from '../../../src/core/coverage.ts';
import { withWatermarks } from '../../../src/core/marking.ts';
import type { Lane } from '../../../src/core/tell.ts';

const start = Date.UTC(2026, 2, 10, 12);

/** Nothing to do, ever. */
const idle: Agenda = {
  open: () => undefined,
  next: () => ({ until: Infinity }),
  ...{ polled: () => undefined, listed: () => undefined, written: () => undefined, failed: () => undefined },
};

/** What is spare after ten minutes in which so much was asked a second. */
const spareAfter = (perSecond: Partial<Record<Lane, number>>): number | null => {
  const marked = withWatermarks(idle, {
    ...{ watched: [], hasLists: false, overlapMs: 86_400_000, requestsPerSecond: 20 },
    ...{ known: () => Infinity, claim: () => undefined, late: () => null },
  });
  marked.open(makeCoverage(new Map(), null), start);
  const end = start + 600_000;
  for (let now = start; now < end; now += 1000)
    for (const [lane, count] of Object.entries(perSecond))
      for (let nth = 0; nth < count; nth += 1) marked.asked(lane as Lane, now);
  const task = marked.next(end);
  return 'watermark' in task ? task.watermark.spare_requests_per_second : null;
};

it.each<[Partial<Record<Lane, number>>, number]>([
  [{}, 20],
  [{ live: 4, discovery: 1 }, 15],
  [{ live: 19 }, 1],
  [{ live: 25 }, 0],
  [{ live: 2, backfill: 18 }, 18],
])('of 20 requests/s %j leave %d, whatever they were for', (perSecond, spare) => {
  const said = spareAfter(perSecond);
  expect(said).not.toBeNull();
  expect(Math.abs((said ?? 0) - spare)).toBeLessThan(0.3);
});
