import { z } from 'zod';
import { makeClients, patiently } from '../clients.ts';
import { makeDrift, type Drift, type Finding } from '../core/drift.ts';
import { usageError } from '../core/errors.ts';
import type { ChangeEvent } from '../core/map.ts';
import type { From } from '../core/positions.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import { parseInstant } from '../core/time.ts';
import { eventTopics } from '../core/topics.ts';
import { start, untilStopped } from './start.ts';
import { makeReadValue, type Value } from './values.ts';

interface DriftOptions {
  readonly from: string;
  readonly format: string;
}

const readOptions = ({ from: text, format }: DriftOptions): { readonly from: From; readonly isJson: boolean } => {
  const ms = parseInstant(text);
  const problems = [
    ...(text === 'beginning' || ms !== null
      ? []
      : [`--from ${JSON.stringify(text)} is not beginning or a time like 2026-08-18T12:00:00Z`]),
    ...(format === 'json' || format === 'text' ? [] : [`--format ${JSON.stringify(format)} is not json or text`]),
  ];
  if (problems.length > 0) throw usageError(problems);
  return { from: ms === null ? { at: 'beginning' } : { at: 'time', ms: Math.max(ms, 0) }, isJson: format === 'json' };
};

/** What every event has; whatever else is on the topics is none of ours. */
const eventForm = z.looseObject({
  ...{ movie_id: z.number(), item_id: z.string(), change_key: z.string(), op: z.string(), action: z.string() },
  ...{ changed_at: z.number(), raw: z.string().nullable() },
});

const linesOf = ({ what, changeKey, path, events, example, change }: Finding): string =>
  [
    `${what.padEnd(8)}  ${[changeKey, path].filter(Boolean).join('  ')}  ${events === 1 ? 'once' : `${events} events`}`,
    `          such as: ${example}`,
    `          change:  ${change}`,
    '',
  ].join('\n');

const report = ({ events, findings, unlisted }: Drift, foreign: number): string => {
  const others = foreign === 0 ? '' : ` (${foreign} more that are none of ours were not)`;
  if (events === 0 && foreign > 0) return `nothing was read: none of ${foreign} records is an event of ours`;
  if (findings.length === 0)
    return `no drift: ${events} events were read${others}, and the typed shapes hold all of them`;
  const more = unlisted === 0 ? [] : [`and more of further kinds: ${unlisted}`];
  return [
    `${events} events were read${others}; what the typed shapes do not know:\n`,
    ...findings.map(linesOf),
    ...more,
  ].join('\n');
};

/** The event that a value is; null where it is none of ours. */
const eventIn = (read: Value): ChangeEvent | null => {
  const event = 'value' in read ? read.value : null;
  return eventForm.safeParse(event).success ? (event as ChangeEvent) : null; // of our topics, in the envelope of ours
};

/** Reads all events up to now and says what of them is not typed, and what would have to change. The report is data. */
export const drift = async (options: DriftOptions): Promise<void> => {
  const { from, isJson } = readOptions(options);
  const { config, world } = start([]);
  const { registry, findRanges, consume, close } = makeClients(config, world);
  const topics = Object.keys(eventTopics).map((name) => `${config.TOPIC_PREFIX}${name}`);
  const { note, drift: all } = makeDrift();
  const isNoted = (event: ChangeEvent): boolean => {
    try {
      note(event);
      return true;
    } catch {
      return false; // in the envelope of ours, and its JSON text is none
    }
  };
  let foreign = 0;
  await untilStopped(async (signal) => {
    const read = makeReadValue({ registry }, world, signal);
    const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
      for (const record of records) {
        const event = eventIn(await read(record));
        if (event === null || !isNoted(event)) foreign += 1;
      }
    };
    const ranges = await patiently(async () => findRanges(topics, from, { at: 'now' }), world, signal);
    await consume({ ranges, onRecords }, signal);
    if (signal.aborted) return;
    process.stdout.write(`${isJson ? JSON.stringify({ ...all(), foreign }) : report(all(), foreign)}\n`);
  }, config).finally(close);
};
