import { describe, expect, it } from '@jest/globals';
import type { Agenda } from '../../src/core/agenda.ts';
import { enter, type Checkpoint } from '../../src/core/checkpoint.ts';
import { makeCoverage, type Paused } from '../../src/core/coverage.ts';
import { overtaken, ServiceError } from '../../src/core/errors.ts';
import type { Group } from '../../src/core/parse.ts';
import { rest, withGrace } from '../../src/io/rest.ts';
import { makeOnce } from '../../src/core/once.ts';
import { runLoop, type LoopOptions } from '../../src/loop.ts';

const now = Date.parse('2026-08-18T12:00:00Z');

/** A log that a session reads its checkpoints from; `trouble` makes the n-th publish or poll fail. */
const makeStage = (movies: readonly number[], trouble: (what: string, count: number) => Error | null = () => null) => {
  const stored = new Map<number, Checkpoint>(movies.map((id) => [id, enter('2026-08-17')]));
  const state: { paused: Paused | null; end: (reason: unknown) => void } = { paused: null, end: () => undefined };
  const counts = new Map<string, number>();
  const meet = (what: string): void => {
    counts.set(what, (counts.get(what) ?? 0) + 1);
    const error = trouble(what, counts.get(what) ?? 0);
    if (error !== null) throw error;
  };
  const published: number[] = [];
  const seen = {
    failed: [] as number[],
    restarts: 0,
    rests: [] as number[],
    closed: 0,
    paused: [] as (string | null)[],
  };
  const groups: Group[] = [
    { key: 'title', items: [{ id: '6a842d20aa00000000000001', action: 'added', time: '2026-08-18 10:00:00 UTC' }] },
  ];
  const options: LoopOptions = {
    agenda: makeOnce(movies, '2026-08-17'),
    inFlight: 2,
    steps: {
      poll: async (movieId) => {
        await Promise.resolve();
        meet(`poll ${movieId}`);
        return { groups, observedAt: now, taken: now, cached: false, expiresAt: null };
      },
      list: async () => {
        await Promise.resolve();
        throw new Error('no list is asked for');
      },
      encode: ({ topic, recordKey: key, headers }) => ({ topic, partition: 0, key, value: Buffer.alloc(0), headers }),
      now: () => now,
      overlapMs: 48 * 3_600_000,
    },
    openSession: async () => {
      await Promise.resolve();
      meet('open');
      let ended = false;
      const over = new AbortController();
      state.end = (reason) => over.abort(reason);
      return {
        coverage: makeCoverage(new Map(stored), null, { paused: state.paused }),
        write: async () => Promise.resolve(),
        mark: async () => Promise.resolve(),
        watermark: null,
        ended: over.signal,
        publish: async ({ movieId, records, checkpoint }) => {
          await Promise.resolve();
          if (ended) throw new ServiceError('PUBLISH_FAILED', 'this session has ended');
          try {
            meet('publish');
          } catch (error) {
            ended = true;
            throw error;
          }
          published.push(...records.map(() => movieId));
          stored.set(movieId, checkpoint);
        },
        close: async () => {
          seen.closed += 1;
          return Promise.resolve();
        },
      };
    },
    rest: async (ms, signal) => {
      if (ms === Infinity) return rest(ms, signal);
      seen.rests.push(ms);
      return Promise.resolve();
    },
    withGrace,
    chance: () => 0,
    onPolled: () => undefined,
    onListed: () => undefined,
    onWritten: () => undefined,
    onWatermark: () => undefined,
    onFailed: (task) => void seen.failed.push('movieId' in task ? task.movieId : 0),
    onRestart: () => void (seen.restarts += 1),
    onPaused: (paused) => void seen.paused.push(paused?.by ?? null),
  };
  return { options, published, seen, state };
};

const never = new AbortController().signal;
const failed = (): ServiceError => new ServiceError('PUBLISH_FAILED', 'unknown outcome');

