import type { ChangeEvent } from '../../src/core/map.ts';
import type { LiveEvent } from '../../src/core/ring.ts';

type Side = Readonly<Record<string, unknown>> | string | number | boolean | readonly string[] | null;

interface Told {
  readonly before?: Side;
  readonly after?: Side;
  readonly place?: string;
  readonly movie?: number;
  readonly raw?: string;
  readonly key?: string;
  /** How late it was committed, in seconds. */
  readonly late?: number;
}

const actions = { c: 'added', u: 'updated', d: 'deleted' } as const;

/** An event of a topic; whether it was added, updated or deleted is told by its sides. */
export const change = (topic: string, told: Told, [nth, ms]: readonly [number, number]): LiveEvent => {
  const { before = null, after = null, place = '', movie = 550, raw = null, key = topic, late = 46 } = told;
  const op = before === null ? 'c' : after === null ? 'd' : 'u';
  const [language = '', region = ''] = place.split('-');
  const value = {
    movie_id: movie,
    item_id: `65a5e1d0aa${String(nth).padStart(14, '0')}`,
    change_key: key,
    op,
    action: actions[op],
    changed_at: ms - late * 1000,
    iso_639_1: language,
    iso_3166_1: region,
    before,
    after,
    observed_at: ms - 1000,
    raw,
  };
  return { topic, partition: nth % 6, offset: String(18_000 + nth), committedAt: ms, value: value as ChangeEvent }; // as the topic's schema has it
};

const poster = (file: string, language: string | null = null, kind = 'poster') => ({
  kind,
  file_path: `/${file}.jpg`,
  iso_639_1: language,
  iso_3166_1: null,
});
const video = (name: string, type: string, site = 'YouTube') => ({
  id: '65a5e1d5aa000000000000c1',
  key: 'abc_DEF-123',
  name,
  site,
  size: 1080,
  type,
});
const credit = {
  person_id: 819,
  credit_id: '52fe4250c3a36847f80149f3',
  cast_id: 4,
  character: 'The Narrator',
  order: 0,
  department: null,
  job: null,
};
const release = {
  iso_3166_1: 'DE',
  iso_639_1: '',
  certification: '18',
  release_date: '1999-11-11T00:00:00.000Z',
  type: 3,
  note: '',
  descriptors: [],
};

const overview =
  'A retired mapmaker and her restless grandson follow a river that is on no map into a valley that keeps its own time. Their quiet walk becomes a careful search when every village they reach seems to remember them, until a storm closes the pass and sends them home by another way.';

/** A row of each kind and then some, as a movie night would bring them; the newest last. */
export const everyKind: readonly (readonly [topic: string, told: Told])[] = [
  ['budget', { before: 63_000_000, after: 63_500_000, movie: 807, late: 24 }],
  ['cast', { after: credit, movie: 550, late: 41 }],
  ['release_dates', { before: release, after: { ...release, certification: '16', note: 'cut' }, movie: 550, late: 12 }],
  ['spoken_languages', { before: ['en'], after: ['en', 'fr'], movie: 194, late: 33 }],
  ['genres', { after: { id: 878, name: 'Science Fiction' }, movie: 603, late: 15 }],
  ['alternative_titles', { after: { title: 'El club de la pelea', iso_3166_1: 'AR', type: '' }, movie: 550, late: 52 }],
  [
    'other',
    { key: 'belongs_to_collection', after: '{"id":2344,"name":"The Matrix Collection"}', movie: 603, late: 64 },
  ],
  ['images', { before: poster('old-logo', 'en', 'title_logo'), movie: 335, late: 57 }],
  [
    'homepage',
    {
      before: 'https://example.org/amelie',
      after: 'https://example.org/le-fabuleux-destin',
      place: 'fr-FR',
      movie: 194,
      late: 39,
    },
  ],
  ['images', { before: poster('harbour'), after: poster('harbour', 'pt'), place: 'pt', movie: 424, late: 22 }],
  [
    'videos',
    {
      before: video('Official Teaser', 'Teaser', 'Vimeo'),
      after: video('Official Teaser [4K]', 'Teaser', 'Vimeo'),
      place: 'en-US',
      movie: 27205,
      late: 18,
    },
  ],
  ['video', { before: false, after: true, movie: 680, late: 30 }],
  ['title', { before: '千と千尋の神隠', after: '千と千尋の神隠し', place: 'ja-JP', movie: 129, late: 27 }],
  ['plot_keywords', { before: { id: 818, name: 'dystopia', group: null }, movie: 603, late: 25 }],
  ['images', { after: poster('mountains', null, 'backdrop'), movie: 27205, late: 35 }],
  [
    'title',
    { before: 'Der <script>alert(1)</script> Club', after: 'Fight Club', place: 'de-DE', movie: 550, late: 20 },
  ],
  ['runtime', { before: 139, after: 140, place: 'en-US', movie: 550, late: 27 }],
  ['plot_keywords', { after: { id: 4379, name: 'time travel', group: null }, movie: 105, late: 16 }],
  ['videos', { before: video('Fan edit: the office', 'Clip'), place: 'en-US', movie: 27205, late: 82 }],
  [
    'tagline',
    {
      after: { tagline: '강은 모든 것을 기억한다.', primary: null },
      place: 'ko-KR',
      movie: 550,
      late: 13,
    },
  ],
  ['videos', { after: video('Behind the scenes: the rooftop', 'Featurette'), place: 'en-US', movie: 155, late: 37 }],
  [
    'overview',
    {
      before: overview.replace('careful search', 'search').replace('village they reach', 'town they enter'),
      after: overview,
      place: 'en-US',
      movie: 550,
      late: 59,
    },
  ],
  ['images', { before: poster('night'), after: poster('dawn', 'en'), place: 'en', movie: 19995, late: 46 }],
];

/** The same with places and times: a second and a half apart, the newest at `now`. */
export const eventsAt = (now: number, from = 0): LiveEvent[] =>
  everyKind.map(([topic, told], at) => change(topic, told, [from + at, now - (everyKind.length - 1 - at) * 1500]));

/** The status of a service that does well; times in ms since 1970. */
export const statusAt = (now: number) => ({
  version: '0.1.0',
  state: 'live',
  startedAt: new Date(now - 3_600_000).toISOString(),
  watching: 12,
  nextPollAt: new Date(now + 40_000).toISOString(),
  observedThrough: new Date(now - 60_000).toISOString(),
  completeThrough: new Date(now - 3 * 86_400_000).toISOString().slice(0, 10),
  delay: { lastSeconds: 42, p95Seconds: 120 },
  budget: { used: 14.4, limit: 20 },
  changesPerSecond: 6,
  deadLetters: 2,
  lastFault: { code: 'TMDB_UNAVAILABLE', count: 3, at: new Date(now - 120_000).toISOString() },
  degraded: null,
  paused: null,
});
