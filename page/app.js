import { byId, write } from './dom.js';
import { clear, drawSoon, hold, start, take } from './list.js';
import { showState } from './notice.js';
import { emptiness, showStatus } from './strip.js';
import { cut } from './words.js';

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
let asking = new AbortController();

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
  asking.abort();
  source?.close();
  source = null;
};

/**
 * A stream that is closed by an answer does not tell which: the same is asked once more, for that alone.
 * @param {string} address @param {AbortSignal} signal
 * @returns {Promise<string | null>} the sentence; empty where there is none, null where the stream would be given now
 */
const askWhy = async (address, signal) => {
  const answer = await fetch(address, { signal });
  if (answer.ok || answer.headers.get('content-type')?.startsWith('text/plain') !== true) {
    await answer.body?.cancel();
    return answer.ok ? null : '';
  }
  return cut((await answer.text()).trim());
};

/** @param {string} address */
const tellWhy = async (address) => {
  asking = new AbortController();
  const { signal } = asking;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(reopenMs)]);
  const sentence = await askWhy(address, limit).catch(() => '');
  if (signal.aborted) return;
  showState(sentence === null ? 'connecting' : 'disconnected', status, sentence ?? '');
  reopening = setTimeout(connect, reopenMs); // a browser does not ask again by itself
};

const connect = () => {
  disconnect();
  if (document.hidden) return; // a browser has six connections for a host, and each page that is open holds one
  const asked = new URLSearchParams(shown);
  if (lastId !== '') asked.set('last', lastId);
  const address = `events?${asked.toString()}`;
  const opened = new EventSource(address);
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
    if (opened.readyState === EventSource.CLOSED) void tellWhy(address);
    else showState('disconnected', status);
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
