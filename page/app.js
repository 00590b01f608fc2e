import { byId, write } from './dom.js';
import { clear, drawSoon, hold, start, take } from './list.js';
import { showState } from './notice.js';
import { emptiness, showStatus } from './strip.js';

/** @typedef {import('./dom.js').LiveEvent} LiveEvent */
/** @typedef {import('./strip.js').Status} Status */

const silenceMs = 5000;
const reopenMs = 5000;
const mostMovie = 2_147_483_647; // TMDB's largest id

const pause = byId('pause');
const key = /** @type {HTMLSelectElement} */ (byId('key')); // as index.html has it
const movie = /** @type {HTMLInputElement} */ (byId('movie')); // likewise

/** @type {Status | null} */
let status = null;
/** @type {EventSource | null} */
let source = null;
let heardAt = 0;
let lastId = '';
let reopening = 0;

/** @param {string} data */
const parse = (data) => /** @type {unknown} */ (JSON.parse(data));

/** What the list shows: what stands in the fields may not be finished. */
let shown = new URLSearchParams();

/** @param {string} text */
const isMovieId = (text) => /^[1-9]\d{0,9}$/.test(text) && Number(text) <= mostMovie;

const query = () => {
  const asked = new URLSearchParams();
  if (key.value !== '') asked.set('key', key.value);
  if (movie.value !== '') asked.set('movie', movie.value);
  return asked;
};

const disconnect = () => {
  clearTimeout(reopening);
  source?.close();
  source = null;
};

const connect = () => {
  disconnect();
  if (document.hidden) return; // a browser has six connections for a host, and each page that is open holds one
  const asked = new URLSearchParams(shown);
  if (lastId !== '') asked.set('last', lastId);
  const opened = new EventSource(`events?${asked.toString()}`);
  source = opened;
  heardAt = performance.now();
  opened.addEventListener('changes', ({ data, lastEventId }) => {
    if (lastEventId !== '') lastId = lastEventId; // a turn without events has none
    take(/** @type {{ events: LiveEvent[], skipped: number }} */ (parse(String(data))));
  });
  opened.addEventListener('status', ({ data }) => {
    heardAt = performance.now();
    status = /** @type {Status} */ (parse(String(data)));
    showStatus(status);
    drawSoon();
  });
  opened.addEventListener('error', () => {
    showState('disconnected', status);
    // Refused: a browser does not ask again by itself.
    if (opened.readyState === EventSource.CLOSED) reopening = setTimeout(connect, reopenMs);
  });
};

/** What is asked for has changed: the list begins anew, and the address says what it shows. */
const refilter = () => {
  const isWrong = movie.value !== '' && !isMovieId(movie.value);
  movie.setCustomValidity(isWrong ? `Give the id of a movie: digits, at most ${mostMovie}.` : '');
  if (!movie.reportValidity()) return;
  shown = query();
  history.replaceState(null, '', shown.size === 0 ? location.pathname : `?${shown.toString()}`);
  lastId = '';
  clear();
  connect();
};

const asked = new URLSearchParams(location.search);
key.value = asked.get('key') ?? '';
if (key.selectedIndex < 0) key.value = '';
movie.value = isMovieId(asked.get('movie') ?? '') ? (asked.get('movie') ?? '') : '';
shown = query();

key.addEventListener('change', refilter);
movie.addEventListener('change', refilter);
byId('filters').addEventListener('submit', (event) => {
  event.preventDefault();
  movie.blur();
});
pause.addEventListener('click', () => {
  const isPaused = pause.ariaPressed !== 'true';
  pause.ariaPressed = String(isPaused);
  write('pause', isPaused ? 'Resume' : 'Pause');
  hold(isPaused);
});
document.addEventListener('visibilitychange', connect);
// A connection can be dead without a word.
setInterval(() => {
  if (source?.readyState === EventSource.OPEN && performance.now() - heardAt > silenceMs) {
    showState('disconnected', status);
    connect();
  }
}, 1000);
start(() => emptiness(status, shown.size > 0));
connect();
