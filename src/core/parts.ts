import type { ProducerRecord } from './encode.ts';

/** Records of one movie, and who waits for them. */
export interface Part {
  readonly records: readonly ProducerRecord[];
  readonly resolve: (value: undefined) => void;
  readonly reject: (fault: unknown) => void;
}

/** A transaction takes no further part once it has so many records; one part may be larger. */
const enough = 2000;

/** Takes out what goes into the next transaction. */
export const takeParts = (waiting: Part[]): Part[] => {
  let count = 0;
  const end = waiting.findIndex(({ records }, at) => (count += records.length) > enough && at > 0);
  return waiting.splice(0, end === -1 ? waiting.length : end);
};
