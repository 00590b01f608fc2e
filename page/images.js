import { make } from './dom.js';

/** Each has a box of a fixed size in app.css: nothing moves when an image comes, or does not. */
const kinds = ['poster', 'backdrop'];

const patienceMs = 700;

/** @type {WeakMap<Element, string>} */
const sources = new WeakMap();
/** @type {WeakMap<Element, number>} */
const timers = new WeakMap();

/** @param {HTMLElement} box */
const load = (box) => {
  const source = sources.get(box);
  if (source === undefined || !box.isConnected) return;
  watcher.unobserve(box);
  const image = new Image();
  image.alt = ''; // the words beside it say what it is
  image.referrerPolicy = 'no-referrer';
  image.decoding = 'async';
  image.addEventListener('load', () => {
    box.replaceChildren(image);
    box.classList.add('drawn');
  });
  image.src = source;
};

// Only what is still there after a while and near the view: in a rush no image is asked for in vain.
const watcher = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      clearTimeout(timers.get(target));
      if (isIntersecting && target instanceof HTMLElement)
        timers.set(
          target,
          setTimeout(() => load(target), patienceMs),
        );
    }
  },
  { rootMargin: '200px' },
);

/**
 * A box for an image; the image comes later, or never.
 * @param {string} kind as TMDB calls it
 * @param {string | null} path below TMDB's image host
 * @returns {HTMLElement}
 */
export const thumbnail = (kind, path) => {
  const name = kind.endsWith('logo') ? 'logo' : kinds.includes(kind) ? kind : 'poster';
  const box = make('span', `image ${name}`, name === 'poster' ? kind || name : name);
  if (path !== null && /^\/[\w.-]+$/.test(path)) {
    sources.set(box, `https://image.tmdb.org/t/p/w92${path}`);
    watcher.observe(box);
  }
  return box;
};

/**
 * Forgets the images of a row that goes.
 * @param {Element} row
 */
export const forgetImages = (row) => {
  for (const box of row.querySelectorAll('.image')) {
    clearTimeout(timers.get(box));
    watcher.unobserve(box);
  }
};
