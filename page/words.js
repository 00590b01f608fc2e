/** @typedef {{ kind: 'same' | 'del' | 'ins', text: string }} Piece */

const context = 60;
const longest = 400;
/** Longer texts are compared only from where they begin to differ to where they end to. */
const mostCells = 60_000;

// A word with the blanks behind it; where a script has no blanks, each character.
const wordForm =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]\s*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]+\s*/gu;

/** @param {string} text */
const wordsOf = (text) => text.trim().match(wordForm) ?? [];

/** @param {string | undefined} a @param {string | undefined} b */
const isSame = (a, b) => a?.trimEnd() === b?.trimEnd();

/** @param {readonly string[]} before @param {readonly string[]} after */
const frame = (before, after) => {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && isSame(before[start], after[start])) start += 1;
  let end = 0;
  while (end < most - start && isSame(before.at(-1 - end), after.at(-1 - end))) end += 1;
  return { start, end };
};

/**
 * Which words both have, by their longest common sequence.
 * @param {readonly string[]} a @param {readonly string[]} b
 * @returns {Piece[]}
 */
const between = (a, b) => {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  /** @param {number} i @param {number} j */
  const at = (i, j) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = isSame(a[i], b[j]) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  /** @type {Piece[]} */
  const pieces = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isKept = i < a.length && j < b.length && isSame(a[i], b[j]);
    const isGone = !isKept && i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1));
    const kind = isKept ? 'same' : isGone ? 'del' : 'ins';
    pieces.push({ kind, text: (isGone ? a[i] : b[j]) ?? '' });
    if (isKept || isGone) i += 1;
    if (!isGone) j += 1;
  }
  return pieces;
};

/**
 * Of words that changed, all that went, then all that came.
 * @param {readonly Piece[]} pieces @returns {Piece[]}
 */
const joined = (pieces) => {
  /** @type {Piece[]} */
  const runs = [];
  let [gone, come] = ['', ''];
  const settle = () => {
    if (gone !== '') runs.push({ kind: 'del', text: gone });
    if (come !== '') runs.push({ kind: 'ins', text: come });
    [gone, come] = ['', ''];
  };
  for (const { kind, text } of pieces) {
    if (kind === 'del') gone += text;
    else if (kind === 'ins') come += text;
    else {
      settle();
      const last = runs.at(-1);
      if (last?.kind === 'same') last.text += text;
      else runs.push({ kind, text });
    }
  }
  settle();
  return runs;
};

/** @param {string} text */
const endOf = (text) => (text.length > context ? `… ${text.slice(-context).replace(/^\S*\s/u, '')}` : text);
/** @param {string} text */
const startOf = (text) => (text.length > context ? `${text.slice(0, context).replace(/\s\S*$/u, '')} …` : text);

/**
 * @param {string} text
 * @param {number} [most]
 * @returns {string} not longer than a row can show
 */
export const cut = (text, most = longest) =>
  text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : text;

/**
 * What differs, word by word, with a little of what is around it. Empty where only blanks differ.
 * @param {string} before @param {string} after
 * @returns {Piece[]}
 */
export const difference = (before, after) => {
  const [a, b] = [wordsOf(before), wordsOf(after)];
  const { start, end } = frame(a, b);
  const [was, is] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  if (was.length + is.length === 0) return [];
  const isLong = (was.length + 1) * (is.length + 1) > mostCells;
  const middle = isLong
    ? [
        ...was.map((text) => ({ kind: /** @type {const} */ ('del'), text })),
        ...is.map((text) => ({ kind: /** @type {const} */ ('ins'), text })),
      ]
    : between(was, is);
  const around = joined([
    { kind: 'same', text: b.slice(0, start).join('') },
    ...middle,
    { kind: 'same', text: b.slice(b.length - end).join('') },
  ]).filter(({ text }) => text !== '');
  return around.map(({ kind, text }, place) => {
    if (kind !== 'same') return { kind, text: cut(text) };
    if (place === 0) return { kind, text: endOf(text) };
    if (place === around.length - 1) return { kind, text: startOf(text) };
    return { kind, text: text.length > 2 * context ? `${startOf(text)} ${endOf(text).slice(2)}` : text };
  });
};
