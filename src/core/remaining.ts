import type { ProducerRecord } from './encode.ts';
import type { ConsumedRecord } from './reading.ts';

/** What is left of a change that takes more than one transaction, and whether the last that was sent is in the log. */
export const makeRemaining = <Step>(steps: readonly Step[]) => {
  const left = [...steps];
  let [sent, isFound]: [ProducerRecord | null, boolean] = [null, false];
  const sending = (record: ProducerRecord | undefined): void => void ([sent, isFound] = [record ?? null, false]);
  const done = (): void => {
    left.shift();
    sending(undefined);
  };
  return {
    left: () => left.length,
    next: () => left[0] ?? null,
    /** One of its records: it is there, or none of them is. */
    sending,
    done,
    /** Whether the outcome of what was sent last is not known. */
    isOpen: (): boolean => sent !== null,
    onRecord: ({ key, value }: ConsumedRecord): void => {
      if (sent === null || key !== sent.key) return;
      isFound ||= value === null || sent.value === null ? value === sent.value : value.equals(sent.value);
    },
    /** All that was committed is read, and nothing more of it can be: what was sent is there, or never will be. */
    settle: (): void => {
      if (isFound) done();
      sending(undefined);
    },
    /** What is true of a change that is given up, and what to do. */
    say: (): string => {
      const count = steps.length - left.length;
      const written = `${count} of ${steps.length} transactions were written`;
      if (sent !== null)
        return `${count === 0 ? '' : `${written}, and `}whether the last one was written is not known: look before you try again`;
      return count === 0 ? 'nothing was changed: try again' : `${written}, the rest was not: try again`;
    },
  };
};
export type Remaining<Step> = ReturnType<typeof makeRemaining<Step>>;
