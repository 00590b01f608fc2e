import { arrow, isNothing, make, member, textOf } from './dom.js';
import { thumbnail } from './images.js';
import { cut } from './words.js';

/** Where videos are shown, and how their address is made. */
const players = new Map([
  ['YouTube', 'https://www.youtube.com/watch?v='],
  ['Vimeo', 'https://vimeo.com/'],
]);

/** @param {unknown} side @param {boolean} isOld */
const imageOf = (side, isOld) => {
  const box = thumbnail(textOf(member(side, 'kind')), textOf(member(side, 'file_path')) || null);
  if (isOld) box.classList.add('old');
  return box;
};

/** @param {unknown} side */
const placeOf = (side) =>
  [member(side, 'iso_639_1'), member(side, 'iso_3166_1')].filter((code) => !isNothing(code)).join('-');

/** @param {unknown} before @param {unknown} after */
export const image = (before, after) => {
  if (isNothing(before) || isNothing(after))
    return [make('p', 'images', imageOf(isNothing(after) ? before : after, isNothing(after)))];
  if (member(before, 'file_path') !== member(after, 'file_path'))
    return [make('p', 'images', imageOf(before, true), arrow(), imageOf(after, false))];
  const [was, is] = [placeOf(before), placeOf(after)].map((place) => place || 'no language');
  const words = make('span', 'code', make('del', 'bare-del', was ?? ''), arrow(), make('ins', 'bare-ins', is ?? ''));
  return [make('p', 'images', imageOf(after, false), ...(was === is ? [] : [words]))];
};

/** @param {unknown} side @param {boolean} isGone */
const videoOf = (side, isGone) => {
  const [name, site, key] = ['name', 'site', 'key'].map((each) => textOf(member(side, each)));
  const player = players.get(site ?? '');
  const title = cut(name || key || 'video', 120);
  if (isGone || player === undefined || !/^[\w-]+$/.test(key ?? '')) return make(isGone ? 'del' : 'span', '', title);
  const link = make('a', '', title);
  link.href = player + (key ?? '');
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  return link;
};

/** @param {unknown} before @param {unknown} after */
export const video = (before, after) => {
  const side = isNothing(after) ? before : after;
  const size = member(side, 'size');
  const about = [member(side, 'type'), member(side, 'site'), typeof size === 'number' ? `${size}p` : ''].filter(
    (each) => !isNothing(each),
  );
  const line = make('p', 'video', make('span', 'play', '▶'));
  if (!isNothing(before) && !isNothing(after) && member(before, 'name') !== member(after, 'name'))
    line.append(videoOf(before, true), arrow());
  line.append(videoOf(side, isNothing(after)), make('span', 'dim', cut(about.join(' · '), 100)));
  return [line];
};
