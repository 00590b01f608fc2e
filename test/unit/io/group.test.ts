import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import kafkajs, { type Consumer, type EachBatchPayload } from 'kafkajs';
import { makeAssigner } from '../../../src/io/assigner.ts';
import { makeGroup } from '../../../src/io/group.ts';
import { atMost } from '../../../src/io/rest.ts';

const never = new AbortController().signal;
const ours = { memberAssignment: { checkpoints: [0] } };
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A consumer that does what the test says. */
const makeConsumer = () => {
  const events = new EventEmitter();
  const seeks: string[] = [];
  const { promise: running, resolve } = Promise.withResolvers<(payload: EachBatchPayload) => Promise<void>>();
  const consumer = {
    on: (name: string, listener: (event: object) => void) => events.on(name, listener),
    connect: async () => Promise.resolve(),
    subscribe: async () => Promise.resolve(),
    run: async ({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }) => {
      resolve(eachBatch);
      return Promise.resolve();
    },
    seek: ({ offset }: { offset: string }) => seeks.push(offset),
    disconnect: async () => Promise.resolve(),
  };
  const read = async (offset: number, session: string): Promise<void> => {
    const messages = [{ offset: String(offset), headers: { session: Buffer.from(session) } }];
    await (
      await running
    )({ batch: { messages } } as unknown as EachBatchPayload);
    events.emit('consumer.end_batch_process', { payload: { lastOffset: String(offset) } });
  };
  const emit = (name: string, payload: object = {}): boolean => events.emit(`consumer.${name}`, { payload });
  return { consumer: consumer as unknown as Consumer, seeks, running, emit, read };
};

const start = () => {
  const members: ReturnType<typeof makeConsumer>[] = [];
  const clock: { set: () => void } = { set: () => undefined };
  const claims: { does: () => boolean } = { does: () => false };
  const group = makeGroup({
    topic: 'checkpoints',
    group: 'g',
    makeMember: (asked) => {
      claims.does = asked;
      const member = makeConsumer();
      members.push(member);
      return member.consumer;
    },
    atMost,
    rest: async () => Promise.resolve(),
    onClockSet: (_, act) => void (clock.set = act),
  });
  closers.push(group.leave);
  const member = async (nth: number): Promise<ReturnType<typeof makeConsumer>> => {
    for (;;) {
      const found = members[nth];
      if (found !== undefined) {
        await found.running;
        return found;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { group, member, clock, claims };
};

const ended = (signal: AbortSignal): unknown => (signal.aborted ? (signal.reason as Error).message : null);

describe('the group', () => {
  it('gives the partition by a sign that is newer than the question', async () => {
    const { group, member } = start();
    const first = await member(0);
    first.emit('group_join', ours); // before anybody has asked
    const owning = group.own(never);
    expect(await Promise.race([owning, Promise.resolve('not yet')])).toBe('not yet');
    first.emit('heartbeat');
    expect((await owning).aborted).toBe(false);
  });

  it('says nothing by heartbeats to a member that has not got it', async () => {
    const { group, member } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', { memberAssignment: {} });
    first.emit('heartbeat');
    expect(await Promise.race([owning, Promise.resolve('standing by')])).toBe('standing by');
    first.emit('group_join', ours);
    await owning;
  });

  it('ends what it gave when the next join gives it to another, or to nobody', async () => {
    const { group, member } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    first.emit('group_join', ours);
    expect(ended(owned)).toBe(null);
    first.emit('group_join', { memberAssignment: {} });
    expect(ended(owned)).toMatch(/to another instance/);
  });

  it("a record of another session's behind the end ends it; ours, and what lies before, do not", async () => {
    const { group, member } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    await first.read(5, 'a predecessor');
    group.watch('ours', 10n);
    expect(first.seeks).toEqual(['10']);
    await first.read(9, 'a predecessor');
    await first.read(10, 'ours');
    first.emit('group_join', ours); // kafkajs begins at the end after each join
    expect(first.seeks).toEqual(['10', '11']);
    expect(ended(owned)).toBe(null);
    await first.read(11, 'an operator');
    expect(ended(owned)).toMatch(/another session has written/);
  });

  it.each([
    ['GROUP_LOAD_IN_PROGRESS', Object.assign(new Error('loading'), { code: 14 })],
    ['no broker', new Error('no broker')],
  ])('a membership that ends with %s ends the session and is begun anew', async (_, error) => {
    const { group, member } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    first.emit('crash', { error, restart: false });
    const second = await member(1);
    expect(ended(owned)).toMatch(/was lost/);
    const again = group.own(never);
    second.emit('group_join', ours);
    expect(ended(await again)).toBe(null);
  });

  it('a group that is silent for longer than the lease ends the session; each heartbeat renews it', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { group, member, claims } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    for (let second = 0; second < 20; second += 1) {
      jest.advanceTimersByTime(1000);
      first.emit('heartbeat');
    }
    expect(ended(owned)).toBe(null);
    expect(claims.does()).toBe(true);
    jest.advanceTimersByTime(5001);
    expect(ended(owned)).toMatch(/silent for too long/);
    // There may be a successor, which two that claim the partition could cost it; without one the next sign is enough.
    expect(claims.does()).toBe(false);
    const again = group.own(never);
    first.emit('heartbeat');
    expect(ended(await again)).toBe(null);
    expect(claims.does()).toBe(true);
    jest.useRealTimers();
  });

  it('a clock that is set begins the membership anew: kafkajs would send no heartbeat for as long', async () => {
    const { group, member, clock } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    clock.set();
    await member(1);
    expect(ended(owned)).toMatch(/was lost/);
  });

  it('a right that was taken away stops whoever owns it, and whoever asks', async () => {
    const { group, member } = start();
    const first = await member(0);
    const owning = group.own(never);
    first.emit('group_join', ours);
    const owned = await owning;
    first.emit('crash', { error: Object.assign(new Error('not authorised'), { code: 30 }), restart: false });
    await expect(group.own(never)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
    expect(owned.reason).toMatchObject({ code: 'KAFKA_REFUSED' });
  });

  it('waiting ends with the signal', async () => {
    const { group } = start();
    const stop = new AbortController();
    const owning = group.own(stop.signal);
    stop.abort();
    await expect(owning).rejects.toThrow();
  });
});

describe('the assigner', () => {
  const { MemberAssignment } = kafkajs.AssignerProtocol;
  const assign = async (members: Readonly<Record<string, boolean>>) => {
    const cluster = {} as never;
    const given = Object.entries(members).map(([memberId, isOurs]) => {
      const { metadata } = makeAssigner(
        'checkpoints',
        () => isOurs,
      )({ cluster } as never).protocol({
        topics: ['checkpoints'],
      });
      return { memberId, memberMetadata: metadata };
    });
    const assigner = makeAssigner('checkpoints', () => false)({ cluster } as never);
    const assigned = await assigner.assign({ members: given, topics: ['checkpoints'] });
    return assigned.map(({ memberId, memberAssignment }) => [
      memberId,
      MemberAssignment.decode(memberAssignment)?.assignment,
    ]);
  };

  it('leaves the partition where it is, and gives it to one alone', async () => {
    const all = { checkpoints: [0] };
    expect(await assign({ b: false, a: false })).toEqual([['a', all]]);
    expect(await assign({ a: false, b: true, c: false })).toEqual([['b', all]]);
    expect(await assign({ c: true, b: true })).toEqual([['b', all]]); // one of them is out of date
  });
});
