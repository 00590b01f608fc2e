import type { Watermark } from '../core/events.ts';
import type { WatermarkEvent } from '../core/options.ts';
import type { Range } from '../core/positions.ts';
import type { Reading } from '../core/reading.ts';
import { watermarksTopic } from '../core/topics.ts';
import { prefixOf, type Wanted } from '../core/wanted.ts';
import type { Handover } from './handover.ts';
import { makeIncoming, nextMs, type Incoming, type Seen } from './incoming-marks.ts';
import type { Handed, StreamClients } from './stream.ts';
import { makeWatermarkDecoder, readWatermarkBefore, type Readers } from '../watermarks.ts';

interface MarksOptions {
  readonly wanted: Pick<Wanted, 'topics' | 'prefix' | 'watermarks'>;
  readonly handover: Pick<Handover<Handed>, 'offer'>;
  readonly stop: AbortSignal;
}

type Course = { readonly isEndless: boolean } & Pick<Reading, 'ranges' | 'progress'>;

/** How often it is looked how far the events are, in ms. */
const lookMs = 50;

const eventOf = ({ observed_through: observed, complete_through: complete }: Watermark): WatermarkEvent => ({
  type: 'watermark',
  observedThrough: observed,
  completeThrough: complete,
});

const isPassed = ({ progress }: Pick<Course, 'progress'>, { ends }: Seen): boolean =>
  ends.every(({ topic, partition, high }) => progress.next(topic, partition) >= high);

type Clients = Readers & Pick<StreamClients, 'rest'>;
type Handing = Pick<MarksOptions, 'handover'> &
  Pick<Clients, 'rest'> & { readonly course: Course; readonly signal: AbortSignal };

const offer = async ({ watermark }: Seen, { handover, signal }: Omit<Handing, 'course' | 'rest'>): Promise<void> => {
  const nothing = { take: () => undefined, finish: async () => Promise.resolve() };
  await handover.offer({ event: eventOf(watermark), ...nothing }, signal);
};

/** One after the other: while one waits for its events, of those that come the newest is kept. */
const hand = async (first: Seen | null, next: Incoming['next'], handing: Handing): Promise<void> => {
  const { course, rest, signal } = handing;
  try {
    for (let seen = first; !signal.aborted; seen = await next(signal)) {
      if (seen === null) continue;
      while (!isPassed(course, seen)) await rest(lookMs, signal);
      await offer(seen, handing);
      await rest(nextMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
};

/** Both until either fails. */
const together = async (signal: AbortSignal, all: readonly ((signal: AbortSignal) => Promise<void>)[]) => {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const works = all.map(async (work) => work(either));
  try {
    await Promise.all(works);
  } finally {
    over.abort();
    await Promise.allSettled(works);
  }
};

/** Watermarks among the events, each after whatever it covers. */
export const makeMarks = (clients: Clients, { wanted, handover, stop }: MarksOptions) => {
  const { findRanges, consume, registry, rest } = clients;
  const topic = watermarksTopic(prefixOf(wanted));
  const decode = makeWatermarkDecoder(registry, topic);
  let [last, tail]: [Watermark | null, readonly Range[]] = [null, []];
  const firstOf = ({ ranges }: Course): Seen | null => (last === null ? null : { watermark: last, ends: ranges });

  const follow = async (course: Course, signal: AbortSignal): Promise<void> => {
    const findEnds = async () => findRanges(wanted.topics, { at: 'end' });
    const { read, next } = makeIncoming({ consume, decode, ranges: tail, findEnds, rest });
    const handing = async (either: AbortSignal) =>
      hand(firstOf(course), next, { course, handover, rest, signal: either });
    await together(signal, [read, handing]);
  };
  return {
    /** Before it is asked where the topics end. */
    begin: async (): Promise<void> => {
      if (!wanted.watermarks) return;
      const whole = await findRanges([topic], { at: 'beginning' }, { at: 'now' });
      tail = whole.map((range) => ({ ...range, start: range.high, end: null }));
      last = await readWatermarkBefore(clients, { topic, whole }, stop);
    },
    /** Beside the reading of events. */
    among: async (course: Course, read: (signal: AbortSignal) => Promise<void>): Promise<void> => {
      if (wanted.watermarks && course.isEndless)
        return together(stop, [read, async (signal) => follow(course, signal)]);
      await read(stop);
      const first = firstOf(course);
      if (first !== null && isPassed(course, first)) await offer(first, { handover, signal: stop });
      return undefined;
    },
  };
};
