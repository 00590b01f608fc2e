import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance, enter, nextWindow, unseen, type Checkpoint, type Window } from '../../../src/core/checkpoint.ts';
import { makeCoverage } from '../../../src/core/coverage.ts';
import { makeEncode } from '../../../src/core/encode.ts';
import { member, type Json } from '../../../src/core/json.ts';
import type { Letter } from '../../../src/core/letters-again.ts';
import { toDeadLetter } from '../../../src/core/letters.ts';
import { parse, pieceOf, type Group, type Output, type Rejected } from '../../../src/core/parse.ts';
import { fateOf, isDone, judge, nameOf, replayOf, reread } from '../../../src/core/replay.ts';
import { placeOf, secondOfId, stampOfText } from '../../../src/core/stamp.ts';
import { addDays, dayOf, startOf } from '../../../src/core/time.ts';
import { testSchemas } from '../../support/schemas.ts';
import { answer, editsIn, epoch, type Edit, type Filter } from '../../support/tmdb-model.ts';

const lettersTopic = 't.dead_letters';
const encode = makeEncode({ prefix: 't.', partitions: 2, schemas: testSchemas() });
const options = { encode, lettersTopic };

const hour = 3_600_000;
const second = startOf('2026-11-20') / 1000;
const id = second.toString(16) + '0'.repeat(16);
const rejected = `${second}-rejected-0123456789abcdef01234567`;

describe('what becomes of a letter', () => {
  const open: Checkpoint = { since: '2026-11-01', from: '2026-11-20', seen: [rejected] };
  const about = { checkpoint: open, own: rejected, isPublished: false };

  it.each([
    ['an open day: nobody has published it', about, 'publish and stamp'],
    ['an open day: the service has, by itself', { ...about, checkpoint: { ...open, seen: [rejected, id] } }, 'remove'],
    ['an open day: the event is there', { ...about, isPublished: true }, 'remove'],
    ['an open day: its own stamp', { ...about, own: id, checkpoint: { ...open, seen: [id] } }, 'publish'],
    [
      'an open day: its own stamp, and the event is there',
      { ...about, own: id, checkpoint: { ...open, seen: [id] }, isPublished: true },
      'remove',
    ],
    ['a closed day: nobody has, nobody will', { ...about, checkpoint: { ...open, from: '2026-11-21' } }, 'publish'],
    [
      'a closed day: the service has, while it was open',
      { ...about, checkpoint: { ...open, from: '2026-11-21' }, isPublished: true },
      'remove',
    ],
    ['a day that backfill has not reached', { ...about, checkpoint: { ...open, since: '2026-11-21' } }, 'early'],
    ['nothing is published of the movie', { ...about, checkpoint: undefined }, 'unknown'],
  ] as const)('%s', (_, all, fate) => {
    expect(fateOf(id, all)).toBe(fate);
  });
});

const item = (more: object = {}): Json => ({
  id,
  action: 'added',
  time: '2026-11-20 00:00:00 UTC',
  value: 'x',
  ...more,
});

const letterOf = (received: Json, more: Partial<Rejected> = {}): Letter => {
  const piece = { changeKey: 'title', received };
  const stamp = stampOfText(pieceOf(piece), second * 1000);
  const output: Rejected = { kind: 'rejected', reason: 'old', ...piece, place: second * 1000, stamp, ...more };
  const value = toDeadLetter(550, output, second * 1000 + 5);
  return { key: `550:${value.stamp}`, partition: 1, timestamp: 7, value };
};

