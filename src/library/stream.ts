import { withPrincipal } from '../core/errors.ts';
import type { ChangeEvent } from '../core/map.ts';
import type { WatermarkEvent } from '../core/options.ts';
import { makeProgress, type Progress } from '../core/progress.ts';
import { alone, type ConsumedRecord, type Hold } from '../core/reading.ts';
import { groupOf } from '../core/topics.ts';
import { prefixOf, type Wanted } from '../core/wanted.ts';
import { makeDecode, warnOf } from '../decode-record.ts';
import type { Handover, Item } from './handover.ts';
import { makeConsume, type Consume } from '../io/consume.ts';
import { passEmptied } from '../io/emptied.ts';
import { makeKafka, withAdmin } from '../io/kafka.ts';
import { makeMembership, type MembershipOptions } from '../io/membership.ts';
import { makeCommittedOf, makeFindRanges, type FindRanges } from '../io/offsets.ts';
import { makeRead } from '../io/read.ts';
import { makeResets } from '../io/resets.ts';
import { atMost, patiently, rest, withGrace } from '../io/rest.ts';
import { makeRegistry } from '../io/schemas.ts';
import { makeMarks } from './stream-marks.ts';

export interface Handed extends Item {
  readonly event: ChangeEvent | WatermarkEvent;
  readonly finish: () => Promise<void>;
}

export interface StreamOptions {
  readonly wanted: Wanted;
  /** Ms since 1970. */
  readonly now: () => number;
  readonly randomId: () => string;
  readonly times: MembershipOptions['times'];
  /** Other clients, for tests. */
  readonly clients: StreamClients | undefined;
  /** Aborted: nothing more is begun. */
  readonly halt: AbortSignal;
  /** Aborted: all is ended. */
  readonly stop: AbortSignal;
}

/** What a stream talks to, and how it waits. */
export interface StreamClients {
  readonly close: () => void;
  readonly registry: Pick<ReturnType<typeof makeRegistry>, 'schemaOf' | 'close'>;
  readonly findRanges: FindRanges;
  readonly committedOf: ReturnType<typeof makeCommittedOf>;
  readonly consume: Consume;
  readonly rest: typeof rest;
}

interface Told {
  readonly onProgress: (progress: Progress) => void;
  readonly onSkipped: () => void;
}

/** How long a commit may still take once all is to end, in ms. */
const graceMs = 5000;

const makeOnRecords = (options: StreamOptions, decode: ReturnType<typeof makeDecode>, handover: Handover<Handed>) => {
  const { stop, wanted } = options;
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  return (onSkipped: () => void) =>
    async (records: readonly ConsumedRecord[], hold: Hold): Promise<void> => {
      for (const record of records) {
        const found = decode(record, hold.lost);
        const decoded = found instanceof Promise ? await found : found; // waiting for nothing would cost a third
        if (decoded === null) return; // it comes again, to whoever has the partition by then
        if ('reason' in decoded) {
          const { topic, partition, offset } = record;
          hold.pass(record);
          onSkipped();
          wanted.onSkipped?.({ topic, partition, offset: String(offset), reason: decoded.reason });
          continue;
        }
        const handed = {
          event: decoded.event,
          take: () => hold.take(record),
          finish: async () => withGrace(graceMs, options.halt, hold.finish(record)),
        };
        if (await handover.offer(handed, hold.lost)) continue;
        if (!hold.lost.aborted) await stopped; // what is left of the batch is not read
        return;
      }
      if (!(await handover.isFree(hold.lost)) && !hold.lost.aborted) await stopped;
    };
};

const makeClients = ({ wanted, now, randomId }: StreamOptions): StreamClients => {
  const { brokers, ssl, sasl = null, registryAuth: auth = null, registryCa: ca = null } = wanted;
  const resets = makeResets(({ log: { message } }) => wanted.log?.({ level: 'debug', message }));
  const { kafka, close } = passEmptied(makeKafka({ brokers, ssl, sasl, log: resets.log }));
  const findRanges = makeFindRanges({ kafka, atMost, now });
  const groupId = (): string => `${groupOf(prefixOf(wanted))}/changes-${randomId()}`;
  const deleteGroup = async (name: string) => withAdmin(kafka, async (admin) => admin.deleteGroups([name]));
  const read = makeRead(resets.onReset);
  return {
    close,
    registry: makeRegistry(wanted.registry, { auth, ca }),
    findRanges,
    committedOf: makeCommittedOf({ kafka, atMost }),
    consume: makeConsume({ kafka, read, groupId, deleteGroup, findRanges, atMost, rest }),
    rest,
  };
};

/** The clients of one stream, and its reading. Nothing is connected yet. */
export const openStream = (options: StreamOptions, handover: Handover<Handed>) => {
  const { wanted, times, halt, stop } = options;
  const { topics, from, until, group, sasl } = wanted;
  const principal = sasl === undefined ? 'User:ANONYMOUS' : `User:${sasl.username}`;
  const clients = options.clients ?? makeClients(options);
  const { close, registry, findRanges, committedOf, consume } = clients;
  const onRecords = makeOnRecords(options, makeDecode(registry, options), handover);
  const marks = makeMarks(clients, { wanted, handover, stop });
  const membership =
    group === undefined
      ? { ...alone, options: times ?? {} }
      : makeMembership({ group, committedOf, ...(times && { times }) });
  const find = async () => {
    await marks.begin(); // before it is asked where the topics end
    if (group === undefined) return findRanges(topics, from, until);
    await findRanges(topics, { at: 'end' }); // that they are there
    const position = await committedOf(group, topics);
    return findRanges(topics, { at: 'position', position, elsewhere: from }, until);
  };
  return {
    close: () => {
      for (const each of [close, registry.close]) each();
    },
    read: async ({ onProgress, onSkipped }: Told): Promise<void> => {
      try {
        const ranges = await patiently(find, { log: { warn: warnOf(wanted) } }, halt);
        const progress = makeProgress(ranges);
        onProgress(progress);
        const request = { ranges, progress, membership, onRecords: onRecords(onSkipped) };
        const course = { ranges, progress, isEndless: until === undefined };
        await marks.among(course, async (signal) => consume(request, signal));
      } catch (error) {
        throw withPrincipal(error, principal);
      }
    },
  };
};
