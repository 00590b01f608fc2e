import { image, keyword, video, type Shape } from './shapes.ts';

/** Every TMDB change key that has a topic of its own. One row = one topic. */
export const changeKeys = {
  images: image,
  plot_keywords: keyword,
  videos: video,
} as const satisfies Record<string, Shape>;

export type ChangeKey = keyof typeof changeKeys;

/** Whether TMDB's change key has a topic of its own; `constructor` and the like have none. */
export const isChangeKey = (key: string): key is ChangeKey => Object.hasOwn(changeKeys, key);
