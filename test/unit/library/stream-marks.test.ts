import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeWrite } from '../../../src/core/encode.ts';
import { readFault } from '../../../src/core/errors.ts';
import type { TextChange } from '../../../src/core/events.ts';
import { placeName } from '../../../src/core/positions.ts';
import { makeEncodeWatermark } from '../../../src/core/watermark.ts';
import { makeChanges } from '../../../src/library/changes.ts';
import { makeConsume } from '../../../src/io/consume.ts';
import { makeFindRanges } from '../../../src/io/offsets.ts';
import { makeRead } from '../../../src/io/read.ts';
import { readSchema } from '../../../src/io/read-schema.ts';
import { atMost } from '../../../src/io/rest.ts';
import { makeCluster, type Exchange } from '../../support/kafka-model.ts';
import { makeKafkaReader } from '../../support/kafka-reader-model.ts';
import { testSchemas } from '../../support/schemas.ts';

const schemas = testSchemas();
const topics = { 't.title': 2, 't.overview': 2, 't.watermarks': 1 };
const mostAt = 6;

interface Event {
  readonly key: 'title' | 'overview';
  readonly partition: number;
  /** `changed_at`, in ms. */
  readonly at: number;
}

interface Transaction {
  readonly events: readonly Event[];
  /** `observed_through`; null: it says nothing. */
  readonly through: number | null;
  readonly state: 'committed' | 'aborted';
}

interface Case {
  readonly transactions: readonly Transaction[];
  /** How many of them are there before the reader begins. */
  readonly before: number;
  readonly keys: readonly Event['key'][];
  readonly from: 'beginning' | 'end';
  readonly until: 'now' | null;
  /** Whether the broker is away when it is asked where the topics end, one time after another; at last it is not. */
  readonly away: readonly boolean[];
  /** Whoever of these has a turn has it seldom. */
  readonly slow: Turn['what'] | null;
  /** Which of those that may go on does. */
  readonly seed: number;
}

const transaction: fc.Arbitrary<Transaction> = fc.record({
  events: fc.array(
    fc.record({
      key: fc.constantFrom('title' as const, 'overview' as const),
      partition: fc.integer({ min: 0, max: 1 }),
      at: fc.integer({ min: 0, max: mostAt }),
    }),
    { maxLength: 5 },
  ),
  through: fc.option(fc.integer({ min: 0, max: mostAt + 1 }), { freq: 2 }),
  state: fc.constantFrom('committed' as const, 'committed' as const, 'committed' as const, 'aborted' as const),
});

const anyCase: fc.Arbitrary<Case> = fc.record({
  transactions: fc.array(transaction, { minLength: 1, maxLength: 12, size: 'max' }),
  before: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12 })),
  keys: fc.constantFrom<readonly Event['key'][]>(['title', 'overview'], ['title']),
  from: fc.constantFrom('beginning' as const, 'beginning' as const, 'end' as const),
  until: fc.constantFrom(null, null, 'now' as const),
  away: fc.oneof(fc.constant([]), fc.array(fc.boolean(), { maxLength: 8 })),
  slow: fc.constantFrom(null, 'writer', 'reader', 'rest', 'body'),
  seed: fc.integer(),
});

/** Numbers that look like chance. */
const chanceOf = (seed: number) => {
  let state = seed;
  return (count: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % count;
  };
};

interface Turn {
  readonly what: 'writer' | 'reader' | 'rest' | 'body';
  readonly go: () => void;
}

/** Whoever waits for a turn, until it is given. */
const makeTurns = (choose: (count: number) => number) => {
  const turns: Turn[] = [];
  const take = async (what: Turn['what']): Promise<void> =>
    new Promise((go) => {
      turns.push({ what, go: () => go() });
    });
  const exchange: Exchange = async (request) => {
    await take('reader');
    const answer = request();
    await take('reader');
    return answer;
  };
  /** Lets one of them go on. Gives whether there was one. */
  const give = (slow: Turn['what'] | null): boolean => {
    const others = choose(8) === 0 ? turns : turns.filter(({ what }) => what !== slow);
    const from = others.length > 0 ? others : turns;
    const one = from[choose(from.length)];
    if (one === undefined) return false;
    turns.splice(turns.indexOf(one), 1);
    one.go();
    return true;
  };
  return { take, exchange, give };
};

const write = makeWrite();
const encodeWatermark = makeEncodeWatermark('t.', schemas['watermark.avsc']);

