import {
  alternativeTitle,
  boolean,
  credit,
  general,
  image,
  keyword,
  named,
  number,
  releaseDate,
  tagline,
  text,
  textList,
  video,
  type Shape,
} from './shapes.ts';

/**
 * Every TMDB change key that has a topic of its own. One row = one topic. A key whose shape was never recorded for any
 * entity (belongs_to_collection, freebase_id, languages, original_language, parts) has none: a wrong shape cannot be
 * taken back.
 */
export const changeKeys = {
  _type: text,
  adult: boolean, // as recorded for persons
  alternative_titles: alternativeTitle,
  budget: number,
  cast: credit,
  certifications: releaseDate, // as recorded for series: two members of it
  character_names: credit,
  crew: credit,
  general,
  genres: named,
  homepage: text,
  images: image,
  imdb_id: text,
  origin_country: textList,
  original_title: text,
  overview: text,
  plot_keywords: keyword,
  production_code: text, // as recorded for episodes
  production_companies: named,
  production_countries: text,
  release_dates: releaseDate,
  releases: releaseDate, // what release_dates was called before
  revenue: number,
  runtime: number,
  spoken_languages: textList,
  status: text,
  tagline,
  title: text,
  translations: text,
  video: boolean,
  videos: video,
} as const satisfies Record<string, Shape>;

export type ChangeKey = keyof typeof changeKeys;

/** Whether TMDB's change key has a topic of its own; `constructor` and the like have none. */
export const isChangeKey = (key: string): key is ChangeKey => Object.hasOwn(changeKeys, key);
