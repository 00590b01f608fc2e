import type { Json } from '../core/json.ts';
import { toTmdbTime } from '../core/time.ts';
import type { Entry } from './world.ts';

/** A number in [0, 1) for each call. */
export type Random = () => number;

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

/** A Mongo ObjectId of a second. */
const idAt = (at: number, random: Random): string =>
  Math.floor(at / 1000)
    .toString(16)
    .padStart(8, '0') + hex(random, 16);

const pick = <T>(all: readonly T[], random: Random): T => all[Math.floor(random() * all.length)] as T; // never empty

const word = (random: Random): string =>
  pick(['river', 'heist', 'Amélie', 'robot', '東京', 'winter', 'duel', 'jazz'], random);

type Values = Readonly<Record<string, Json>>;
type Maker = (random: Random) => readonly [key: string, action: string, values: Values];

const path = (random: Random): string => `/${hex(random, 27)}.jpg`;
const kind = (random: Random): string => pick(['poster', 'poster', 'backdrop', 'title_logo'], random);
const video = (random: Random, name: string): Json => ({
  id: hex(random, 24),
  key: hex(random, 11),
  name,
  site: 'YouTube',
  size: 1080,
  type: 'Trailer',
});
const keyword = (random: Random): Json => ({ id: 1 + Math.floor(random() * 300_000), name: word(random) });

const imageAdded: Maker = (random) => [
  'images',
  'added',
  { iso_639_1: '', value: { [kind(random)]: { file_path: path(random) } } },
];
const imageUpdated: Maker = (random) => {
  const [name, file_path, language] = [kind(random), path(random), pick(['en', 'fr', 'pt'], random)];
  const side = (iso_639_1: string | null): Json => ({ [name]: { file_path, iso_639_1 } });
  return ['images', 'updated', { iso_639_1: language, value: side(language), original_value: side(null) }];
};
const imageDeleted: Maker = (random) => [
  'images',
  'deleted',
  { original_value: { [kind(random)]: { file_path: path(random) } } },
];
const videoAdded: Maker = (random) => [
  'videos',
  'added',
  { iso_639_1: 'en', value: video(random, `Trailer: ${word(random)}`) },
];
const videoUpdated: Maker = (random) => {
  const [before, after] = [video(random, word(random)), word(random)];
  return [
    'videos',
    'updated',
    { iso_639_1: 'en', value: { ...(before as object), name: after }, original_value: before },
  ];
};
const keywordAdded: Maker = (random) => ['plot_keywords', 'added', { value: keyword(random) }];
const keywordDeleted: Maker = (random) => [
  'plot_keywords',
  'deleted',
  { original_value: { ...(keyword(random) as object), group: 'tones' } },
];
const overview: Maker = (random) => [
  'overview',
  'updated',
  { iso_639_1: 'en', value: `A ${word(random)} story.`, original_value: '' },
];
const revenue: Maker = (random) => ['revenue', 'updated', { value: Math.floor(random() * 3e9), original_value: 0 }];
const tagline: Maker = (random) => [
  'tagline',
  'added',
  { iso_639_1: 'fr', value: { primary: false, tagline: `${word(random)} !` } },
];

/** The make-up of the example in TMDB's documentation: 11 images, 1 keyword, 2 videos. */
const example: readonly Maker[] = [
  ...[imageAdded, imageUpdated, imageAdded, imageUpdated, imageAdded, imageAdded, imageAdded, imageAdded],
  ...[imageUpdated, imageUpdated, imageUpdated, keywordDeleted, videoAdded, videoUpdated],
];
const live: readonly Maker[] = [
  ...[imageAdded, imageAdded, imageUpdated, imageUpdated, imageDeleted, videoAdded, videoUpdated],
  ...[keywordAdded, keywordDeleted, overview, revenue, tagline],
];

const make = (maker: Maker, { movieId, at }: { movieId: number; at: number }, random: Random): Entry => {
  const [key, action, values] = maker(random);
  const item = { id: idAt(at, random), action, time: toTmdbTime(at), iso_639_1: '', iso_3166_1: '', ...values };
  return { movieId, key, item, at, visibleAt: at };
};

/** The documented example, one change a minute up to now. */
export const exampleOf = (movieId: number, now: number, random: Random): Entry[] =>
  example.map((maker, place) => make(maker, { movieId, at: now - (example.length - place) * 60_000 }, random));

/** One more edit of a movie, now. */
export const editOf = (movieId: number, now: number, random: Random): Entry =>
  make(pick(live, random), { movieId, at: now }, random);
