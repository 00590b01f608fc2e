import { randomUUID } from 'node:crypto';
import type { EventOf, Topic } from '../core/map.ts';
import type { ChangesOptions, Position, WatermarkEvent, WatermarksOption } from '../core/options.ts';
import type { Progress } from '../core/progress.ts';
import { readOptions } from '../core/wanted.ts';
import { makeHandover } from './handover.ts';
import type { Handed, StreamOptions } from './stream.ts';

/** Events as they come. Leaving the loop ends everything: no connection, timer or group stays behind. */
export interface Changes<E> extends AsyncIterableIterator<E, undefined, undefined>, AsyncDisposable {
  /** Where to go on after the event that was handed out last. With `group` the group knows it: other members read too. */
  readonly position: () => Position;
  /** How many records were none of ours. */
  readonly skipped: () => number;
}

/** What comes with these options. */
type Given<K extends Topic, W extends boolean> = EventOf<K> | (W extends true ? WatermarkEvent : never);

interface State {
  progress: Progress | null;
  skipped: number;
}

type ForTests = Pick<StreamOptions, 'times' | 'clients'>;

async function* iterate(options: StreamOptions, state: State, end: () => void) {
  const { openStream } = await import('./stream.ts'); // the clients load slowly: only who reads needs them
  const { halt } = options;
  const handover = makeHandover<Handed>();
  const stream = openStream(options, handover);
  halt.addEventListener('abort', handover.end, { once: true });
  if (halt.aborted) handover.end();
  const reading = stream
    .read({ onProgress: (progress) => (state.progress = progress), onSkipped: () => (state.skipped += 1) })
    .finally(handover.end);
  reading.catch(() => undefined); // the body may be at work when it fails
  try {
    for (let handed = await handover.ask(); handed !== null; handed = await handover.ask()) {
      yield handed.event;
      await handed.finish(); // the next one is asked for
    }
    if (!halt.aborted) await reading;
  } finally {
    end();
    await reading.catch(() => undefined);
    stream.close();
  }
}

/** For tests: with other times of a session, or other clients. */
export const makeChanges =
  ({ times, clients }: Partial<ForTests> = {}) =>
  <const K extends Topic = Topic, const W extends boolean = false>(
    options: ChangesOptions<K> & WatermarksOption<W>,
  ): Changes<Given<K, W>> => {
    const wanted = readOptions(options);
    const stop = new AbortController();
    const state: State = { progress: null, skipped: 0 };
    const halt = AbortSignal.any([stop.signal, ...(wanted.signal ? [wanted.signal] : [])]);
    const all = { wanted, now: Date.now, randomId: randomUUID, times, clients, halt, stop: stop.signal };
    const events = iterate(all, state, () => stop.abort()) as AsyncGenerator<Given<K, W>, undefined, undefined>; // of its topics
    const finish = async () => {
      stop.abort(); // also for a `next` that waits
      return events.return(undefined);
    };
    const stream: Changes<Given<K, W>> = {
      next: async () => events.next(),
      return: finish,
      throw: async (error: unknown) => {
        await finish();
        throw error;
      },
      [Symbol.asyncIterator]: () => stream,
      [Symbol.asyncDispose]: async () => {
        await finish();
      },
      position: () => state.progress?.position() ?? wanted.position,
      skipped: () => state.skipped,
    };
    return stream;
  };

/**
 * The events of topics, read committed, in the order of each partition: from anywhere, until anywhere or for ever. With
 * `group` its offsets are committed once the next event is asked for: at least once. Throws BAD_OPTIONS; what is wrong
 * later rejects `next` with a `ServiceError`.
 */
export const changes = makeChanges();
