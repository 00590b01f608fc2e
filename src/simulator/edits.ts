import { isJsonObject, type Json } from '../core/json.ts';
import { toTmdbTime } from '../core/time.ts';
import * as made from './values.ts';
import { hex, imageKind, path, pick, word, type Make, type Random } from './values.ts';
import type { Entry } from './world.ts';

/** A Mongo ObjectId of a second. */
const idAt = (at: number, random: Random): string =>
  Math.floor(at / 1000)
    .toString(16)
    .padStart(8, '0') + hex(random, 16);

type Values = Readonly<Record<string, Json>>;
type Maker = (random: Random) => readonly [key: string, action: string, values: Values];

/** `more`: the item's own codes, or what stands on the empty side. */
const added =
  (key: string, make: Make, more: Values = {}): Maker =>
  (random) => [key, 'added', { ...more, value: make(random) }];
const deleted =
  (key: string, make: Make, more: Values = {}): Maker =>
  (random) => [key, 'deleted', { ...more, original_value: make(random) }];
/** An object keeps the members that the second does not make. */
const updated =
  (key: string, [make, change]: readonly [Make, Make], more: Values = {}): Maker =>
  (random) => {
    const [before, after] = [make(random), change(random)];
    const value = isJsonObject(before) && isJsonObject(after) ? { ...before, ...after } : after;
    return [key, 'updated', { ...more, value, original_value: before }];
  };

const image: Make = (random) => ({ [imageKind(random)]: { file_path: path(random) } });
const imageAdded = added('images', image);
const imageDeleted = deleted('images', image);
const imageUpdated: Maker = (random) => {
  const [name, file_path, language] = [imageKind(random), path(random), pick(['en', 'fr', 'pt'], random)];
  const side = (iso_639_1: string | null): Json => ({ [name]: { file_path, iso_639_1 } });
  return ['images', 'updated', { iso_639_1: language, value: side(language), original_value: side(null) }];
};
const english = { iso_639_1: 'en', iso_3166_1: 'US' };
const french = { iso_639_1: 'fr', iso_3166_1: 'FR' };
const videoAdded = added('videos', made.video, english);
const videoUpdated = updated('videos', [made.video, (random) => ({ name: word(random) })], english);
const keywordDeleted = deleted('plot_keywords', made.tone);
const created: Maker = () => ['general', 'created', {}];
const videoFlag: Maker = (random) => ['video', 'updated', { value: made.yes(random) }];

/** The make-up of the example in TMDB's documentation: 11 images, 1 keyword, 2 videos. */
const example: readonly Maker[] = [
  ...[imageAdded, imageUpdated, imageAdded, imageUpdated, imageAdded, imageAdded, imageAdded, imageAdded],
  ...[imageUpdated, imageUpdated, imageUpdated, keywordDeleted, videoAdded, videoUpdated],
];

/** Every change key, by roughly its share of what was recorded; the rare ones come a little more often than they do. */
const live: readonly Maker[] = (
  [
    [10, imageAdded],
    [8, imageUpdated],
    [3, imageDeleted],
    [5, added('cast', made.cast)],
    [2, deleted('cast', made.cast)],
    [4, added('crew', made.crew)],
    [2, deleted('crew', made.crew)],
    [3, videoAdded],
    [2, videoUpdated],
    [2, added('release_dates', made.releaseDate)],
    [1, updated('release_dates', [made.releaseDate, made.releaseDate])],
    [2, added('plot_keywords', made.keyword)],
    [1, keywordDeleted],
    [2, updated('revenue', [made.money, made.money])],
    [1, updated('character_names', [made.character, (random) => ({ character: word(random) })])],
    [1, added('alternative_titles', made.alternativeTitle)],
    [1, deleted('alternative_titles', made.alternativeTitle)],
    [2, updated('overview', [made.text, made.text], english)],
    [1, added('tagline', made.tagline, french)],
    [1, updated('title', [made.text, made.text], english)],
    [1, updated('runtime', [made.minutes, made.minutes], english)],
    [1, added('translations', made.translation)],
    [1, added('homepage', made.homepage, { ...french, original_value: '' })],
    [1, deleted('homepage', made.homepage, { ...french, value: '' })],
    [1, updated('status', [made.status, made.status])],
    [1, updated('budget', [made.money, made.money])],
    [1, added('_type', made.type)],
    [1, created],
    [1, added('original_title', made.text)],
    [1, added('spoken_languages', made.languages, { original_value: [] })],
    [1, added('production_companies', made.company)],
    [1, added('imdb_id', made.imdbId)],
    [1, videoFlag],
    [1, added('genres', made.genre)],
    [1, added('production_countries', made.country)],
    [1, updated('origin_country', [made.countries, made.countries])],
  ] as const
).flatMap(([share, maker]) => Array.from({ length: share }, () => maker));

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