const recordOf = ({ key, partition, at }: Event, nth: number) => {
  const change: TextChange = {
    ...{ movie_id: 550, item_id: `item ${nth}`, change_key: key, op: 'u', action: 'updated', changed_at: at },
    ...{ iso_639_1: null, iso_3166_1: null, before: null, after: null, observed_at: at, raw: null },
  };
  return {
    topic: `t.${key}`,
    partition,
    key: `550:item ${nth}`,
    value: write(schemas['text.avsc'], change),
    headers: {},
  };
};
const watermarkOf = (through: number, nth: number) =>
  encodeWatermark({
    ...{ observed_through: through, complete_through: nth, since: 0, at: 0, spare_requests_per_second: null },
    watch: null,
  });

/** Each record and each marker is one step. The watermark's place in its transaction is anywhere. */
const makeWriter = (cluster: ReturnType<typeof makeCluster>, choose: (count: number) => number) => {
  const epoch = cluster.init('writer');
  const sequences = new Map<string, number>();
  let events = 0;
  const send = (record: ReturnType<typeof recordOf> | ReturnType<typeof watermarkOf>): void => {
    const { topic, partition } = record;
    const place = placeName(topic, partition);
    const first = sequences.get(place) ?? 0;
    sequences.set(place, first + 1);
    const broker = cluster.leaders().get(place) ?? 0;
    cluster.produce({ id: 'writer', epoch, broker }, [{ topic, partition, place, first, messages: [record] }]);
  };
  return function* (one: Transaction, nth: number): Generator<() => void> {
    const all = one.events.map((event) => recordOf(event, (events += 1)));
    const said = one.through === null ? [] : [watermarkOf(one.through, nth)];
    for (const record of all.toSpliced(choose(all.length + 1), 0, ...(said as typeof all))) yield () => send(record);
    const marks = [...cluster.end('writer', epoch, one.state)];
    while (marks.length > 0) yield* marks.splice(choose(marks.length), 1);
  };
};

