import { expect } from '@jest/globals';
import { asJson, type Json } from '../../src/core/json.ts';
import { dayOf, startOf, toTmdbTime } from '../../src/core/time.ts';
import { editOf } from '../../src/simulator/edits.ts';
import type { Asked } from '../../src/simulator/server.ts';
import type { Random } from '../../src/simulator/values.ts';
import { makeRandom, type Entry } from '../../src/simulator/world.ts';
import { audit, firstOf } from './audit.ts';
import { eventually, type Env } from './cli.ts';

/** SEED of the environment, or one of its own; printed, so that it can be given again. */
export const seedOf = (name: string): number => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
  process.stdout.write(`${name}: SEED=${seed}\n`);
  return seed;
};

export const pick = <T>(all: readonly T[], random: Random): T => all[Math.floor(random() * all.length)] as T;
const between = (low: number, high: number, random: Random): number => low + Math.floor(random() * (high - low + 1));

type Members = Readonly<Record<string, Json>>;
type Edit = Omit<Entry, 'item'> & { readonly item: Members & { readonly id: string } };
type Twist = (edit: Edit, random: Random) => readonly Entry[];

const hour = 3_600_000;
const secondOf = (ms: number): number => Math.floor(ms / 1000) * 1000;

const idOf = (ms: number, { item }: Edit): string => (ms / 1000).toString(16).padStart(8, '0') + item.id.slice(8);
const without = ({ item }: Edit, name: string): Json =>
  Object.fromEntries(Object.entries(item).filter(([each]) => each !== name));
const withItem = (edit: Edit, members: Members) => ({ ...edit, item: { ...edit.item, ...members } });

/** The same edit of another instant, its id too. */
const movedTo = (edit: Edit, at: number): Edit => ({
  ...{ ...edit, at },
  item: { ...edit.item, id: idOf(at, edit), time: toTmdbTime(at) },
});

const values: readonly Json[] = [
  ...['', 'text', '漢字 \u{1f600}', 'half \ud83d', 0, -1, 0.1, 1e21, 2 ** 53, true, false, null],
  ...[[], ['a', null, 1], {}, { deep: [{ er: [] }] }, { poster: { file_path: '/a.jpg', iso_639_1: '' } }],
  ...[{ id: 'a', key: null, size: '1080' }, asJson('{"__proto__":7}')],
];
const keys = ['_type', 'a key of tomorrow', 'constructor', '__proto__', 'checkpoints', 'dead_letters', ''];

/** Half of the edits are left as they are; what TMDB does to the others. */
const twists: readonly Twist[] = [
  // late: seen seconds after its time, or hours
  (edit, random) => [{ ...edit, visibleAt: edit.at + between(1000, 4000, random) }],
  (edit, random) => [movedTo(edit, edit.at - between(1, 5, random) * 1000)],
  (edit, random) => [
    movedTo(edit, Math.max(edit.at - between(1, 20 * 3600, random) * 1000, startOf(dayOf(edit.at - 24 * hour)))),
  ],
  // an id a second off, filed by its time or by its id; at midnight too, where the two are of different days
  (edit, random) => {
    const id = edit.at + pick([-1000, 1000], random);
    return [{ ...withItem(edit, { id: idOf(id, edit) }), at: pick([edit.at, id], random) }];
  },
  (edit, random) => {
    const at = startOf(dayOf(edit.at)) + between(-2, 1, random) * 1000;
    const id = at + pick([-1000, 1000], random);
    return [{ ...withItem(movedTo(edit, at), { id: idOf(id, edit) }), at: pick([at, id], random) }];
  },
  // the same id in another second is another change
  (edit, random) => {
    const again = edit.at - between(1, 3, random) * 1000;
    return [edit, { ...withItem(edit, { time: toTmdbTime(again) }), at: again }];
  },
  // twice in one answer
  (edit) => [edit, edit],
  // no event can be made of it
  (edit) => [{ ...edit, item: without(edit, 'action') }],
  (edit) => [{ ...edit, item: without(edit, 'time') }],
  (edit) => [{ ...edit, item: without(edit, 'id') }],
  (edit, random) => [{ ...edit, item: { action: 'added', value: random() } }],
  (edit, random) => [withItem(edit, { id: pick(['', 'with blanks', 'x'.repeat(65), 7, null], random) })],
  (edit, random) => [withItem(edit, { time: pick(['yesterday', '2026-02-30 10:00:00 UTC', 0, null], random) })],
  (edit, random) => [{ ...edit, item: pick<Json>([null, 'a text', 7, [], {}], random) }],
  (edit) => [{ ...edit, key: 'half \ud83d' }],
  // what nobody has seen yet
  (edit, random) => [{ ...edit, key: pick(keys, random) }],
  (edit, random) => [withItem(edit, { value: pick(values, random), original_value: pick(values, random) })],
  (edit, random) => [withItem(edit, { action: pick(['merged', '', 'destroyed', '\ud83d'], random), extra: random() })],
  (edit) => [withItem(edit, { time: new Date(edit.at).toISOString() })],
  (edit) => [withItem(edit, { id: `not-an-object-id-${edit.item.id}` })],
];

