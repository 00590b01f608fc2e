import type { ProducerRecord } from './encode.ts';
import type { Mapped } from './map.ts';

/** Why something became a dead letter: the first member that is wrong, or its size. */
export const letterReasons = ['item', 'id', 'action', 'time', 'change_key', 'too_large', 'other'] as const;
export type LetterReason = (typeof letterReasons)[number];

/** What is counted of a record that was published. */
export type Told =
  | {
      /** The topic of events, without the prefix. */
      readonly topic: string;
      readonly op: string;
      /** Ms since 1970. */
      readonly changedAt: number;
      /** The typed members do not hold all of it. */
      readonly hasRaw: boolean;
    }
  | { readonly reason: LetterReason; readonly key: string };

const isReason = (word: string): word is LetterReason => (letterReasons as readonly string[]).includes(word);

/** The reason of a letter, out of its sentence. */
export const reasonOf = (sentence: string): LetterReason => {
  if (/^\d+ bytes/.test(sentence)) return 'too_large';
  const [word = ''] = sentence.split(':');
  const name = word.replace(' ', '_');
  return isReason(name) ? name : 'other';
};

const deadLetters = 'dead_letters';

/** What is told of a record that came of `mapped`: an event that is too large came to be a letter. */
export const toldOf = ({ topic, value }: Mapped, record: ProducerRecord): Told => {
  const { key } = record;
  if ('stamp' in value) return { reason: reasonOf(value.reason), key };
  if (record.topic.endsWith(deadLetters)) return { reason: 'too_large', key };
  return { topic, op: value.op, changedAt: value.changed_at, hasRaw: value.raw !== null };
};
