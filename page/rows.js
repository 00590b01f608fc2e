import { clock, duration, make, member, textOf } from './dom.js';
import { change } from './values.js';

/** @typedef {import('./dom.js').LiveEvent} LiveEvent */

/** Sign and class by what happened: a sign and a word, never the colour alone. */
const signs = new Map([
  ['c', ['+', 'added']],
  ['u', ['~', 'updated']],
  ['d', ['−', 'deleted']],
]);

/** @param {LiveEvent} event what an image is, and where it or the text is meant for */
const aboutOf = ({ topic, value }) => {
  const side = value.after ?? value.before;
  const kind = topic === 'images' ? textOf(member(side, 'kind')).replace('title_logo', 'logo') : '';
  const [language, region] = [value.iso_639_1, value.iso_3166_1];
  const place = [language || textOf(member(side, 'iso_639_1')), region || textOf(member(side, 'iso_3166_1'))]
    .filter(Boolean)
    .join('-');
  return [kind, place].filter(Boolean).join(' · ');
};

/** @param {number} movie */
const linkTo = (movie) => {
  const link = make('a', '', `movie ${movie}`);
  link.href = `https://www.themoviedb.org/movie/${movie}`;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
};

/** @param {LiveEvent} event */
const when = ({ committedAt, value }) => {
  const time = make('time', '', clock(committedAt, 8));
  time.dateTime = new Date(committedAt).toISOString();
  time.title = `committed ${time.dateTime}`;
  return make('p', 'when', time, make('span', 'dim', `+${duration((committedAt - value.changed_at) / 1000)}`));
};

/**
 * An event as a row of the list.
 * @param {LiveEvent} event
 * @returns {HTMLLIElement}
 */
export const rowOf = (event) => {
  const { topic, partition, offset, value } = event;
  const [sign, tone] = signs.get(value.op) ?? ['?', 'unknown'];
  const head = make('p', 'head', make('b', '', value.change_key), ' ');
  const about = aboutOf(event);
  if (about !== '') head.append(make('span', 'dim', about), ' ');
  head.append(linkTo(value.movie_id));
  const place = make('p', 'place', `${partition} · ${offset}`);
  place.title = 'partition · offset';
  const badge = make('p', `badge ${tone ?? ''}`, `${sign ?? ''} ${value.action}`);
  return make('li', '', when(event), badge, make('div', 'what', head, ...change(topic, value)), place);
};

/** @param {LiveEvent} event @returns {string} for a reader of the screen */
export const spoken = ({ value }) => `${value.change_key} of movie ${value.movie_id}, ${value.action}`;
