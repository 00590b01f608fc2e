import type { LogEntry } from 'kafkajs';

type Act = (topic: string, partition: number) => void;

const resetting = 'Offset out of range, resetting to default offset';

/**
 * Where a position is no longer there, kafkajs commits and takes one of the ends of the log, and tells nobody but its log
 * that it is about to. What the log throws then keeps it from doing so. `log` is for kafkajs to write to.
 */
export const makeResets = (log: (entry: LogEntry) => void) => {
  const acts = new Map<unknown, Act>();
  return {
    log: (entry: LogEntry): void => {
      log(entry);
      const { message, groupId, topic, partition } = entry.log;
      const act = message === resetting ? acts.get(groupId) : undefined;
      if (act === undefined) return;
      act(String(topic), Number(partition));
      throw Object.assign(new Error('the position is not reset'), { retriable: false });
    },
    /** Calls back instead of a reset of a position of the group, until it is told null. */
    onReset: (group: string, act: Act | null): void => {
      if (act === null) acts.delete(group);
      else acts.set(group, act);
    },
  };
};
