import type { LiveEvent } from '../../src/core/ring.ts';

/** The nth change of a title in partition 1. */
export const titleChange = (
  nth: number,
  value: { readonly after?: string; readonly movie_id?: number } = {},
): LiveEvent => ({
  topic: 'title',
  partition: 1,
  offset: String(nth),
  committedAt: nth,
  value: {
    movie_id: 550,
    item_id: `item-${nth}`,
    change_key: 'title',
    op: 'u',
    action: 'updated',
    changed_at: 0,
    iso_639_1: null,
    iso_3166_1: null,
    before: 'a',
    after: 'b',
    observed_at: 0,
    raw: null,
    ...value,
  },
});
