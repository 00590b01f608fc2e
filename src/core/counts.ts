import type { ServiceError } from './errors.ts';
import type { Told } from './told.ts';

/** What came of an attempt; `timeout`: no whole answer, for whatever reason. */
export const statuses = ['200', '401', '404', '429', '3xx', '4xx', '5xx', 'timeout', 'unreadable'] as const;

/** The status of an attempt as a label. */
export const statusLabel = (status: number, fault: ServiceError | null): (typeof statuses)[number] => {
  if (fault?.code === 'TMDB_UNREADABLE') return 'unreadable';
  if (status === 200) return fault?.code === 'TMDB_UNAVAILABLE' ? 'timeout' : '200'; // it broke off
  const hundreds = `${Math.floor(status / 100)}xx`;
  return statuses.find((each) => each === String(status)) ?? statuses.find((each) => each === hundreds) ?? 'timeout';
};

/** So many more of a counter's series. */
export interface Count {
  readonly counter: 'events' | 'drift' | 'letters';
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
}

const countOf = (topic: string, name: string, count: number): Count => {
  if (topic === '') return { counter: 'letters', labels: { reason: name }, count };
  if (name === 'raw') return { counter: 'drift', labels: { change_key: topic }, count };
  return { counter: 'events', labels: { change_key: topic, op: name }, count };
};

/** What was published since somebody asked: an event costs an addition, not a look-up by labels. */
export const makeCounts = () => {
  let counts = new Map<string, Record<string, number>>();
  const add = (topic: string, name: string): void => {
    const own = counts.get(topic) ?? {};
    own[name] = (own[name] ?? 0) + 1;
    counts.set(topic, own);
  };
  return {
    add: (told: Told): void => {
      if ('reason' in told) {
        add('', told.reason);
        return;
      }
      add(told.topic, told.op);
      if (told.hasRaw) add(told.topic, 'raw');
    },
    take: (): Count[] => {
      const taken = [...counts].flatMap(([topic, own]) =>
        Object.entries(own).map(([name, count]) => countOf(topic, name, count)),
      );
      counts = new Map();
      return taken;
    },
  };
};
