export { toItem, type ChangeEvent } from './core/map.ts';
export type {
  DeadLetter,
  Image,
  ImageChange,
  Keyword,
  KeywordChange,
  OtherChange,
  Video,
  VideoChange,
} from './core/events.ts';
