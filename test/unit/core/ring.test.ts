import { describe, expect, it } from '@jest/globals';
import { idOf, makeRing, wishOf, type LiveEvent, type Wish } from '../../../src/core/ring.ts';
import { titleChange } from '../../support/live.ts';

const anything: Wish = { key: null, movie: null };

/** The nth event of a partition. */
const event = (nth: number, { topic = 'title', movie = 550 } = {}): LiveEvent => ({
  ...titleChange(nth, { movie_id: movie }),
  topic,
});
const events = (from: number, to: number, of: { topic?: string; movie?: number } = {}): LiveEvent[] =>
  Array.from({ length: to - from }, (_, at) => event(from + at, of));
const offsets = (all: readonly LiveEvent[] | undefined): number[] => (all ?? []).map(({ offset }) => Number(offset));

const filledRing = (...all: readonly LiveEvent[]) => {
  const ring = makeRing();
  ring.add(all);
  ring.fill();
  return ring;
};

describe('a page that opens', () => {
  it('is told the newest twenty, oldest first, and nothing of older ones', () => {
    const { take } = filledRing(...events(0, 300)).open(anything, '');
    const turn = take();
    expect({ offsets: offsets(turn?.events), skipped: turn?.skipped }).toEqual({
      offsets: offsets(events(280, 300)),
      skipped: 0,
    });
    expect(take()).toBeNull();
  });

  it('waits until what there was is read, and is told then even if that is nothing', () => {
    const ring = makeRing();
    const { take } = ring.open(anything, '');
    ring.add([event(1)]);
    expect(take()).toBeNull();
    ring.fill();
    expect(offsets(take()?.events)).toEqual([1]);
    const other = filledRing().open(anything, '');
    expect(other.take()).toEqual({ events: [], skipped: 0 });
    expect(other.take()).toBeNull();
  });

  it('goes on behind the last event that it has, counting what it cannot be told', () => {
    const turn = filledRing(...events(0, 100))
      .open(anything, 'title-1-60')
      .take();
    expect({ offsets: offsets(turn?.events), skipped: turn?.skipped }).toEqual({
      offsets: offsets(events(80, 100)),
      skipped: 19,
    });
  });

  it('goes on behind its last event where that is only read after it came', () => {
    const ring = makeRing();
    const { take } = ring.open(anything, 'title-1-7');
    ring.add(events(0, 10));
    ring.fill();
    expect(offsets(take()?.events)).toEqual([8, 9]);
  });

  it.each(['', 'rubbish', 'title-1-9999', '../..', 'title-1-', 'x'.repeat(10_000), '\u0000'])(
    'with %j as its last event begins with what there is',
    (lastId) => {
      const ring = filledRing(...events(0, 3));
      expect(ring.open(anything, lastId).take()).toEqual({ events: events(0, 3), skipped: 0 });
    },
  );

  it('whose last event is not there is told the newest, and how many more there are that it wants', () => {
    const ring = filledRing(...events(0, 1200));
    const turn = ring.open(anything, 'title-1-650').take();
    expect(offsets(turn?.events)).toEqual(offsets(events(1180, 1200)));
    expect(turn?.skipped).toBe(480);
    const mixed = filledRing(...events(0, 30), ...events(0, 50, { topic: 'images' }));
    expect(mixed.open({ key: 'title', movie: null }, 'title-0-7').take()?.skipped).toBe(10);
  });

  it('and waits is told of as many when what there was is read', () => {
    const ring = makeRing();
    const [lost, first] = [ring.open(anything, 'title-0-7'), ring.open(anything, '')];
    ring.add(events(0, 30));
    ring.fill();
    expect([lost.take()?.skipped, first.take()?.skipped]).toEqual([10, 0]);
  });
});

describe('a page that is open', () => {
  it('is told the newest of what came since its last turn, and how many it missed', () => {
    const ring = filledRing();
    const { take } = ring.open(anything, '');
    take();
    ring.add(events(0, 900));
    ring.add(events(900, 1100));
    const turn = take();
    expect(offsets(turn?.events)).toEqual(offsets(events(1080, 1100)));
    expect(turn?.skipped).toBe(1080);
    ring.add([event(1100)]);
    expect(take()).toEqual({ events: [event(1100)], skipped: 0 });
  });

  it('is told every event of a rare key, however many others there are', () => {
    const ring = filledRing();
    const { take } = ring.open({ key: 'images', movie: null }, '');
    take();
    for (let at = 0; at < 10; at += 1)
      ring.add([event(at, { topic: 'images' }), ...events(at * 1000, at * 1000 + 1000)]);
    const turn = take();
    expect(turn?.events.map(idOf)).toEqual(Array.from({ length: 10 }, (_, at) => `images-1-${at}`));
    expect(turn?.skipped).toBe(0);
  });

  it('of one movie is told of no other', () => {
    const ring = filledRing(event(1), event(2, { movie: 13 }));
    const { take } = ring.open({ key: null, movie: 13 }, '');
    expect(offsets(take()?.events)).toEqual([2]);
    ring.add([event(3)]);
    expect(take()).toBeNull();
  });

  it('is told nothing twice where a partition is read again', () => {
    const ring = filledRing(...events(0, 5));
    const { take } = ring.open(anything, '');
    take();
    ring.add([event(5), ...events(2, 5), event(6)]);
    expect(offsets(take()?.events)).toEqual([5, 6]);
  });

  it('that is closed is forgotten', () => {
    const ring = filledRing();
    const { take, close } = ring.open(anything, '');
    take();
    close();
    ring.add([event(1)]);
    expect(take()).toBeNull();
  });
});

describe('what a page asks for', () => {
  const asked = (query: string) => wishOf(new URLSearchParams(query));

  it('is a change key, a movie, both or neither', () => {
    expect(asked('')).toEqual(anything);
    expect(asked('key=&movie=')).toEqual(anything);
    expect(asked('key=images&movie=550')).toEqual({ key: 'images', movie: 550 });
    expect(asked('key=other')).toEqual({ key: 'other', movie: null });
  });

  it.each([
    'key=nonsense',
    'key=constructor',
    'key=checkpoints',
    'movie=abc',
    'movie=0',
    'movie=-1',
    'movie=99999999999',
  ])('is refused with a sentence: %s', (query) => expect(typeof asked(query)).toBe('string'));
});
