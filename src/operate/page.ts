import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clients } from '../clients.ts';
import { makeBacklog } from '../core/backlog.ts';
import type { Decoded } from '../core/decode.ts';
import { makeProgress } from '../core/progress.ts';
import type { ConsumedRecord } from '../core/reading.ts';
import type { LiveEvent } from '../core/ring.ts';
import { eventTopics } from '../core/topics.ts';
import { makeDecode } from '../decode-record.ts';
import { makeReader, type Listener } from '../io/follow.ts';
import { makeLive } from '../io/live.ts';
import { readPage } from '../io/read-page.ts';
import { rest } from '../io/rest.ts';

export interface PageOptions {
  readonly clients: Pick<Clients, 'findRanges' | 'consume' | 'registry'>;
  readonly prefix: string;
  /** The body of `/status`. */
  readonly status: () => object;
  /** Told why reading for the page ended; it begins again by itself. */
  readonly onFault: (error: unknown) => void;
}

export interface PageReaderOptions {
  readonly clients: Pick<Clients, 'findRanges' | 'consume'>;
  /** What a record is, null once its partition is lost; see `decode-record.ts`. */
  readonly decode: (record: ConsumedRecord, lost: AbortSignal) => Decoded | Promise<Decoded | null>;
  readonly prefix: string;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** How long what there was is waited for, in ms: what of it is read by then is shown. */
const patienceMs = 10_000;
const lookMs = 100;

/** Events of committed records, in their order; what is none of ours is left out. */
const makeToEvents =
  ({ decode, prefix }: Pick<PageReaderOptions, 'decode' | 'prefix'>) =>
  async (records: readonly ConsumedRecord[], signal: AbortSignal): Promise<LiveEvent[]> => {
    const events: LiveEvent[] = [];
    for (const record of records) {
      const found = decode(record, signal);
      const decoded = found instanceof Promise ? await found : found;
      if (decoded === null || 'reason' in decoded) continue;
      const { topic, partition, offset, timestamp: committedAt } = record;
      const place = { topic: topic.slice(prefix.length), partition, offset: String(offset) };
      events.push({ ...place, committedAt, value: decoded.event });
    }
    return events;
  };

/** Reads on from shortly before the end: first the newest of what there was, in the order in which it was committed. */
export const makePageReader = (options: PageReaderOptions) => {
  const { clients, prefix } = options;
  const toEvents = makeToEvents(options);
  const topics = Object.keys(eventTopics).map((name) => `${prefix}${name}`);
  return async ({ add, fill }: Listener, signal: AbortSignal): Promise<void> => {
    const backlog = makeBacklog(await clients.findRanges(topics, { at: 'end' }));
    const progress = makeProgress(backlog.ranges);
    let shown: Promise<void> | null = null;
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    const show = async (): Promise<void> => {
      for (let waited = 0; waited < patienceMs && !backlog.isRead(progress) && !either.aborted; waited += lookMs)
        await rest(lookMs, either).catch(() => undefined);
      shown = toEvents(backlog.take(), either).then(add).then(fill);
      await shown;
    };
    const onRecords = async (records: readonly ConsumedRecord[]): Promise<void> => {
      if (shown === null) backlog.keep(records);
      else {
        await shown;
        add(await toEvents(records, either));
      }
    };
    const reading = clients.consume({ ranges: backlog.ranges, progress, onRecords }, either);
    await Promise.all([reading, show()]).finally(() => stop.abort());
  };
};

/** What the page is served by: each path with its handler, how many pages are open, and its end. */
export const openPage = ({ clients, prefix, status, onFault }: PageOptions) => {
  const stop = new AbortController();
  const decode = makeDecode(clients.registry, { wanted: {}, stop: stop.signal });
  const reader = makeReader({ follow: makePageReader({ clients, decode, prefix }), onFault, rest });
  const live = makeLive({ reader, status });
  const routes: Readonly<Record<string, Handler>> = { ...readPage(Object.keys(eventTopics)), '/events': live.answer };
  return {
    routes,
    count: live.count,
    close: async (): Promise<void> => {
      stop.abort();
      await reader.stop();
    },
  };
};