describe('one transaction', () => {
  const coverage = () =>
    makeCoverage(new Map([[550, { since: null, from: '2026-11-20', seen: ['a'] }]]), {
      since: '2026-11-01',
      through: '2026-11-20',
    });

  it('holds the event, the tombstone of the letter and the stamp', () => {
    const letter = letterOf(item());
    const all = coverage();
    const judged = judge([reread(letter, options)], all, new Set());
    const decision = replayOf(judged, all, lettersTopic);
    expect(decision?.movies).toEqual([[550, { since: null, from: '2026-11-20', seen: ['a', id] }]]);
    expect(decision?.records).toMatchObject([
      { topic: 't.title', key: `550:${id}` },
      { topic: lettersTopic, partition: 1, key: letter.key, value: null },
    ]);
  });

  it('has one event for two letters of one change, and stamps of two', () => {
    const other = item({ id: 'x1' });
    const letters = [letterOf(item()), letterOf(item({ more: 1 })), letterOf(other)];
    const all = coverage();
    const decision = replayOf(
      judge(
        letters.map((each) => reread(each, options)),
        all,
        new Set(),
      ),
      all,
      lettersTopic,
    );
    expect(decision?.records.map(({ topic }) => topic)).toEqual([
      't.title',
      't.title',
      ...Array<string>(3).fill(lettersTopic),
    ]);
    expect(decision?.movies).toEqual([[550, { since: null, from: '2026-11-20', seen: ['a', id, `${second}-x1`] }]]);
  });

  it('has one event for two letters of one change of a closed day', () => {
    const letters = [letterOf(item()), letterOf(item({ more: 1 }))];
    const all = makeCoverage(new Map([[550, { since: '2026-11-01', from: '2026-11-22', seen: [] }]]), null);
    const decision = replayOf(
      judge(
        letters.map((each) => reread(each, options)),
        all,
        new Set(),
      ),
      all,
      lettersTopic,
    );
    expect(decision?.movies).toEqual([]);
    expect(decision?.records.map(({ topic }) => topic)).toEqual(['t.title', lettersTopic, lettersTopic]);
  });

  it('of a movie for which the frontier speaks makes a record', () => {
    const all = makeCoverage(new Map(), { since: '2026-11-01', through: '2026-11-20' });
    const decision = replayOf(judge([reread(letterOf(item()), options)], all, new Set()), all, lettersTopic);
    expect(decision?.movies).toEqual([[550, { since: null, from: '2026-11-20', seen: [id] }]]);
  });

  it('is none where every letter stays: what still fails, what is too large, what is not its turn', () => {
    const large = item({ value: 'x'.repeat(200_000), original_value: 'y'.repeat(200_000), odd: 1 });
    const letters = [letterOf(item({ action: 1 })), letterOf(large)];
    const all = coverage();
    const judged = judge(
      letters.map((each) => reread(each, options)),
      all,
      new Set(),
    );
    expect(judged.judged.map(({ fate }) => fate)).toEqual([
      { kind: 'fails', reason: expect.stringMatching(/^action: /) },
      { kind: 'fails', reason: 'its event is too large for Kafka' },
    ]);
    expect(replayOf(judged, all, lettersTopic)).toBeNull();
    const none = judge([reread(letterOf(item()), options)], makeCoverage(new Map(), null), new Set());
    expect(none.judged[0]?.fate).toMatchObject({
      kind: 'waits',
      reason: expect.stringMatching(/nothing is published/),
    });
  });
});

// Any interleaving of polls, an upgrade of the service, days that close, backfill and replay.

type Step =
  | { readonly kind: 'wait'; readonly hours: number }
  | { readonly kind: 'live' | 'backfill'; readonly staleHours: number | null }
  | { readonly kind: 'replay' | 'upgrade' };

const poll = (kind: 'live' | 'backfill') =>
  fc.record({ kind: fc.constant(kind), staleHours: fc.constantFrom(0, 0, 0, 6, 20, null) });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 0, max: 40 }) }),
  { arbitrary: poll('live'), weight: 4 },
  poll('backfill'),
  { arbitrary: fc.constant({ kind: 'replay' as const }), weight: 2 },
);
const steps = fc
  .tuple(fc.array(step, { maxLength: 12 }), fc.array(step, { maxLength: 12 }))
  .map(([before, after]): Step[] => [...before, { kind: 'upgrade' }, ...after]);

/** What an older version could not read of an item, and so by which stamp it named the letter. */
const misreadings = ['none', 'action', 'time', 'time, and the id is none of Mongo'] as const;
type Misreading = (typeof misreadings)[number];
const misreadingOf = (edit: Json): Misreading => misreadings[Number(member(edit, 'value')) % 4] ?? 'none';

const withOddIds = (groups: readonly Group[]): readonly Group[] =>
  groups.map(({ key, items }) => ({
    key,
    items: items.map((each): Json => {
      const itemId = member(each, 'id');
      if (misreadingOf(each) !== 'time, and the id is none of Mongo' || typeof itemId !== 'string') return each;
      return { ...(each as Record<string, Json>), id: `x${itemId}` };
    }),
  }));

const asOld = (output: Output): Output => {
  if (output.kind === 'rejected') return output;
  const { changeKey, received, place, stamp } = output;
  const common = { kind: 'rejected', reason: 'old', changeKey, received } as const;
  const misreading = misreadingOf(received);
  if (misreading === 'none') return output;
  if (misreading === 'action') return { ...common, place, stamp };
  const idSecond = secondOfId(output.id);
  const own = idSecond === null ? null : idSecond * 1000;
  return { ...common, place: own, stamp: stampOfText(pieceOf(output), own) };
};

