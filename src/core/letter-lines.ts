import { cut, layout, widthOf, type Screen } from './display.ts';
import type { Letter } from './letters-again.ts';
import { isDone, type Judged } from './replay.ts';

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Longest part of a line that comes from TMDB, in what a reader sees as characters. */
const longest = { key: 60, changeKey: 24, reason: 100, raw: 400 };

const widest = (texts: readonly string[]): number => Math.max(0, ...new Set(texts.map(widthOf)));

const keyIn = ({ key }: Letter): string => cut(key, longest.key);
const changeKeyIn = ({ value }: Letter): string => cut(value.change_key ?? '', longest.changeKey);
const reasonIn = ({ value }: Letter): string => cut(value.reason, longest.reason);

/** Letters for people, a line each: when it was published, its key, which begins with the movie, and what it says. */
export const letterLines = (letters: readonly Letter[], screen: Screen): readonly string[] => {
  const [key, changeKey, reason] = [keyIn, changeKeyIn, reasonIn].map((of) => widest(letters.map(of)));
  return letters.map((letter) =>
    layout(
      [
        { text: time(letter.timestamp), style: 'dim' },
        { text: keyIn(letter), width: key ?? 0, style: 'bold' },
        { text: changeKeyIn(letter), width: changeKey ?? 0, style: 'cyan' },
        { text: reasonIn(letter), width: reason ?? 0, style: 'red' },
        { text: cut(letter.value.raw, longest.raw) },
      ],
      screen,
    ),
  );
};

/** A letter for programs: whole, as `tail` gives it. */
export const letterJson = ({ key, timestamp, value }: Letter): string => JSON.stringify({ key, timestamp, value });

const sentences = {
  publish: { plan: 'would be published to', done: 'published to' },
  remove: { plan: 'is published already, only its letter would be removed:', done: 'was published already:' },
};

const sentenceOf = ({ fate }: Judged, isExecuted: boolean): string => {
  if (fate.kind === 'fails') return `still fails: ${cut(fate.reason, longest.reason)}`;
  if (fate.kind === 'waits') return `waits: ${fate.reason}`;
  const { topic, key } = fate.event;
  return `${sentences[fate.kind][isExecuted ? 'done' : 'plan']} ${topic} as ${cut(key, longest.key)}`;
};

/** What becomes of letters, for people. */
export const fateLines = (judged: readonly Judged[], isExecuted: boolean, screen: Screen): readonly string[] => {
  const width = widest(judged.map(({ letter }) => keyIn(letter)));
  return judged.map((each) =>
    layout(
      [
        { text: keyIn(each.letter), width, style: 'bold' },
        { text: sentenceOf(each, isExecuted), style: isDone(each) ? 'green' : 'yellow' },
      ],
      screen,
    ),
  );
};

/** What becomes of a letter, for programs. `done`: it is committed. */
export const fateJson = ({ letter, fate }: Judged, isExecuted: boolean): string => {
  const about = 'event' in fate ? { topic: fate.event.topic, as: fate.event.key } : { reason: fate.reason };
  return JSON.stringify({ key: letter.key, fate: fate.kind, ...about, done: isExecuted && 'event' in fate });
};

export type Counts = Readonly<Record<Judged['fate']['kind'], number>>;
export const noCounts: Counts = { publish: 0, remove: 0, fails: 0, waits: 0 };

export const addCounts = (counts: Counts, judged: readonly Judged[]): Counts =>
  judged.reduce((sum, { fate: { kind } }) => ({ ...sum, [kind]: sum[kind] + 1 }), counts);

const letters = (count: number): string => `${count} ${count === 1 ? 'letter' : 'letters'}`;

/** The last line for people. */
export const sumLine = ({ publish, remove, fails, waits }: Counts, isExecuted: boolean): string => {
  const total = letters(publish + remove + fails + waits);
  const stay = [...(fails > 0 ? [`${fails} still fail`] : []), ...(waits > 0 ? [`${waits} wait`] : [])];
  const gone = isExecuted
    ? [`${publish} published`, `${remove} only removed`]
    : [`${publish} to publish`, `${remove} only to remove`];
  const hint = !isExecuted && publish + remove > 0 ? '; --execute does it' : '';
  return `${total}: ${[...gone, ...stay].join(', ')}${hint}`;
};