export const shuffled = <T>(all: readonly T[], random: Random): T[] =>
  all
    .map((each) => [random(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each);

/** Edits of one or a few movies in one second, in no order. */
export const makeBurst =
  (movies: readonly number[], random: Random) =>
  (now: number): readonly Entry[] => {
    const at = secondOf(now);
    const movieId = pick(movies, random);
    const edits = Array.from({ length: pick([1, 1, 1, 2, 5], random) }, () => {
      const edit = editOf(random() < 0.7 ? movieId : pick(movies, random), at, random) as Edit;
      return random() < 0.5 ? [edit] : pick(twists, random)(edit, random);
    });
    return shuffled(edits.flat(), random);
  };

/** What both ways of starting a simulator have. */
export interface Tmdb {
  readonly url: string;
  readonly oracle: () => Promise<Entry[]>;
}

const at = (tmdb: Pick<Tmdb, 'url'>, path: string): URL => new URL(path, tmdb.url);

export const post = async (tmdb: Pick<Tmdb, 'url'>, path: string, body: unknown): Promise<void> => {
  const { status } = await fetch(at(tmdb, path), { method: 'POST', body: JSON.stringify(body) });
  if (status !== 200) throw new Error(`${path} answers ${status} to ${JSON.stringify(body)}`);
};

export const linesOf = async <T>(tmdb: Pick<Tmdb, 'url'>, path: string): Promise<T[]> => {
  const text = await (await fetch(at(tmdb, path))).text();
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
};

export const requestsOf = async (tmdb: Pick<Tmdb, 'url'>): Promise<Asked[]> => linesOf<Asked>(tmdb, '/requests');

/** Two requests for one movie at the same time: none of two services, or of one, may do that. */
export const overlapsOf = (requests: readonly Asked[]): string[] =>
  [
    ...Map.groupBy(
      requests.filter(({ movieId }) => movieId !== null),
      ({ movieId }) => movieId,
    ).values(),
  ].flatMap((all) => {
    const inTime = all.toSorted((a, b) => a.startedAt - b.startedAt);
    return inTime
      .slice(1)
      .filter(({ startedAt }, place) => startedAt < ((inTime[place] as Asked).endedAt ?? Infinity))
      .map(
        ({ movieId, startedAt }) =>
          `movie ${movieId ?? ''} was asked for twice at ${new Date(startedAt).toISOString()}`,
      );
  });

/** The most requests that any so many seconds in a row have seen. */
export const busiest = (requests: readonly Asked[], seconds: number): number => {
  const times = requests.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, time, last) => {
    while ((times[first] ?? time) <= time - seconds * 1000) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
};

export interface LoadOptions {
  readonly seed: number;
  readonly movies: readonly number[];
  readonly editsPerSecond: number;
  /** The simulator's clock. */
  readonly now?: () => number;
}

/** Edits, one after another, until `stop`. */
export const startLoad = (tmdb: Tmdb, { seed, movies, editsPerSecond, now = () => Date.now() }: LoadOptions) => {
  const burst = makeBurst(movies, makeRandom(seed));
  const stopped = new AbortController();
  let [made, visibleAt] = [0, 0];
  const work = async (): Promise<void> => {
    for (const startedAt = performance.now(); !stopped.signal.aborted;) {
      const due = ((performance.now() - startedAt) / 1000) * editsPerSecond;
      for (const edit of made < due ? burst(now()) : []) {
        await post(tmdb, '/edits', edit);
        made += 1;
        visibleAt = Math.max(visibleAt, edit.visibleAt);
      }
      if (made >= due) await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const working = work();
  working.catch(() => undefined); // `stop` tells
  const stop = async (): Promise<void> => {
    stopped.abort();
    await working;
  };
  /** After `stop`: waits until all that was edited can be seen and is in the log, and gives the oracle as it is then. */
  const settled = async (env: Env, limitMs = 60_000): Promise<Entry[]> => {
    await stop();
    return eventually(async () => {
      expect(now()).toBeGreaterThan(visibleAt);
      const oracle = await tmdb.oracle();
      expect(firstOf(await audit(env, oracle))['lost']).toEqual([]);
      return oracle;
    }, limitMs);
  };
  return { made: () => made, stop, settled };
};