const isTaken = ({ stamp }: Output, { bound, take }: Window): boolean => {
  const place = placeOf(stamp);
  if (place === null) return bound === 'from';
  return place >= startOf(take.start) && (take.end === null || place < startOf(take.end));
};

const parseBy = (version: 'old' | 'new', groups: readonly Group[], window: Window): readonly Output[] => {
  if (version === 'new') return parse(groups, window).outputs;
  const wide = { ...window, bound: 'from', take: { start: '1970-01-01', end: null } } as const;
  return parse(groups, wide)
    .outputs.map(asOld)
    .filter((output) => isTaken(output, window));
};

const makeWorld = (all: readonly Edit[], filter: Filter) => {
  const target = dayOf(epoch);
  const overlapMs = 48 * hour;
  let [now, version]: [number, 'old' | 'new'] = [epoch + 2 * 24 * hour, 'old'];
  let checkpoint = enter(dayOf(now));
  const events: { readonly name: string; readonly stamp: string }[] = [];
  const letters = new Map<string, Letter>();
  const met = new Set<string>();
  const nameIn = (received: Json): string => JSON.stringify(member(received, 'value'));

  const ask = (since: string | undefined, staleHours: number | null): void => {
    const window = nextWindow(checkpoint, { now, ...(since === undefined ? {} : { since }) });
    const taken = now - (staleHours ?? 0) * hour;
    const outputs = parseBy(version, withOddIds(answer(all, window, { taken, filter })), window);
    const settled = staleHours === null ? null : taken - overlapMs;
    const polled = { window, outputs, settled, cached: staleHours !== 0 };
    for (const output of unseen(checkpoint, polled)) {
      const name = nameIn(output.received);
      met.add(name);
      if (output.kind === 'item') events.push({ name, stamp: output.stamp });
      else {
        const letter = toDeadLetter(1, output, now);
        const isRead = misreadingOf(output.received) === 'action' || output.reason !== 'old';
        const value = isRead ? letter : { ...letter, changed_at: null };
        letters.set(`1:${output.stamp}`, { key: `1:${output.stamp}`, partition: 0, timestamp: now, value });
      }
    }
    checkpoint = advance(checkpoint, polled);
  };

  const replay = (): void => {
    const coverage = makeCoverage(new Map([[1, checkpoint]]), null);
    const published = new Set(events.map(({ stamp }) => nameOf(1, stamp)));
    const plan = judge(
      [...letters.values()].map((each) => reread(each, options)),
      coverage,
      published,
    );
    const decision = replayOf(plan, coverage, lettersTopic);
    for (const { letter, fate } of plan.judged) {
      if (!isDone({ letter, fate })) continue;
      letters.delete(letter.key);
      const again = reread(letter, options);
      const raw = JSON.parse(letter.value.raw) as { items: Json[] };
      if (fate.kind === 'publish')
        events.push({ name: nameIn(raw.items[0] ?? null), stamp: 'stamp' in again ? again.stamp : '' });
    }
    const stored = decision?.movies[0]?.[1];
    if (stored) checkpoint = { ...checkpoint, seen: stored.seen };
  };

  const run = (each: Step): void => {
    if (each.kind === 'wait') now += each.hours * hour;
    else if (each.kind === 'upgrade') version = 'new';
    else if (each.kind === 'replay') replay();
    else if ('staleHours' in each) ask(each.kind === 'backfill' ? target : undefined, each.staleHours);
  };
  /** Everything is closed, on either side, and then replayed. */
  const end = (): void => {
    version = 'new';
    replay();
    const goal = addDays(dayOf(now), 15);
    for (now = startOf(goal); checkpoint.from < addDays(goal, -2);) ask(undefined, 0);
    while (checkpoint.since > target) ask(target, 0);
    replay();
  };
  return { run, end, events, letters, met };
};

describe('live polling, an upgrade, backfill and replay', () => {
  it('publish each change once, in any interleaving', () => {
    fc.assert(
      fc.property(
        editsIn({ days: 8, most: 12, lateMs: [5 * hour] }),
        fc.record({ by: fc.constantFrom('time' as const, 'id' as const), inclusive: fc.boolean() }),
        steps,
        (all, filter, course) => {
          const { run, end, events, letters, met } = makeWorld(all, filter);
          course.forEach(run);
          end();
          const whole = all.filter(({ form }) => form === 'whole').map(({ name }) => String(name));
          const counts = Map.groupBy(events, ({ name }) => name);
          for (const name of whole)
            expect([name, counts.get(name)?.length ?? 0]).toEqual([name, met.has(name) ? 1 : 0]);
          const waiting = [...letters.values()].map((letter) => reread(letter, options));
          expect(waiting.filter((each) => 'stamp' in each)).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
