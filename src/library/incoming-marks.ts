import { ServiceError } from '../core/errors.ts';
import type { Watermark } from '../core/events.ts';
import type { PartitionOffsets, Range } from '../core/positions.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import type { makeWatermarkDecoder, Readers } from '../watermarks.ts';

/** A watermark, and where the topics ended when it was seen: what it covers lies before. */
export interface Seen {
  readonly watermark: Watermark;
  readonly ends: readonly PartitionOffsets[];
}

interface IncomingOptions extends Pick<Readers, 'consume'> {
  readonly decode: ReturnType<typeof makeWatermarkDecoder>;
  readonly ranges: readonly Range[];
  /** Where the topics end now. */
  readonly findEnds: () => Promise<readonly PartitionOffsets[]>;
  readonly rest: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The least from one watermark to the next, in ms. */
export const nextMs = 1000;

/** The newest of what comes, once there is another one; null after the end. */
const makeNewest = <T>() => {
  let [newest, isThere] = [null as T | null, Promise.withResolvers<undefined>()];
  const takeOut = (): T | null => {
    const taken = newest;
    [newest, isThere] = [null, Promise.withResolvers()];
    return taken;
  };
  const put = (next: T): void => {
    newest = next;
    isThere.resolve(undefined);
  };
  return {
    put,
    /** It comes again, but where a newer one has come. */
    putBack: (taken: T): void => {
      if (newest === null) put(taken);
    },
    take: async (): Promise<T | null> => isThere.promise.then(takeOut),
    end: (): void => isThere.resolve(undefined),
  };
};

const isAway = (error: unknown): boolean => error instanceof ServiceError && error.code === 'KAFKA_UNREACHABLE';

/** Watermarks as they come. A broker that is away is waited for, as the reader of events does. */
export const makeIncoming = ({ consume, decode, ranges, findEnds, rest }: IncomingOptions) => {
  const { put, putBack, take, end } = makeNewest<Watermark>();
  const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
    const watermark = await decode(records.at(-1)?.value ?? null).catch(() => null); // the next one is as good
    if (watermark !== null) put(watermark);
  };
  return {
    read: async (signal: AbortSignal): Promise<void> => {
      signal.addEventListener('abort', end, { once: true });
      return consume({ ranges, onRecords }, signal);
    },
    /** The newest one, once there is another; null: it is to be asked for again. */
    next: async (signal: AbortSignal): Promise<Seen | null> => {
      const watermark = await take();
      if (watermark === null) return null;
      try {
        return { watermark, ends: await findEnds() };
      } catch (error) {
        if (!isAway(error)) throw error;
        putBack(watermark);
        await rest(nextMs, signal);
        return null;
      }
    },
  };
};
export type Incoming = ReturnType<typeof makeIncoming>;
