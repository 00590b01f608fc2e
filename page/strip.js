import { byId, clock, duration, shortDay, since, write } from './dom.js';
import { showState } from './notice.js';

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
