import { makeClients, patiently } from '../clients.ts';
import { describe, describeRemark } from '../core/describe.ts';
import type { Screen } from '../core/display.ts';
import { movieOf, rangesOfMovies } from '../core/movie-ranges.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { select, type Wish } from '../core/select.ts';
import { makePrint, screenOf, watchReader } from './output.ts';
import { start, untilStopped } from './start.ts';
import { makeReadValue, type Value } from './values.ts';

const jsonLine = ({ topic, partition, offset, timestamp, key }: ConsumedRecord, read: Value): string => {
  const place = { topic, partition, offset: Number(offset), timestamp, key };
  return JSON.stringify('problem' in read ? { ...place, problem: `not ours: ${read.problem}` } : { ...place, ...read });
};

const textLine = (record: ConsumedRecord, read: Value, screen: Screen): string => {
  const { topic, partition, offset, timestamp: ms, key } = record;
  const line = 'value' in read ? describe(read.value, screen) : null;
  if (line !== null) return line;
  const place = `${topic}/${partition}@${offset} ${key ?? ''}`;
  if ('value' in read && read.value === null) return describeRemark({ ms, word: 'removed', about: place }, screen);
  const problem = 'problem' in read ? read.problem : 'it is no event';
  return describeRemark({ ms, word: 'not ours', about: `${place}: ${problem}` }, screen);
};

/** Prints what is in the topics, one line an event. stdout is awaited, so memory is bounded however slow its reader is. */
export const tail = async (names: readonly string[], wish: Wish): Promise<void> => {
  const { config, world } = start([]);
  const { topics, from, until, movies, isJson } = select(names, wish, config.TOPIC_PREFIX);
  const clients = makeClients(config, world);
  let foreign = 0;
  const follow = async (signal: AbortSignal): Promise<void> => {
    const read = makeReadValue(clients, world, signal);
    const { add, flush } = makePrint(process.stdout, signal);
    const ranges = rangesOfMovies(
      await patiently(async () => clients.findRanges(topics, from, until), world, signal),
      movies,
    );
    const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
      const screen = screenOf(process.stdout); // it may have been resized
      for (const record of records) {
        if (signal.aborted) return;
        if (movies.size > 0 && !movies.has(movieOf(record.key))) continue;
        const value = await read(record);
        if ('problem' in value) foreign += 1;
        await add(isJson ? jsonLine(record, value) : textLine(record, value, screen));
      }
      await flush();
    };
    await clients.consume({ ranges, onRecords }, signal);
  };
  const unwatch = watchReader();
  await untilStopped(follow, config).finally(() => {
    unwatch();
    clients.close();
  });
  if (foreign > 0) process.stderr.write(`tmdb-cdc: ${foreign} of the records shown are not ours\n`);
};
