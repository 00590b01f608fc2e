import { describe, expect, it } from '@jest/globals';
import { makeHandover } from '../../../src/library/handover.ts';

const never = new AbortController().signal;
const settled = async (work: Promise<unknown>): Promise<boolean> => {
  const turns = new Promise((resolve) => setTimeout(resolve, 20, 'pending'));
  return (await Promise.race([work, turns])) !== 'pending';
};
const item = (name: string, taken: string[] = []) => ({ name, take: () => taken.push(name) });

describe('a handover', () => {
  it('gives one at a time, and keeps none', async () => {
    const handover = makeHandover<ReturnType<typeof item>>();
    const taken: string[] = [];
    const first = handover.offer(item('a', taken), never);
    expect([await settled(first), taken]).toEqual([false, []]);
    expect((await handover.ask())?.name).toBe('a');
    expect([await first, taken]).toEqual([true, ['a']]);
    const second = handover.offer(item('b', taken), never);
    expect([await settled(second), taken]).toEqual([false, ['a']]); // the body is at work
    expect((await handover.ask())?.name).toBe('b');
    expect(await second).toBe(true);
  });

  it('is free once the last one is finished', async () => {
    const handover = makeHandover<ReturnType<typeof item>>();
    const asked = handover.ask();
    await handover.offer(item('a'), never);
    await asked;
    const free = handover.isFree(never);
    expect(await settled(free)).toBe(false);
    void handover.ask();
    expect(await free).toBe(true);
  });

  it('after the end it gives nothing, and holds nobody up', async () => {
    const handover = makeHandover<ReturnType<typeof item>>();
    const waiting = handover.ask();
    handover.end();
    expect([
      await waiting,
      await handover.offer(item('a'), never),
      await handover.ask(),
      await handover.isFree(never),
    ]).toEqual([null, false, null, false]);
    const other = makeHandover<ReturnType<typeof item>>();
    const offered = other.offer(item('a'), never);
    other.end();
    expect(await offered).toBe(false);
  });

  it('of a lost partition nothing more is given, though the body asks', async () => {
    const handover = makeHandover<ReturnType<typeof item>>();
    const lost = new AbortController();
    const offered = handover.offer(item('a'), lost.signal);
    lost.abort();
    expect(await settled(offered)).toBe(false); // what is in hand may be finished
    const asked = handover.ask();
    expect(await offered).toBe(false);
    await handover.offer(item('b'), never);
    expect((await asked)?.name).toBe('b');
  });
});
