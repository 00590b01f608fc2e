import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currentOf, fold, latest, type MovieState } from '../../../src/core/fold.ts';
import type { ChangeEvent } from '../../../src/core/map.ts';

const base = { movie_id: 603, iso_639_1: '', iso_3166_1: '', observed_at: 0, raw: null, before: null, after: null };
const ops = { added: 'c', updated: 'u', deleted: 'd', merged: 'unknown' } as const;
type Action = keyof typeof ops;
const change = (key: string, [at, id]: readonly [number, string], action: Action, sides: object): ChangeEvent =>
  ({
    ...base,
    change_key: key,
    changed_at: at,
    item_id: id,
    action,
    op: ops[action],
    ...sides,
  }) as unknown as ChangeEvent;

const image = (path: string | null, language: string | null = null) => ({
  kind: 'poster',
  file_path: path,
  iso_639_1: language,
  iso_3166_1: null,
});
const keyword = (id: number) => ({ id, name: `k${id}`, group: null });
const video = (id: string, name = 'Trailer') => ({ id, key: 'x', name, site: 'YouTube', size: 1080, type: 'Trailer' });

const foldAll = (events: readonly ChangeEvent[]): MovieState | undefined =>
  events.reduce<MovieState | undefined>((state, event) => fold(state, event), undefined);
const current = (...events: readonly ChangeEvent[]) => currentOf(foldAll(events));

describe('what a movie has now', () => {
  const added = change('images', [1, 'a'], 'added', { iso_639_1: 'fr', after: image('/a.jpg') });
  const updated = change('images', [2, 'b'], 'updated', {
    iso_639_1: 'en',
    before: image('/a.jpg', 'fr'),
    after: image('/a.jpg', 'en'),
  });
  const deleted = change('images', [3, 'c'], 'deleted', { before: image('/a.jpg') });

  it('an image that was added has the language of its item, and an updated one its new language', () => {
    expect(current(added).images).toEqual([image('/a.jpg', 'fr')]);
    expect(current(added, updated).images).toEqual([image('/a.jpg', 'en')]);
  });
  it('what was deleted is gone, also where its older changes come afterwards', () => {
    expect(current(added, updated, deleted).images).toEqual([]);
    expect(current(deleted, updated, added).images).toEqual([]);
  });
  it('what is added again is back', () => {
    const again = change('images', [4, 'd'], 'added', { after: image('/a.jpg') });
    expect(current(again, deleted, added).images).toEqual([image('/a.jpg')]);
  });
  it('of one second the later item counts', () => {
    const [first, second] = [
      change('plot_keywords', [5, 'a'], 'added', { after: keyword(1) }),
      change('plot_keywords', [5, 'b'], 'deleted', { before: keyword(1) }),
    ];
    expect([current(first, second).keywords, current(second, first).keywords]).toEqual([[], []]);
  });
  it('an update that names another thing leaves the old one behind', () => {
    const moved = change('images', [2, 'b'], 'updated', { before: image('/a.jpg'), after: image('/b.jpg') });
    expect(current(added, moved).images).toEqual([image('/b.jpg')]);
  });
  it('a video has the language of its item', () =>
    expect(
      current(change('videos', [1, 'a'], 'added', { iso_639_1: 'en', iso_3166_1: 'US', after: video('v') })).videos,
    ).toEqual([{ ...video('v'), iso_639_1: 'en', iso_3166_1: 'US' }]));
  it('what names nothing says nothing: no value, no identity, another key, an update without a new value', () => {
    const state = foldAll([added]);
    for (const event of [
      change('images', [9, 'x'], 'added', { raw: '{}' }),
      change('images', [9, 'x'], 'deleted', { before: image(null) }),
      change('images', [9, 'x'], 'updated', { before: image('/a.jpg') }),
      change('images', [9, 'x'], 'merged', { before: image('/a.jpg') }),
      change('title', [9, 'x'], 'deleted', { before: '/a.jpg' }),
    ])
      expect(fold(state, event)).toBe(state);
  });
  it('names of the prototype are names like others', () =>
    expect(current(change('videos', [1, 'a'], 'added', { after: video('__proto__') })).videos).toHaveLength(1));
});

const id = fc.constantFrom('a', 'b', 'c');
const place = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.string({ minLength: 1, maxLength: 2 }));
const action = fc.constantFrom<Action>('added', 'updated', 'deleted', 'merged');
const side = <T>(value: fc.Arbitrary<T>) => fc.record({ before: fc.option(value), after: fc.option(value) });
const anyChange = fc.oneof(
  fc
    .tuple(place, action, side(fc.tuple(id, fc.option(id)).map(([path, language]) => image(path, language))))
    .map(([at, what, sides]) => change('images', at, what, sides)),
  fc
    .tuple(place, action, side(fc.tuple(id, id).map(([key, name]) => video(key, name))))
    .map(([at, what, sides]) => change('videos', at, what, sides)),
  fc
    .tuple(place, action, side(fc.integer({ min: 1, max: 3 }).map(keyword)))
    .map(([at, what, sides]) => change('plot_keywords', at, what, sides)),
);

it('any order and any repetition of the same changes gives the same state, which survives JSON at any point', () => {
  const shuffled = fc.array(anyChange, { maxLength: 12 }).chain((events) =>
    fc.record({
      events: fc.constant(events),
      other: fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
      cut: fc.nat({ max: events.length }),
    }),
  );
  fc.assert(
    fc.property(shuffled, ({ events, other, cut }) => {
      const state = foldAll(events);
      expect(foldAll(other)).toEqual(state);
      const stored = JSON.parse(JSON.stringify(foldAll(events.slice(0, cut)) ?? null)) as MovieState | null;
      expect(events.slice(cut).reduce<MovieState | undefined>(fold, stored ?? undefined)).toEqual(state);
      expect(currentOf(foldAll(other))).toEqual(currentOf(state));
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 500) },
  );
});

it('many movies are kept apart, and go on from what was saved', () => {
  const one = latest();
  one.add(change('plot_keywords', [1, 'a'], 'added', { after: keyword(1) }));
  one.add({ ...change('plot_keywords', [1, 'b'], 'added', { after: keyword(2) }), movie_id: 604 });
  const two = latest(JSON.parse(JSON.stringify(one)) as ReturnType<typeof one.toJSON>);
  two.add(change('plot_keywords', [2, 'c'], 'deleted', { before: keyword(1) }));
  expect([one.of(603).keywords, two.of(603).keywords, two.of(604).keywords, two.of(1).images]).toEqual([
    [keyword(1)],
    [],
    [keyword(2)],
    [],
  ]);
});