/** Lets everybody whose turn it is not wait. */
const settled = async (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** The last transaction that says something, -1 where none does. */
const lastSaid = (transactions: readonly Transaction[]): number =>
  transactions.findLastIndex(({ through, state }) => through !== null && state === 'committed');

/** What a stream gives: events by their number, watermarks by the transaction that they stand in. */
type Given = { readonly event: number } | { readonly mark: number };

/** As kafkajs says it. */
const kafkaFault = (name: string, fields: object = {}) => Object.assign(new Error('no'), { name, ...fields });
const isAway = readFault(kafkaFault('KafkaJSConnectionError', { code: 'ECONNREFUSED' }));
const isRefused = readFault(kafkaFault('KafkaJSProtocolError', { code: 29, type: 'TOPIC_AUTHORIZATION_FAILED' }));

interface Played {
  readonly given: readonly Given[];
  readonly isOver: boolean;
  /** What the stream has rejected with. */
  readonly fault: unknown;
}

const play = async (one: Case, fault: Error = isAway): Promise<Played> => {
  const choose = chanceOf(one.seed);
  const { take, exchange, give } = makeTurns(choose);
  const cluster = makeCluster(topics);
  const write = makeWriter(cluster, choose);
  const kafka = makeKafkaReader({ cluster, topics, exchange, choose });
  const findRanges = makeFindRanges({ kafka, atMost, now: () => 0 });
  const consume = makeConsume({
    ...{ kafka, read: makeRead(() => undefined), groupId: () => 'throw-away', findRanges, atMost },
    deleteGroup: async () => Promise.resolve(),
    rest: async () => take('rest'),
  });
  const rest = async (_: number, signal: AbortSignal): Promise<void> => {
    await take('rest');
    signal.throwIfAborted();
  };
  const files = Object.fromEntries(Object.entries(schemas).map(([file, { id }]) => [id, file]));
  const registry = {
    schemaOf: async (_: string | null, id: number) => exchange(() => readSchema(files[id] ?? '')),
    close: () => undefined,
  };
  const away = [...one.away];
  const findEnds: typeof findRanges = async (names, from, until) => {
    if (from.at === 'end' && until === undefined && isBegun && away.shift() === true) throw fault;
    return findRanges(names, from, until);
  };
  let isBegun = false;
  const clients = {
    ...{ close: () => undefined, registry, findRanges: findEnds, rest },
    consume: async (...all: Parameters<typeof consume>) => {
      isBegun ||= all[0].ranges.some(({ end }) => end === null);
      return consume(...all);
    },
    committedOf: async () => Promise.resolve(new Map()),
  };
  const given: Given[] = [];
  const stream = makeChanges({ clients })({
    ...{ brokers: 'broker:9092', registry: 'http://registry', prefix: 't.', watermarks: true },
    ...{ keys: one.keys, from: one.from, ...(one.until !== null && { until: one.until }) },
  });
  const read = async (): Promise<void> => {
    for await (const each of stream) {
      if ('type' in each) given.push({ mark: each.completeThrough ?? NaN });
      else given.push({ event: Number(each.item_id.slice('item '.length)) });
      await take('body');
    }
  };
  const writing = async (): Promise<void> => {
    for (const [nth, each] of one.transactions.entries())
      for (const step of write(each, nth)) {
        if (nth >= one.before) await take('writer');
        step();
      }
  };
  const work = { isWritten: false, isRead: false, fault: undefined as unknown };
  const written = writing().then(() => (work.isWritten = true));
  const reading = read()
    .catch((error: unknown) => (work.fault = error))
    .then(() => (work.isRead = true));
  const isThere = (): boolean => given.some((each) => 'mark' in each && each.mark === lastSaid(one.transactions));
  // A stream without an end is over once nothing more can come.
  for (let left = 4000; left > 0 && !(work.isRead && work.isWritten); left -= work.isWritten ? 1 : 0) {
    await settled();
    give(work.isWritten ? null : one.slow);
    if (one.until === null && work.isWritten && isThere()) left = Math.min(left, 30);
  }
  const isOver = work.isRead;
  void stream.return?.();
  while (!work.isRead) {
    await settled();
    give(null);
  }
  await Promise.all([written, reading]);
  return { given, isOver, fault: work.fault };
};

/** What is wrong with what a stream gave. */
const audit = ({ transactions }: Case, given: readonly Given[]): string[] => {
  const events = transactions.flatMap(({ events: all }, transaction) =>
    all.map((event) => ({ ...event, transaction })),
  );
  let marks: number[] = [];
  return given.flatMap((each) => {
    if ('mark' in each) {
      const last = marks.at(-1) ?? -1;
      marks = [...marks, each.mark];
      return last < each.mark ? [] : [`watermark ${each.mark} after ${last}`];
    }
    const event = events[each.event - 1];
    const covering = marks.find(
      (nth) => event !== undefined && event.transaction < nth && event.at < (transactions[nth]?.through ?? -Infinity),
    );
    return covering === undefined ? [] : [`event ${each.event} after watermark ${covering}, which covers it`];
  });
};

it('a watermark comes after whatever it covers, none comes again or late, and the last one comes in the end', async () => {
  await fc.assert(
    fc.asyncProperty(anyCase, async (one) => {
      const { given, isOver, fault } = await play(one);
      expect(fault).toBeUndefined();
      expect(audit(one, given)).toEqual([]);
      const marks = given.flatMap((each) => ('mark' in each ? [each.mark] : []));
      expect(isOver).toBe(one.until !== null);
      if (one.until === null) expect(marks.at(-1) ?? -1).toBe(lastSaid(one.transactions));
      else {
        expect(marks.length).toBeLessThan(2);
        if (lastSaid(one.transactions.slice(0, one.before)) >= 0) expect(given.at(-1)).toHaveProperty('mark');
      }
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 300), timeout: 20_000 },
  );
}, 600_000);

const some: Case = {
  transactions: [1, 2, 3].map((through) => ({ events: [], through, state: 'committed' })),
  ...{ before: 1, keys: ['title'], from: 'beginning', until: null, slow: null, seed: 1 },
  away: Array.from({ length: 8 }, () => true),
};

it('a broker that is away holds watermarks up; one that refuses ends the stream', async () => {
  expect([isAway, isRefused].map(({ code }) => code)).toEqual(['KAFKA_UNREACHABLE', 'KAFKA_REFUSED']);
  const held = await play(some);
  expect(held).toMatchObject({ isOver: false, fault: undefined });
  expect(held.given.at(-1)).toEqual({ mark: 2 });
  expect(await play(some, isRefused)).toMatchObject({ isOver: true, fault: { code: 'KAFKA_REFUSED' } });
});
