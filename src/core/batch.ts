import type { ProducerRecord } from './encode.ts';

/** Records as kafkajs's sendBatch takes them. */
export interface TopicMessages {
  readonly topic: string;
  readonly messages: readonly ProducerRecord[];
}

/** The broker refuses a partition's batch over 1 MB for ever (code 10), and kafkajs groups a large one in n². */
const maxRecords = 500;
const maxBytes = 512 * 1024;

const bytesOf = ({ key, value, headers }: ProducerRecord): number =>
  value.length +
  key.length +
  Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 64);

interface Load {
  readonly records: number;
  readonly bytes: number;
}

/** Whether one more record still goes into a send in which its partition has this load already. */
const fits = ({ records, bytes }: Load, more: number): boolean =>
  records === 0 || (records < maxRecords && bytes + more <= maxBytes);

/** One record after the other into sends that no partition is too much for. The order is kept. */
const sendsOf = (records: readonly ProducerRecord[]): ProducerRecord[][] => {
  const sends: ProducerRecord[][] = [];
  let loads = new Map<string, Load>();
  for (const record of records) {
    const place = `${record.topic}/${record.partition}`;
    const load = loads.get(place) ?? { records: 0, bytes: 0 };
    const isNew = sends.length === 0 || !fits(load, bytesOf(record));
    if (isNew) [sends[sends.length], loads] = [[], new Map<string, Load>()];
    const base = isNew ? { records: 0, bytes: 0 } : load;
    loads.set(place, { records: base.records + 1, bytes: base.bytes + bytesOf(record) });
    sends.at(-1)?.push(record);
  }
  return sends;
};

/** Records as sends, one after another inside one transaction: at most 500 records and 512 kB to a partition each. */
export const batchesOf = (records: readonly ProducerRecord[]): readonly (readonly TopicMessages[])[] =>
  sendsOf(records).map((send) =>
    [...Map.groupBy(send, ({ topic }) => topic)].map(([topic, messages]) => ({ topic, messages })),
  );