describe('a round', () => {
  it('polls every movie once and publishes each change once', async () => {
    const { options, published, seen } = makeStage([1, 2, 3]);
    await runLoop(options, never);
    expect(published.sort()).toEqual([1, 2, 3]);
    expect(seen).toMatchObject({ restarts: 0, closed: 1 });
  });

  it('goes on past a movie that cannot be read', async () => {
    const { options, published, seen } = makeStage([1, 2, 3], (what) =>
      what === 'poll 2' ? new ServiceError('TMDB_UNREADABLE', 'x') : null,
    );
    await runLoop(options, never);
    expect(published.sort()).toEqual([1, 3]);
    expect(seen.failed).toEqual([2]);
  });

  it.each([1, 2, 3])(
    'a publish that fails as number %i is asked for again in a new session, and nothing comes twice',
    async (nth) => {
      const { options, published, seen } = makeStage([1, 2, 3], (what, count) =>
        what === 'publish' && count === nth ? failed() : null,
      );
      await runLoop(options, never);
      expect(published.sort()).toEqual([1, 2, 3]);
      expect(seen).toMatchObject({ restarts: 1, closed: 2 });
    },
  );

  it('waits longer between sessions that do not open, and goes on by itself', async () => {
    const { options, published, seen } = makeStage([1], (what, count) =>
      what === 'open' && count < 6 ? failed() : null,
    );
    await runLoop(options, never);
    expect(published).toEqual([1]);
    expect(seen.rests).toEqual([100, 200, 400, 800, 1000]);
  });

  it.each([
    new ServiceError('PUBLISH_REFUSED', 'x'),
    new ServiceError('TMDB_UNAUTHORIZED', 'x'),
    new TypeError('our bug'),
  ])('ends with %s', async (fault) => {
    const { options, seen } = makeStage([1, 2], (what) =>
      what.startsWith(fault instanceof ServiceError && fault.code === 'PUBLISH_REFUSED' ? 'publish' : 'poll')
        ? fault
        : null,
    );
    await expect(runLoop(options, never)).rejects.toBe(fault);
    expect(seen).toMatchObject({ restarts: 0, closed: 1 });
  });
});

it('the signal ends it without a fault, in a poll and in a rest', async () => {
  for (const where of ['poll 1', 'rest']) {
    const stop = new AbortController();
    const { options, seen } = makeStage([1], (what) => {
      if (what !== where) return null;
      stop.abort();
      return new Error('aborted');
    });
    const rest = async (): Promise<void> => {
      stop.abort();
      return Promise.reject(new Error('aborted'));
    };
    const agenda: Agenda = { ...options.agenda, next: () => ({ until: now + 1000 }) };
    await runLoop({ ...options, ...(where === 'rest' ? { rest, agenda } : {}) }, stop.signal);
    expect(seen.closed).toBe(1);
  }
});

describe('a pause', () => {
  const paused: Paused = { at: now, by: 'ann@host', reason: null };
  const until = async (is: () => boolean): Promise<void> => {
    while (!is()) await new Promise((resolve) => setImmediate(resolve));
  };

  it('closes the producer and asks for nothing until another session has written; then it goes on', async () => {
    const { options, published, seen, state } = makeStage([1, 2]);
    state.paused = paused;
    const running = runLoop(options, never);
    await until(() => seen.closed > 0);
    expect({ published, paused: seen.paused }).toEqual({ published: [], paused: ['ann@host'] });
    state.end(new ServiceError('SESSION_ENDED', overtaken.written)); // another pause
    await until(() => seen.paused.length === 2);
    state.paused = null;
    state.end(new ServiceError('SESSION_ENDED', overtaken.written)); // resumed
    await running;
    expect(published.sort()).toEqual([1, 2]);
    expect(seen).toMatchObject({ paused: ['ann@host', 'ann@host', null], restarts: 0, rests: [100, 100] });
  });

  it('that Kafka ends is a fault, and so is each session that cannot be opened after it', async () => {
    const { options, seen, state } = makeStage([1], (what, count) =>
      what === 'open' && (count === 2 || count === 3) ? failed() : null,
    );
    const told: unknown[] = [];
    state.paused = paused;
    const running = runLoop({ ...options, onRestart: (fault) => void told.push((fault as Error).message) }, never);
    await until(() => seen.closed > 0);
    state.paused = null;
    state.end(new ServiceError('SESSION_ENDED', 'the consumer group was lost'));
    await running;
    expect(told).toEqual(['the consumer group was lost', 'unknown outcome', 'unknown outcome']);
    expect(seen.paused).toEqual(['ann@host', null]);
  });

  it('that is over, and no session can be opened: that is told', async () => {
    const { options, seen, state } = makeStage([1], (what, count) =>
      what === 'open' && count === 2 ? failed() : null,
    );
    state.paused = paused;
    const running = runLoop(options, never);
    await until(() => seen.closed > 0);
    state.paused = null;
    state.end(new ServiceError('SESSION_ENDED', overtaken.written));
    await running;
    expect(seen.restarts).toBe(1);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    const { options, seen, state } = makeStage([1]);
    state.paused = paused;
    const running = runLoop(options, stop.signal);
    await until(() => seen.closed > 0);
    stop.abort();
    await running;
    expect(seen).toMatchObject({ failed: [], restarts: 0 });
  });
});
