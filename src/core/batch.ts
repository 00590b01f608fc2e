import type { ProducerRecord } from './encode.ts';

/** Records of one partition, as kafkajs's send takes them. */
export interface Batch {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly ProducerRecord[];
}

/** The broker refuses a partition's batch over 1 MB for ever (code 10), and kafkajs groups a large one in n². */
const maxRecords = 500;
const maxBytes = 512 * 1024;

const bytesOf = ({ key, value, headers }: ProducerRecord): number =>
  value.length +
  key.length +
  Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 64);

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

/**
 * Records as sends, one after another inside one transaction, each to one partition: at most 500 records and 512 kB.
 * A send to two brokers would not do: kafkajs keeps one answer a broker, so after a move of leaders its retry leaves
 * partitions out or sends them twice, and says nothing of either (producer/sendMessages.js).
 */
export const batchesOf = (records: readonly ProducerRecord[]): readonly Batch[] =>
  [...Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`).values()]
    .flatMap(chunksOf)
    .flatMap((messages) => {
      const [first] = messages;
      return first === undefined ? [] : [{ topic: first.topic, partition: first.partition, messages }];
    });
