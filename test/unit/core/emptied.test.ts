import { describe, expect, it } from '@jest/globals';
import { mendAnswer, type FetchAnswer } from '../../../src/core/emptied.ts';

const numbers = (...parts: readonly (readonly [bytes: number, value: number])[]): Buffer =>
  Buffer.concat(
    parts.map(([bytes, value]) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64BE(BigInt(value));
      return buffer.subarray(8 - bytes);
    }),
  );

interface Written {
  readonly base: number;
  readonly last: number;
  readonly records?: readonly Buffer[];
  readonly attributes?: number;
}

const record = (delta: number): Buffer => {
  const body = Buffer.concat([numbers([1, 0], [1, 0]), Buffer.from([delta * 2, 1, 1, 0])]); // neither key nor value
  return Buffer.concat([Buffer.from([body.length * 2]), body]);
};

/** https://kafka.apache.org/documentation/#recordbatch */
const batch = ({ base, last, records = [], attributes = 0 }: Written): Buffer => {
  const body = Buffer.concat([
    numbers([4, 0], [1, 2], [4, 0], [2, attributes], [4, last - base], [8, 0], [8, 0], [8, 7], [2, 0], [4, 0]),
    numbers([4, records.length]),
    ...records,
  ]);
  return Buffer.concat([numbers([8, base], [4, body.length]), body]);
};

const partition = (version: number, id: number, records: Buffer, aborted = 0): Buffer =>
  Buffer.concat([
    numbers([4, id], [2, 0], [8, 100], [8, 100]),
    version >= 5 ? numbers([8, 0]) : Buffer.alloc(0),
    aborted === 0 ? numbers([4, -1]) : Buffer.concat([numbers([4, aborted]), Buffer.alloc(16 * aborted)]),
    version >= 11 ? numbers([4, -1]) : Buffer.alloc(0),
    numbers([4, records.length]),
    records,
  ]);

const payloadOf = (version: number, topics: Readonly<Record<string, readonly Buffer[]>>): Buffer =>
  Buffer.concat([
    version >= 7 ? numbers([4, 0], [2, 0], [4, 0]) : numbers([4, 0]),
    numbers([4, Object.keys(topics).length]),
    ...Object.entries(topics).map(([name, partitions]) =>
      Buffer.concat([numbers([2, name.length]), Buffer.from(name), numbers([4, partitions.length]), ...partitions]),
    ),
  ]);

interface Batch {
  readonly messages: readonly object[];
  readonly isEmpty: () => boolean;
  readonly isEmptyDueToFiltering: () => boolean;
  readonly lastOffset: () => string;
}

/** What kafkajs makes of it, and what the reader sees then: per partition whether it goes on, and behind which offset. */
const read = async (version: number, payload: Buffer, fetched = 10) => {
  const { decode } = (await import(`kafkajs/src/protocol/requests/fetch/v${version}/response.js`)) as {
    decode: (bytes: Buffer) => Promise<FetchAnswer>;
  };
  const path = 'kafkajs/src/consumer/batch.js'; // without types
  const { default: makeBatch } = (await import(path)) as {
    default: new (topic: string, fetched: string, partition: object) => Batch;
  };
  const answer = await decode(payload);
  mendAnswer(answer, payload, version);
  return answer.responses.flatMap(({ topicName, partitions }) =>
    partitions.map((each) => {
      const made = new makeBatch(topicName, String(fetched), each);
      const goesOn = !made.isEmpty() || made.isEmptyDueToFiltering();
      return [made.messages.length, goesOn ? Number(made.lastOffset()) : null];
    }),
  );
};

describe('a Fetch answer', () => {
  const versions = [4, 5, 6, 7, 8, 9, 10, 11];
  const emptied = batch({ base: 8, last: 14 });
  const full = batch({ base: 15, last: 16, records: [record(0), record(1)] });

  it.each(versions)(
    'of version %i: goes on behind batches that compaction has emptied, and nowhere else',
    async (version) => {
      const payload = payloadOf(version, {
        a: [
          partition(version, 0, emptied),
          partition(version, 1, Buffer.alloc(0)),
          partition(version, 2, Buffer.concat([emptied, batch({ base: 15, last: 20 })]), 2),
        ],
        'topic.b': [
          partition(version, 7, Buffer.concat([emptied, full])),
          partition(version, 8, Buffer.concat([full, batch({ base: 17, last: 19 })])),
          partition(version, 9, batch({ base: 8, last: 14, attributes: 0x30 })),
        ],
      });
      expect(await read(version, payload)).toEqual([
        [0, 14],
        [0, null],
        [0, 20],
        [2, 16],
        [2, 16],
        [0, 14],
      ]);
    },
  );

  it.each(['a batch that is cut', 'an emptied batch, and one that is cut', 'a batch of another format'])(
    'with %s: it is asked for again',
    async (what) => {
      const other = Buffer.from(emptied);
      other[16] = 3;
      const records = {
        'a batch that is cut': full.subarray(0, full.length - 1),
        'an emptied batch, and one that is cut': Buffer.concat([emptied, full.subarray(0, full.length - 1)]),
        'a batch of another format': other,
      }[what];
      const goesOn = what.startsWith('an emptied') ? 14 : null;
      expect(await read(11, payloadOf(11, { a: [partition(11, 0, records ?? full)] }))).toEqual([[0, goesOn]]);
    },
  );

  it('with nothing but records is left as it is, unread', () => {
    const answer = { responses: [{ topicName: 'a', partitions: [{ partition: 0, messages: [{}] }] }] };
    mendAnswer(answer, Buffer.alloc(0), 11);
    expect(answer.responses[0]?.partitions[0]?.messages).toEqual([{}]);
  });
});
