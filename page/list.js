import { byId, write } from './dom.js';
import { forgetImages } from './images.js';
import { rowOf, spoken } from './rows.js';

/** @typedef {import('./dom.js').LiveEvent} LiveEvent */

const mostRows = 200;
const mostKnown = 1000;

const list = byId('rows');
const news = byId('news');

/**
 * Ids of the events that the page has, the oldest first: none is shown twice, whatever is told again.
 * @type {Set<string>}
 */
const known = new Set();
/**
 * Events that wait to be shown, the oldest first.
 * @type {LiveEvent[]}
 */
let held = [];
/** Of how many the page was told: `skipped` is those of which it was told the number alone. */
const counts = { seen: 0, skipped: 0, waiting: 0, unspoken: 0 };
/** @type {() => string} */
let sayEmpty = () => '';
let isTold = false;
let isPaused = false;
let isDrawing = false;

/** @param {LiveEvent} event */
const idOf = ({ topic, partition, offset }) => `${topic}-${partition}-${offset}`;
/** @param {number} value */
const count = (value) => value.toLocaleString('en');

/** Puts what waits on top, in one piece, and takes what is too much from below. */
const insert = () => {
  const fragment = document.createDocumentFragment();
  for (const event of held.toReversed()) fragment.append(rowOf(event));
  if (held.length <= 3) for (const row of fragment.children) row.classList.add('fresh');
  [held, counts.waiting] = [[], 0];
  list.prepend(fragment);
  for (const row of [...list.children].slice(mostRows)) {
    forgetImages(row);
    row.remove();
  }
};

/** Whether somebody reads further down, or is in the list with the keyboard: nothing may move then. */
const isReading = () => isPaused || scrollY > 40 || list.querySelector(':focus-visible') !== null;

const draw = () => {
  isDrawing = false;
  if (held.length > 0 && !isReading()) insert();
  news.hidden = counts.waiting === 0;
  if (!news.hidden) write('news', `${count(counts.waiting)} new – show`);
  const skipped = counts.skipped === 0 ? '' : `, ${count(counts.skipped)} too fast to show`;
  write('counts', `${count(counts.seen)} seen${skipped} · times in UTC`);
  byId('empty').hidden = !isTold || list.childElementCount + held.length > 0;
  if (!byId('empty').hidden) write('empty', sayEmpty());
};

/** Once a frame, however much comes. */
export const drawSoon = () => {
  if (!isDrawing) requestAnimationFrame(draw);
  isDrawing = true;
};

/** @param {{ readonly events: readonly LiveEvent[], readonly skipped: number }} turn */
export const take = ({ events, skipped }) => {
  isTold = true;
  const fresh = events.filter((event) => !known.has(idOf(event)));
  for (const event of fresh) known.add(idOf(event));
  for (const id of [...known].slice(0, Math.max(0, known.size - mostKnown))) known.delete(id);
  held = [...held, ...fresh].slice(-mostRows);
  const all = fresh.length + skipped;
  counts.seen += all;
  counts.skipped += skipped;
  counts.waiting += all;
  counts.unspoken += all;
  drawSoon();
};

/** Begins anew, with nothing. */
export const clear = () => {
  for (const row of list.children) forgetImages(row);
  list.replaceChildren();
  known.clear();
  [held, isTold] = [[], false];
  Object.assign(counts, { seen: 0, skipped: 0, waiting: 0, unspoken: 0 });
  drawSoon();
};

/** @param {boolean} isOn nothing moves until it is off again */
export const hold = (isOn) => {
  isPaused = isOn;
  drawSoon();
};

/** Says now and then how much came: a list that is read aloud whenever it changes would never end. */
const speak = () => {
  const newest = held.at(-1);
  const said = newest === undefined ? (list.querySelector('.head')?.textContent ?? '') : spoken(newest);
  if (counts.unspoken > 0) write('spoken', `${counts.unspoken} changes, newest: ${said}`);
  counts.unspoken = 0;
};

/** @param {() => string} say what an empty list means */
export const start = (say) => {
  sayEmpty = say;
  news.addEventListener('click', () => {
    insert();
    scrollTo({ top: 0 });
    drawSoon();
  });
  addEventListener('scroll', drawSoon, { passive: true });
  setInterval(speak, 10_000);
};
