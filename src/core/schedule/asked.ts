import { mix, unmix } from './members.ts';

/**
 * Movies to be asked once, four bytes each, in an order that is another one after each start: so that starts without
 * end still reach every movie.
 */
export const makeAsked = () => {
  let salt = 0;
  let waiting = new Uint32Array();
  let given = 0;
  let more: number[] = [];
  const keyOf = (id: number): number => (mix(id) ^ salt) >>> 0;
  const gather = (): void => {
    if (more.length === 0) return;
    const keys = new Uint32Array(waiting.length - given + more.length);
    keys.set(waiting.subarray(given));
    keys.set(more.map(keyOf), waiting.length - given);
    keys.sort();
    [waiting, given, more] = [keys.filter((key, at) => at === 0 || key !== keys[at - 1]), 0, []];
  };
  return {
    keyOf,
    /** Before the first is asked for. */
    shuffle: (now: number): void => void (salt = mix(Math.floor(now / 1000))),
    add: (ids: Iterable<number>): void => {
      for (const id of ids) more.push(id);
    },
    count: (): number => waiting.length - given + more.length,
    peek: (): { readonly key: number; readonly id: number } | null => {
      gather();
      const key = waiting[given];
      return key === undefined ? null : { key, id: unmix(key ^ salt) };
    },
    pop: (): void => {
      given++;
    },
  };
};
