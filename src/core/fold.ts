import type { ChangeEvent } from './map.ts';
import type { Image, Keyword, Video } from './events.ts';
import { canonicalJson } from './json.ts';

/** A video with the language and the region that its last change named; null: none. */
export interface CurrentVideo extends Video {
  readonly iso_639_1: string | null;
  readonly iso_3166_1: string | null;
}

/** The newest that is known of a thing: `changed_at` and `item_id` of the change, and its value, null once deleted. */
type Known<T> = readonly [changedAt: number, itemId: string, value: T | null];

/**
 * What is known of one movie, as plain JSON. What was deleted is remembered, since an older change may still come: it
 * grows with the things that the movie ever had, about 100 bytes each.
 */
export interface MovieState {
  readonly images: { readonly [name: string]: Known<Image> };
  readonly videos: { readonly [name: string]: Known<CurrentVideo> };
  readonly plot_keywords: { readonly [name: string]: Known<Keyword> };
}

const nothing: MovieState = { images: {}, videos: {}, plot_keywords: {} };

type Kind = keyof MovieState;
type Thing = Image | CurrentVideo | Keyword;

const emptyAsNull = (text: string | null): string | null => (text === '' ? null : text);

/** What identifies a thing whatever else of it changes, null where that is missing. A file's language can change. */
const names = {
  images: ({ kind, file_path }: Image) => (kind === null || file_path === null ? null : `${kind}:${file_path}`),
  videos: ({ id }: Pick<Video, 'id'>) => id,
  plot_keywords: ({ id }: Keyword) => (id === null ? null : String(id)),
};

interface Side {
  readonly name: string | null;
  readonly value: Thing;
}

/** Both sides of a change, and which things they are; null for a change of something else. */
const sidesOf = (event: ChangeEvent): { kind: Kind; before: Side | null; after: Side | null } | null => {
  const codes = { iso_639_1: emptyAsNull(event.iso_639_1), iso_3166_1: emptyAsNull(event.iso_3166_1) };
  const sides = <T, V extends Thing>(kind: Kind, nameOf: (value: T) => string | null, valueOf: (value: T) => V) => {
    const [before, after] = [event.before, event.after].map((typed) =>
      // Which of the union the two are, the change key has said by which `sides` is called.
      typed === null ? null : { name: nameOf(typed as T), value: valueOf(typed as T) },
    );
    return { kind, before: before ?? null, after: after ?? null };
  };
  // TMDB names an image's language in the item where it is added, and in both places where it is updated.
  if (event.change_key === 'images')
    return sides('images', names.images, (image: Image) => ({
      ...image,
      iso_639_1: image.iso_639_1 ?? codes.iso_639_1,
      iso_3166_1: image.iso_3166_1 ?? codes.iso_3166_1,
    }));
  if (event.change_key === 'videos') return sides('videos', names.videos, (video: Video) => ({ ...video, ...codes }));
  return event.change_key === 'plot_keywords'
    ? sides('plot_keywords', names.plot_keywords, (keyword: Keyword) => ({ ...keyword }))
    : null;
};

const rank = (value: Thing | null): string => (value === null ? '' : canonicalJson({ ...value }));

/** Whether the second is newer. Of one item the side that it leaves behind is the older one; the rest makes it total. */
const isNewer = (known: Known<Thing>, next: Known<Thing>): boolean => {
  if (known[0] !== next[0]) return known[0] < next[0];
  return known[1] === next[1] ? rank(known[2]) < rank(next[2]) : known[1] < next[1];
};

const learn = (state: MovieState, kind: Kind, [name, next]: readonly [string, Known<Thing>]): MovieState => {
  const all: { readonly [name: string]: Known<Thing> } = state[kind];
  const known = Object.hasOwn(all, name) ? all[name] : undefined;
  return known === undefined || isNewer(known, next) ? { ...state, [kind]: { ...all, [name]: next } } : state;
};

/**
 * The state after one more change of the movie; the same state where it says nothing new. Changes may come in any order
 * and more than once: the newest by `changed_at`, then by `item_id`, is what counts.
 */
export const fold = (state: MovieState | undefined, event: ChangeEvent): MovieState => {
  const sides = sidesOf(event);
  const begun = state ?? nothing;
  if (sides === null) return begun;
  const { kind, before, after } = sides;
  const isGone = event.op === 'd';
  const told = [
    ...(before === null ? [] : [{ name: before.name, value: null, isTold: isGone || after !== null }]),
    ...(after === null ? [] : [{ name: after.name, value: isGone ? null : after.value, isTold: true }]),
  ];
  return told.reduce(
    (next, { name, value, isTold }) =>
      name === null || !isTold ? next : learn(next, kind, [name, [event.changed_at, event.item_id, value]]),
    begun,
  );
};

const present = <T>(all: { readonly [name: string]: Known<T> }): readonly T[] =>
  Object.entries(all)
    .toSorted(([a, [at]], [b, [bt]]) => at - bt || (a < b ? -1 : 1))
    .flatMap(([, [, , value]]) => (value === null ? [] : [value]));

/** What a movie has now, as far as its changes tell; those changed last come last. */
export const currentOf = (state: MovieState | undefined) => {
  const { images, videos, plot_keywords } = state ?? nothing;
  return { images: present(images), videos: present(videos), keywords: present(plot_keywords) };
};

/** The states of many movies, kept in memory; `saved` is what `JSON.stringify` made of another one, parsed. */
export const latest = (saved: Readonly<Record<string, MovieState>> = {}) => {
  const states = new Map(Object.entries(saved));
  return {
    add: (event: ChangeEvent): void => {
      states.set(String(event.movie_id), fold(states.get(String(event.movie_id)), event));
    },
    of: (movieId: number) => currentOf(states.get(String(movieId))),
    toJSON: (): Readonly<Record<string, MovieState>> => Object.fromEntries(states),
  };
};
