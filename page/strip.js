import { byId, clock, duration, shortDay, since, write } from './dom.js';

/**
 * @typedef {object} Status the body of /status
 * @property {string} state
 * @property {string | null} startedAt
 * @property {number | 'all'} watching
 * @property {string | null} nextPollAt
 * @property {string | null} observedThrough
 * @property {string | null} completeThrough
 * @property {{ lastSeconds: number, p95Seconds: number } | null} delay
 * @property {{ used: number, limit: number }} budget
 * @property {number} changesPerSecond
 * @property {number | null} deadLetters
 * @property {{ code: string, count: number, at: string } | null} lastFault
 * @property {{ code: string, since: string } | null} degraded
 * @property {{ at: string, by: string, reason: string | null } | null} paused
 */

const none = '–';

/** @typedef {readonly [tone: 'calm' | 'warn' | 'bad', say: (status: Status) => string]} Notice */

/**
 * What a state means, where it asks for attention.
 * @type {Readonly<Record<string, Notice>>}
 */
const notices = {
  starting: ['calm', () => 'The service is starting.'],
  standby: ['calm', () => 'This instance stands by: another one asks TMDB, and what that one commits is shown here.'],
  stopping: ['calm', () => 'The service is stopping.'],
  paused: [
    'warn',
    ({ paused }) => {
      if (paused === null) return 'Paused: TMDB is not asked. “tmdb-cdc resume” goes on from here.';
      const why = paused.reason === null ? '' : ` (“${paused.reason}”)`;
      return `Paused by ${paused.by} ${since(paused.at)} ago${why}. “tmdb-cdc resume” goes on from here.`;
    },
  ],
  degraded: [
    'warn',
    ({ degraded }) => {
      const what = degraded === null ? '' : ` (${degraded.code} for ${since(degraded.since)})`;
      return `TMDB does not answer as it should${what}. It is asked again until it does; nothing is lost.`;
    },
  ],
  waiting: ['bad', () => 'Kafka does not answer. The service waits for it; what is shown below was committed before.'],
  stuck: ['bad', () => 'No request to TMDB has ended for too long. “tmdb-cdc doctor” looks for the reason.'],
  disconnected: ['bad', () => 'The service does not answer. Trying again; what is shown below was committed before.'],
};

/** @param {string} state @param {Status | null} status */
export const showState = (state, status) => {
  const word = byId('state');
  word.dataset['state'] = state;
  write('state', state);
  document.title = state === 'live' || state === 'connecting' ? 'tmdb-cdc' : `${state} – tmdb-cdc`;
  const notice = byId('notice');
  const [tone, say] = notices[state] ?? ['', null];
  notice.dataset['tone'] = tone;
  notice.hidden = say === null;
  // Without a status only what needs none is said: the one that is shown was true before.
  write(
    'notice',
    say === null || (status === null && state !== 'disconnected') ? '' : say(/** @type {Status} */ (status)),
  );
};

/** @type {number[]} */
const paces = [];
const width = 118;

/** @param {number} pace changes a second, one point a second for a minute */
const drawPace = (pace) => {
  paces.push(pace);
  if (paces.length > 60) paces.shift();
  const top = Math.max(1, ...paces);
  const points = paces.map(
    (each, at) =>
      `${(width - ((paces.length - 1 - at) * width) / 59).toFixed(1)},${(14 - (each / top) * 12).toFixed(1)}`,
  );
  byId('pace-line').lastElementChild?.setAttribute('points', points.join(' '));
};

/** @param {Status} status */
const showFault = ({ lastFault, startedAt }) => {
  write('fault', lastFault === null ? 'none' : lastFault.code.replaceAll('_', '_\u200b')); // it may wrap there
  byId('fault').dataset['tone'] = lastFault === null ? 'none' : 'code';
  const times = lastFault?.count === 1 ? 'once' : `${lastFault?.count ?? 0} times`;
  if (lastFault !== null) write('fault-note', `${times}, ${since(lastFault.at)} ago`);
  else write('fault-note', startedAt === null ? '' : `since ${clock(Date.parse(startedAt), 5)}`);
};

/** @param {string | null} instant */
const instantOf = (instant) => (instant === null ? none : `${clock(Date.parse(instant), 5)} UTC`);

/** @param {Status} status */
export const showStatus = (status) => {
  const { delay, observedThrough, completeThrough, budget, changesPerSecond, deadLetters } = status;
  write('delay', delay === null ? none : duration(delay.lastSeconds));
  write('delay-note', delay === null ? 'no change of late' : `p95 ${duration(delay.p95Seconds)}`);
  write('observed', instantOf(observedThrough));
  write('complete', completeThrough === null ? 'no day is final yet' : `final to ${shortDay(completeThrough)}`);
  write('budget', `${budget.used.toFixed(1)} of ${budget.limit}/s`);
  const meter = byId('budget-meter');
  if (meter instanceof HTMLMeterElement) [meter.max, meter.value] = [budget.limit, budget.used];
  write('pace', `${changesPerSecond < 10 ? Number(changesPerSecond.toFixed(1)) : Math.round(changesPerSecond)}/s`);
  drawPace(changesPerSecond);
  write('letters', deadLetters === null ? none : String(deadLetters));
  write('letters-note', deadLetters === null || deadLetters === 0 ? 'all is readable' : 'see dead-letters');
  byId('letters').dataset['tone'] = (deadLetters ?? 0) > 0 ? 'some' : 'none';
  showFault(status);
  showState(status.state, status);
};

/** @param {Status | null} status @param {boolean} isFiltered @returns {string} what an empty list means */
export const emptiness = (status, isFiltered) => {
  if (isFiltered) return 'No such change among the latest. What comes is shown here.';
  if (status === null) return 'Nothing has changed yet.';
  const { watching, startedAt, nextPollAt } = status;
  const movies = watching === 'all' ? 'every movie' : `${watching} ${watching === 1 ? 'movie' : 'movies'}`;
  const from = startedAt === null ? '' : ` since ${clock(Date.parse(startedAt), 5)} UTC`;
  const seconds = nextPollAt === null ? null : (Date.parse(nextPollAt) - Date.now()) / 1000;
  const next =
    seconds === null ? '' : seconds < 1 ? '; the next look is now' : `; the next look is in ${duration(seconds)}`;
  return `Nothing has changed yet. Watching ${movies}${from}${next}.`;
};
