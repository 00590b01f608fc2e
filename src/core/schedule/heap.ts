/** What a heap holds: an entry counts only while its item's ticket is the one that it was pushed with. */
export interface Ticketed {
  readonly ticket: number;
}

interface Entry<Item> {
  readonly key: number;
  readonly order: number;
  readonly item: Item;
  readonly ticket: number;
}

const isBefore = (a: Entry<unknown>, b: Entry<unknown>): boolean =>
  a.key < b.key || (a.key === b.key && a.order < b.order);

const up = <Item>(entries: Entry<Item>[], entry: Entry<Item>): void => {
  let at = entries.length;
  entries.push(entry);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = entries[parentAt];
    if (parent === undefined || !isBefore(entry, parent)) break;
    entries[at] = parent;
    at = parentAt;
  }
  entries[at] = entry;
};

const down = <Item>(entries: Entry<Item>[], entry: Entry<Item>): void => {
  let at = 0;
  for (;;) {
    const left = entries[2 * at + 1];
    const right = entries[2 * at + 2];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (child === undefined || !isBefore(child, entry)) break;
    entries[at] = child;
    at = 2 * at + (isRight ? 2 : 1);
  }
  entries[at] = entry;
};

const removeTop = <Item>(entries: Entry<Item>[]): void => {
  const last = entries.pop();
  if (last !== undefined && entries.length > 0) down(entries, last);
};

/** Smallest key first, equal keys in the order of pushing. What was pushed again elsewhere is passed over at the top. */
export const makeHeap = <Item extends Ticketed>() => {
  const entries: Entry<Item>[] = [];
  let order = 0;
  const peek = (): { readonly key: number; readonly item: Item } | null => {
    for (let top = entries[0]; top !== undefined; top = entries[0]) {
      if (top.ticket === top.item.ticket) return top;
      removeTop(entries);
    }
    return null;
  };
  return {
    push: (key: number, item: Item): void => up(entries, { key, order: order++, item, ticket: item.ticket }),
    peek,
    pop: (): Item | null => {
      const top = peek();
      if (top !== null) removeTop(entries);
      return top?.item ?? null;
    },
  };
};
export type Heap<Item extends Ticketed> = ReturnType<typeof makeHeap<Item>>;
