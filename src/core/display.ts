// Foreign text on a terminal: made visible, cut between characters, and measured in columns.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Anybody can edit TMDB: control, bidi, line and paragraph characters are shown, never sent to a terminal. */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });

/** At most so many characters, as a reader sees them; then an ellipsis. */
export const cut = (text: string, most: number): string => {
  if (text.length <= most) return text;
  const start = [...graphemes.segment(text.slice(0, most * 20))].map(({ segment }) => segment);
  return start.length > most ? `${start.slice(0, most).join('')}…` : text.slice(0, most * 20);
};

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

const columnsOf = (grapheme: string): number => {
  if (wide.test(grapheme)) return 2;
  return /^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(grapheme) ? 0 : 1;
};

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text);

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number =>
  isAscii(text)
    ? text.length
    : [...graphemes.segment(text)].reduce((width, { segment }) => width + columnsOf(segment), 0);

/** What of a text fits into so many columns, with an ellipsis where something is missing. */
const fit = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text;
  let [fitting, left] = ['', columns - 1];
  for (const { segment } of graphemes.segment(text)) {
    left -= columnsOf(segment);
    if (left < 0) break;
    fitting += segment;
  }
  return columns > 0 ? `${fitting}…` : '';
};

export type Style = 'dim' | 'green' | 'yellow' | 'red' | 'magenta' | 'cyan' | 'bold';

export interface Cell {
  readonly text: string;
  /** At least so many columns; negative: with the text at their end. */
  readonly width?: number;
  readonly style?: Style;
}

export interface Screen {
  /** Columns of the terminal; null: no limit. */
  readonly columns: number | null;
  readonly paint: (style: Style, text: string) => string;
}

const pad = ({ text, width = 0 }: Cell): string => {
  const blank = ' '.repeat(Math.max(0, Math.abs(width) - widthOf(text)));
  return width < 0 ? blank + text : text + blank;
};

const gap = '  ';

/** Cells as one line that holds nothing but visible characters, and is no wider than the screen. */
export const layout = (cells: readonly Cell[], { columns, paint }: Screen): string => {
  const shown = cells.map((cell) => ({ ...cell, text: visible(cell.text) }));
  const last = shown.findLastIndex(({ text }) => text !== '');
  let left = columns ?? Infinity;
  const pieces = shown.slice(0, last + 1).map((cell, at) => {
    const text = fit(at === last && (cell.width ?? 0) >= 0 ? cell.text : pad(cell), left);
    left -= widthOf(text) + gap.length;
    return cell.style === undefined || text.trim() === '' ? text : paint(cell.style, text);
  });
  return pieces.join(gap).trimEnd();
};
