import type { Json } from '../core/json.ts';

/** A number in [0, 1) for each call. */
export type Random = () => number;

/** A value, made up. */
export type Make = (random: Random) => Json;

export const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');

export const pick = <T>(all: readonly T[], random: Random): T => all[Math.floor(random() * all.length)] as T; // never empty

const number = (random: Random, below: number): number => Math.floor(random() * below);

const oneOf =
  (...all: readonly Json[]): Make =>
  (random) =>
    pick(all, random);

export const word = (random: Random): string =>
  pick(['river', 'heist', 'Amélie', 'robot', '東京', 'winter', 'duel', 'jazz'], random);

export const imageKind = (random: Random): string => pick(['poster', 'poster', 'backdrop', 'title_logo'], random);
export const path = (random: Random): string => `/${hex(random, 27)}.jpg`;

export const text: Make = (random) => `A ${word(random)} story`;
export const tagline: Make = (random) => ({ primary: random() < 0.5, tagline: `${word(random)} !` });
export const money: Make = (random) => number(random, 3e9);
export const minutes: Make = (random) => 60 + number(random, 120);
export const status = oneOf('Rumored', 'Planned', 'In Production', 'Post Production', 'Released');
export const translation = oneOf('fr-CA', 'pt-BR', 'de-DE', 'zh-TW');
export const country = oneOf('US', 'FR', 'JP', 'DE');
export const countries = oneOf(['US'], ['US', 'GB'], ['FR'], []);
export const languages = oneOf(['en'], ['en', 'fr'], ['ja']);
export const yes: Make = (random) => random() < 0.5;
export const type = oneOf('Movie');
export const homepage: Make = (random) => `https://example.org/${hex(random, 8)}`;
export const imdbId: Make = (random) => `tt${String(number(random, 1e7)).padStart(7, '0')}`;

export const video: Make = (random) => ({
  id: hex(random, 24),
  key: hex(random, 11),
  name: `Trailer: ${word(random)}`,
  site: 'YouTube',
  size: 1080,
  type: 'Trailer',
});
export const keyword: Make = (random) => ({ id: 1 + number(random, 300_000), name: word(random) });
export const tone: Make = (random) => ({ id: 1 + number(random, 300_000), name: word(random), group: 'tones' });
export const genre = oneOf(
  { id: 18, name: 'Drama' },
  { id: 878, name: 'Science Fiction' },
  { id: 10402, name: 'Music' },
);
export const company: Make = (random) => ({ name: `${word(random)} pictures`, id: 1 + number(random, 200_000) });

const credit = (random: Random) => ({
  person_id: 1 + number(random, 5e6),
  cast_id: number(random, 500),
  credit_id: hex(random, 24),
});
export const cast: Make = (random) => ({ ...credit(random), character: word(random), order: number(random, 60) });
export const character: Make = (random) => ({ ...credit(random), character: '' });
export const crew: Make = (random) => ({
  ...credit(random),
  ...pick(
    [{ department: 'Directing', job: 'Director' } as const, { department: 'Sound', job: 'Foley' } as const],
    random,
  ),
});
export const releaseDate: Make = (random) => ({
  certification: pick(['', 'PG-13', '12'], random),
  iso_3166_1: pick(['US', 'FR', 'DE'], random),
  iso_639_1: pick(['', '', null], random),
  note: '',
  release_date: `202${number(random, 9)}-0${1 + number(random, 9)}-15`,
  type: 1 + number(random, 6),
  ...(random() < 0.3 ? { descriptors: ['Violence', 'Language'] } : {}),
});
export const alternativeTitle: Make = (random) => ({
  title: `The ${word(random)}`,
  type: pick(['', 'working title'], random),
  iso_3166_1: pick(['US', 'FR', 'JP'], random),
});
