/** A partition in a Fetch answer as kafkajs decodes it. */
interface Fetched {
  readonly partition: number;
  readonly messages: object[];
}

/** A Fetch answer as kafkajs decodes it. */
export interface FetchAnswer {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly Fetched[] }[];
}

const makeCursor = (bytes: Buffer) => {
  let at = 0;
  const step = (size: number): number => (at += size) - size;
  return {
    step,
    int16: (): number => bytes.readInt16BE(step(2)),
    int32: (): number => bytes.readInt32BE(step(4)),
    slice: (size: number): Buffer => bytes.subarray(step(Math.max(size, 0)), at), // -1: null
  };
};
type Cursor = ReturnType<typeof makeCursor>;

const many = <T>(cursor: Cursor, read: () => T): T[] => Array.from({ length: Math.max(cursor.int32(), 0) }, read);

// https://kafka.apache.org/documentation/#recordbatch
const header = { batchLength: 8, magic: 16, lastOffsetDelta: 23, count: 57, size: 61 };

/** The last offset of batches that hold no record; null where one does, and where there is none. */
const lastOfEmptied = (records: Buffer): bigint | null => {
  let [at, last]: [number, bigint | null] = [0, null];
  while (at + header.size <= records.length) {
    const end = at + 12 + records.readInt32BE(at + header.batchLength);
    if (records[at + header.magic] !== 2 || end > records.length) return last;
    if (records.readInt32BE(at + header.count) !== 0) return null;
    last = records.readBigInt64BE(at) + BigInt(records.readInt32BE(at + header.lastOffsetDelta));
    at = end;
  }
  return last;
};

/** Per topic and partition, in their order; versions 4 to 11, https://kafka.apache.org/protocol#The_Messages_Fetch. */
const emptiedIn = (payload: Buffer, version: number): (bigint | null)[][] => {
  const cursor = makeCursor(payload);
  cursor.step(version >= 7 ? 10 : 4); // throttle time; error code and session
  const partition = (): bigint | null => {
    cursor.step(version >= 5 ? 30 : 22); // partition, error code, high watermark, last stable offset; start of the log
    many(cursor, () => cursor.step(16)); // aborted transactions
    if (version >= 11) cursor.step(4); // preferred replica
    return lastOfEmptied(cursor.slice(cursor.int32()));
  };
  const topic = (): (bigint | null)[] => {
    cursor.step(cursor.int16());
    return many(cursor, partition);
  };
  return many(cursor, topic);
};

/**
 * Compaction keeps the last batch of a producer, without records where newer ones have their keys
 * (https://kafka.apache.org/documentation/#design_compactionguarantees). Where nothing else is in a Fetch answer, kafkajs
 * asks for it again for ever. With a control record in its place, which nobody is shown, kafkajs goes on behind it.
 */
export const mendAnswer = (answer: FetchAnswer, payload: Buffer, version: number): void => {
  if (answer.responses.every(({ partitions }) => partitions.every(({ messages }) => messages.length > 0))) return;
  for (const [nth, lasts] of emptiedIn(payload, version).entries())
    for (const [at, last] of lasts.entries()) {
      const messages = answer.responses[nth]?.partitions[at]?.messages;
      if (last === null || messages?.length !== 0) continue;
      const batchContext = { producerId: '-1', inTransaction: false };
      messages.push({ offset: String(last), isControlRecord: true, key: null, batchContext });
    }
};
