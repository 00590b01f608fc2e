import { arrow, isMembers, isNothing, make, member, textOf } from './dom.js';
import { image, video } from './media.js';
import { cut, difference } from './words.js';

/** @typedef {import('./dom.js').Value} Value */

/** @param {unknown} value as few words as it can be told in */
const plain = (value) => {
  if (typeof value === 'number') return value.toLocaleString('en', { maximumFractionDigits: 20 });
  return cut(typeof value === 'string' ? value : JSON.stringify(value), 200);
};

/**
 * @param {string} className @param {'ins' | 'del'} kind @param {string} text
 */
const marked = (className, kind, text) => {
  const element = make(kind, className, text);
  element.dir = 'auto';
  return element;
};

/** @param {string} before @param {string} after what a person reads; empty where there is none */
const text = (before, after) => {
  const line = make('p', 'text');
  line.dir = 'auto';
  if (before === '' || after === '') {
    line.append(before === '' ? make('ins', '', cut(after)) : make('del', '', cut(before)));
    return [line];
  }
  const pieces = difference(before, after);
  if (pieces.length === 0) return [make('p', 'text', cut(after), make('span', 'dim', ' (only blanks differ)'))];
  for (const { kind, text: words } of pieces)
    line.append(kind === 'same' ? words : make(kind, '', words.trimEnd()), ' ');
  return [line];
};

/** @param {string} sign @param {string} name */
const pill = (sign, name) => marked('pill', sign === '+' ? 'ins' : 'del', `${sign} ${cut(name, 80)}`);

/** @param {readonly string[]} before @param {readonly string[]} after what one of several is called */
const pills = (before, after) => {
  const gone = before.filter((name) => !after.includes(name));
  const come = after.filter((name) => !before.includes(name));
  return [make('p', 'pills', ...gone.map((name) => pill('−', name)), ...come.map((name) => pill('+', name)))];
};

/** @param {unknown} before @param {unknown} after a number, yes or no */
const number = (before, after) => {
  const line = make('p', 'code');
  if (!isNothing(before)) line.append(make('del', 'bare-del', plain(before)));
  if (!isNothing(before) && !isNothing(after)) line.append(arrow());
  if (!isNothing(after)) line.append(make('ins', 'bare-ins', plain(after)));
  return [line];
};

/** @param {unknown} side */
const entriesOf = (side) => (isMembers(side) ? Object.entries(side).filter(([, value]) => !isNothing(value)) : []);

/** @param {unknown} before @param {unknown} after members; of two only those that differ */
const members = (before, after) => {
  const names = [...new Set([...entriesOf(before), ...entriesOf(after)].map(([name]) => name))];
  const lines = names.flatMap((name) => {
    const [was, is] = [member(before, name), member(after, name)];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [make('span', 'member', make('span', 'dim', name), ' ', ...number(was, is))];
  });
  if (lines.length === 0) return number(before ?? null, after ?? null);
  return [make('div', 'members', ...lines)];
};

/** @param {unknown} value a list, or a thing that has a name */
const namesOf = (value) => {
  if (Array.isArray(value)) return value.map((each) => plain(each));
  const name = member(value, 'name');
  return typeof name === 'string' ? [name] : [];
};

/** What of a record is its text: it is drawn as text, and the rest is told only where there is no text. */
const wordings = ['tagline', 'title'];

/**
 * A value of `other` is JSON text.
 * @param {unknown} value @param {boolean} isJson
 */
const received = (value, isJson) => {
  if (!isJson || typeof value !== 'string') return value;
  try {
    return /** @type {unknown} */ (JSON.parse(value));
  } catch {
    return value;
  }
};

/**
 * What changed, drawn by what it is.
 * @param {string} topic @param {Value} value
 * @returns {HTMLElement[]}
 */
export const change = (topic, { before: was, after: is, raw }) => {
  const [before, after] = [received(was, topic === 'other'), received(is, topic === 'other')];
  const sides = [before, after].filter((side) => !isNothing(side));
  if (sides.length === 0) return raw === null ? [] : [make('p', 'code', cut(raw))];
  /** @param {(side: unknown) => boolean} form */
  const all = (form) => sides.every(form);
  if (topic === 'images') return image(before, after);
  if (topic === 'videos') return video(before, after);
  if (all((side) => typeof side === 'string')) return text(textOf(before), textOf(after));
  const wording = wordings.find((name) => all((side) => textOf(member(side, name)) !== ''));
  if (wording !== undefined && member(before, wording) !== member(after, wording))
    return text(textOf(member(before, wording)), textOf(member(after, wording)));
  if (
    all(Array.isArray) ||
    (all((side) => namesOf(side).length > 0) && String(namesOf(before)) !== String(namesOf(after)))
  )
    return pills(namesOf(before), namesOf(after));
  return all(isMembers) ? members(before, after) : number(before, after);
};
