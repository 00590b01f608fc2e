import { byId, since, write } from './dom.js';

/** @typedef {import('./strip.js').Status} Status */

/**
 * @typedef {object} Notice
 * @property {'calm' | 'warn' | 'bad'} tone
 * @property {(status: Status, refusal: string) => string} say
 * @property {(status: Status) => string | undefined} [from] since when; told beside it, for it is another each second
 */

/**
 * What a state means, where it asks for attention. Each is read aloud whenever it changes.
 * @type {Readonly<Record<string, Notice>>}
 */
const notices = {
  starting: { tone: 'calm', say: () => 'The service is starting.' },
  standby: {
    tone: 'calm',
    say: () => 'This instance stands by: another one asks TMDB, and what that one commits is shown here.',
  },
  stopping: { tone: 'calm', say: () => 'The service is stopping.' },
  paused: {
    tone: 'warn',
    say: ({ paused }) => {
      if (paused === null) return 'Paused: TMDB is not asked. “tmdb-cdc resume” goes on from here.';
      const why = paused.reason === null ? '' : ` (“${paused.reason}”)`;
      return `Paused by ${paused.by}${why}. “tmdb-cdc resume” goes on from here.`;
    },
    from: ({ paused }) => paused?.at,
  },
  degraded: {
    tone: 'warn',
    say: ({ degraded }) => {
      const what = degraded === null ? '' : ` (${degraded.code})`;
      return `TMDB does not answer as it should${what}. It is asked again until it does; nothing is lost.`;
    },
    from: ({ degraded }) => degraded?.since,
  },
  waiting: {
    tone: 'bad',
    say: () => 'Kafka does not answer. The service waits for it; what is shown below was committed before.',
  },
  stuck: {
    tone: 'bad',
    say: () => 'No request to TMDB has ended for too long. “tmdb-cdc doctor” looks for the reason.',
  },
  disconnected: {
    tone: 'bad',
    say: (_, refusal) => {
      const why = refusal === '' ? 'The service does not answer' : `Refused: ${refusal}`;
      return `${why}. Trying again; what is shown below was committed before.`;
    },
  },
};

/**
 * @param {string} state
 * @param {Status | null} status
 * @param {string} [refusal] what the service says where it does not give the stream
 */
export const showState = (state, status, refusal = '') => {
  const word = byId('state');
  word.dataset['state'] = state;
  write('state', state);
  document.title = state === 'live' || state === 'connecting' ? 'tmdb-cdc' : `${state} – tmdb-cdc`;
  const bar = byId('notice');
  const notice = notices[state];
  bar.dataset['tone'] = notice?.tone ?? '';
  const known = /** @type {Status} */ (status); // only "disconnected" comes without, and that does not look at it
  write('notice-text', notice?.say(known, refusal) ?? '');
  const from = notice?.from?.(known);
  write('notice-time', from === undefined ? '' : `for ${since(from)}`);
};
