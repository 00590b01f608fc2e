/**
 * Whether the brokers have nothing more. Compaction can leave a batch without records at the end of a log: kafkajs fetches
 * it again and again, and tells nobody. A fetch of a broker begins once all that its last one gave has been handled.
 */
export const makeQuiet = () => {
  const fetches = new Map<number, number>();
  return {
    /** Another consumer's place: its brokers may be others. */
    forget: (): void => fetches.clear(),
    /** Something came. */
    end: (): void => {
      for (const node of fetches.keys()) fetches.set(node, 0);
    },
    /** A fetch begins at a broker. Gives whether every broker has had nothing, twice from the request to the answer. */
    begin: (node: number): boolean => {
      fetches.set(node, (fetches.get(node) ?? 0) + 1);
      return [...fetches.values()].every((count) => count > 2);
    },
  };
};
