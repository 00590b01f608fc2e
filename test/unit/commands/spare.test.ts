import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pino from 'pino';
import { ServiceError } from '../../../src/core/errors.ts';
import { makeSpare, pacedBy, type SpareOptions } from '../../../src/commands/spare.ts';

const never = new AbortController().signal;
const log = pino({ enabled: false });

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** What is left by an instance that says `spare`, of 20 requests/s; `members` instances are there. */
const make = (spare: () => number | null, members: () => number = () => 1) => {
  const asked: string[] = [];
  const readSpare: SpareOptions['readSpare'] = async () => {
    asked.push('spare');
    return Promise.resolve().then(spare);
  };
  const countMembers = async (group: string): Promise<number> => {
    asked.push(group);
    return Promise.resolve().then(members);
  };
  const config = { TOPIC_PREFIX: 'p.', TMDB_REQUESTS_PER_SECOND: 20 };
  return { asked, spare: makeSpare({ clients: { countMembers }, config, world: { log }, readSpare }) };
};

const unreachable = (): never => {
  throw new ServiceError('KAFKA_UNREACHABLE', 'Kafka cannot be read');
};

describe('what live polling leaves', () => {
  it.each([
    [7.5, 7.5],
    [0, 0.2],
    [null, 0.2],
    [99, 20],
  ])('is where it says %j: %j requests/s', async (said, left) => {
    expect(await make(() => said).spare(never)).toBe(left);
  });

  it('is all of the budget where no instance is there', async () => {
    const { spare, asked } = make(
      () => 1,
      () => 0,
    );
    expect(await spare(never)).toBe(20);
    expect(asked).toEqual(['tmdb-cdc/p.']);
  });

  it('is asked for again once a minute, and not more often', async () => {
    const said = [4, 3, 2];
    const { spare, asked } = make(() => said.shift() ?? 0);
    expect([await spare(never), await spare(never)]).toEqual([4, 4]);
    jest.advanceTimersByTime(59_000);
    expect(await spare(never)).toBe(4);
    jest.advanceTimersByTime(2000);
    expect(await Promise.all([spare(never), spare(never)])).toEqual([3, 3]);
    expect(asked).toHaveLength(4);
  });

  it('stays as it was while Kafka is away, and is not known where it was away from the beginning', async () => {
    const answers = [() => 4, unreachable, () => 2];
    const { spare } = make(() => (answers.shift() ?? unreachable)());
    const seen = [await spare(never)];
    for (let minutes = 0; minutes < 2; minutes += 1) {
      jest.advanceTimersByTime(61_000);
      seen.push(await spare(never));
    }
    expect(seen).toEqual([4, 4, 2]);
    await expect(make(unreachable).spare(never)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  });

  it('can be asked for again where the first answer failed', async () => {
    const answers = [unreachable, () => 2];
    const { spare } = make(() => (answers.shift() ?? unreachable)());
    await expect(spare(never)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(await spare(never)).toBe(2);
  });
});

describe('a budget of what is left', () => {
  const limit = {
    schedule: async <T>(call: () => Promise<T>): Promise<T> => call(),
    pause: () => undefined,
    close: async () => Promise.resolve(),
  };

  it('keeps each call at its distance, whoever makes it', async () => {
    const waits: number[] = [];
    const rest = async (ms: number): Promise<void> => Promise.resolve(void waits.push(Math.round(ms)));
    const { schedule } = pacedBy({ spare: async () => Promise.resolve(4), rest })(limit);
    const call = async (): Promise<number> => Promise.resolve(waits.length);
    expect(await Promise.all([schedule(call, never), schedule(call, never), schedule(call, never)])).toEqual([3, 3, 3]);
    expect(waits).toEqual([0, 250, 500]);
    jest.advanceTimersByTime(10_000);
    await schedule(call, never);
    expect(waits.at(-1)).toBe(0); // what nobody used is not saved up
    await schedule(call, never);
    expect(waits.at(-1)).toBe(250);
  });
});
