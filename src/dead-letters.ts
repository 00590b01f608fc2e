import { patiently, type Clients, type World } from './clients.ts';
import type { Config } from './config.ts';
import { readFault, ServiceError } from './core/errors.ts';
import { isLetter, type Letter } from './core/letters-again.ts';
import { lettersTopic } from './core/letters.ts';
import type { ConsumedRecord } from './core/reading.ts';

/** A value as its writer's schema reads it; null for what is none of ours. */
export type ReadValue = (record: ConsumedRecord) => Promise<unknown>;

/** What a reader rejects with, as a fault. */
export const translate = (error: unknown): never => {
  throw error instanceof ServiceError ? error : readFault(error);
};

/** The last record of each key that is committed by now. */
const lastRecords = async <Kept>(
  { findRanges, consume }: Pick<Clients, 'findRanges' | 'consume'>,
  { topic, keep }: { topic: string; keep: (record: ConsumedRecord) => Kept },
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Kept>> => {
  const kept = new Map<string, Kept>();
  const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
    for (const record of records)
      if (record.value === null) kept.delete(record.key ?? '');
      else kept.set(record.key ?? '', keep(record));
    return Promise.resolve();
  };
  try {
    await consume({ ranges: await findRanges([topic], { at: 'beginning' }, { at: 'now' }), onRecords }, signal);
  } catch (error) {
    translate(error);
  }
  signal.throwIfAborted();
  return kept;
};

/** The keys of the dead letters that wait. */
export const waitingLetters = async (
  clients: Pick<Clients, 'findRanges' | 'consume'>,
  { TOPIC_PREFIX }: Pick<Config, 'TOPIC_PREFIX'>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> =>
  new Set((await lastRecords(clients, { topic: lettersTopic(TOPIC_PREFIX), keep: () => null }, signal)).keys());

export interface Given {
  readonly clients: Clients;
  readonly config: Config;
  readonly world: World;
  readonly read: ReadValue;
}

/** The letters that wait, oldest first, and how many records of the topic are none of ours. */
export const readLetters = async (
  { clients, config, world, read }: Given,
  signal: AbortSignal,
): Promise<{ readonly letters: readonly Letter[]; readonly foreign: number }> => {
  const topic = lettersTopic(config.TOPIC_PREFIX);
  const records = await patiently(
    async () => lastRecords(clients, { topic, keep: (record) => record }, signal),
    world,
    signal,
  );
  const letters: Letter[] = [];
  for (const [key, record] of records) {
    const value = await read(record);
    const { partition, timestamp } = record;
    if (isLetter(key, value)) letters.push({ key, partition, timestamp, value });
  }
  const older = (a: Letter, b: Letter): number => a.timestamp - b.timestamp || (a.key < b.key ? -1 : 1);
  return { letters: letters.sort(older), foreign: records.size - letters.length };
};
