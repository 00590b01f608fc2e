import type { ProducerRecord } from './encode.ts';
import { placeName } from './positions.ts';

/** One request to one broker: records by topic, as kafkajs's sendBatch takes them. */
export type Send = readonly { readonly topic: string; readonly messages: readonly ProducerRecord[] }[];

/** The broker that leads a partition, by `placeName`. */
export type Leaders = ReadonlyMap<string, number>;

/** The broker refuses a partition's batch over 1 MB for ever (code 10), and kafkajs groups a large one in n². */
const maxRecords = 500;
export const maxBytes = 512 * 1024;

export const bytesOf = ({ key, value, headers }: Pick<ProducerRecord, 'key' | 'value' | 'headers'>): number =>
  Object.keys(headers).reduce(
    (sum, name) => sum + name.length + Buffer.byteLength(headers[name] ?? ''),
    64 + Buffer.byteLength(key) + (value?.length ?? 0),
  );

const chunksOf = (records: readonly ProducerRecord[]): ProducerRecord[][] => {
  const chunks: ProducerRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const chunk = chunks.at(-1);
    const fits = chunk !== undefined && chunk.length < maxRecords && bytes + bytesOf(record) <= maxBytes;
    if (fits) chunk.push(record);
    else chunks.push([record]);
    bytes = bytesOf(record) + (fits ? bytes : 0);
  }
  return chunks;
};

const toSend = (records: readonly ProducerRecord[]): Send =>
  [...Map.groupBy(records, ({ topic }) => topic)].map(([topic, messages]) => ({ topic, messages }));

/** The sends to one broker: a partition that needs fewer than another is in the last ones. */
const sendsToOne = (records: readonly ProducerRecord[]): Send[] => {
  const partitions = [...Map.groupBy(records, ({ topic, partition }) => placeName(topic, partition)).values()];
  const chunked = partitions.map(chunksOf);
  const count = Math.max(...chunked.map(({ length }) => length));
  return Array.from({ length: count }, (_, at) =>
    toSend(chunked.flatMap((chunks) => chunks[at - count + chunks.length] ?? [])),
  );
};

/**
 * Records as sends, one after another inside one transaction: of each partition at most 500 records and 512 kB, each
 * send to one broker. A send to two would not do: when one of them fails, kafkajs tries again while the other's answer
 * is still out, and that one has its records twice without a sign (producer/sendMessages.js).
 */
export const sendsOf = (records: readonly ProducerRecord[], leaders: Leaders): readonly Send[] =>
  [...Map.groupBy(records, ({ topic, partition }) => leaders.get(placeName(topic, partition))).values()].flatMap(
    sendsToOne,
  );
