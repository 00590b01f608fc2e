// Generated from schemas/*.avsc by `make docs`: do not edit.

/** What TMDB sent and no event could be made of. */
export interface DeadLetter {
  /** TMDB's id of the movie. */
  readonly movie_id: number;
  /** The checkpoint's name for it; with movie_id the record's key. */
  readonly stamp: string;
  /** TMDB's id of the change, where it is usable. */
  readonly item_id: string | null;
  /** TMDB's name for what changed, where it is usable. */
  readonly change_key: string | null;
  /** TMDB's word for what happened, where it is usable. */
  readonly action: string | null;
  /** When TMDB says it changed, where that can be read. */
  readonly changed_at: number | null;
  /** Why no event could be made of it. */
  readonly reason: string;
  /** When the answer that held it was complete, by our clock. */
  readonly observed_at: number;
  /** JSON text of the piece of TMDB's answer: the change key with this one item. */
  readonly raw: string;
}

/** An image. */
export interface Image {
  /** poster, backdrop, title_logo, …; an open set. */
  readonly kind: string | null;
  /** Path below TMDB's image host. */
  readonly file_path: string | null;
  /** Language of the image. */
  readonly iso_639_1: string | null;
  /** Region of the image. */
  readonly iso_3166_1: string | null;
}

/** One change of a movie's images as TMDB reported it. The typed form is complete where raw is null. */
export interface ImageChange {
  /** TMDB's id of the movie. */
  readonly movie_id: number;
  /** TMDB's id of the change; unique, and with movie_id the record's key. */
  readonly item_id: string;
  /** TMDB's name for what changed. */
  readonly change_key: string;
  /** c: added, created. u: updated. d: deleted, destroyed. Else unknown. */
  readonly op: string;
  /** TMDB's word for what happened; an open set. */
  readonly action: string;
  /** When TMDB says it changed. */
  readonly changed_at: number;
  /** The item's language; null: absent, empty: sent empty. */
  readonly iso_639_1: string | null;
  /** The item's region; null: absent, empty: sent empty. */
  readonly iso_3166_1: string | null;
  /** TMDB's original_value. */
  readonly before: Image | null;
  /** TMDB's value. */
  readonly after: Image | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** A keyword. */
export interface Keyword {
  /** TMDB's id of the keyword. */
  readonly id: number | null;
  /** The keyword. */
  readonly name: string | null;
  /** tones, …; an open set, since December 2024. */
  readonly group: string | null;
}

/** One change of a movie's keywords as TMDB reported it. The typed form is complete where raw is null. */
export interface KeywordChange {
  /** TMDB's id of the movie. */
  readonly movie_id: number;
  /** TMDB's id of the change; unique, and with movie_id the record's key. */
  readonly item_id: string;
  /** TMDB's name for what changed. */
  readonly change_key: string;
  /** c: added, created. u: updated. d: deleted, destroyed. Else unknown. */
  readonly op: string;
  /** TMDB's word for what happened; an open set. */
  readonly action: string;
  /** When TMDB says it changed. */
  readonly changed_at: number;
  /** The item's language; null: absent, empty: sent empty. */
  readonly iso_639_1: string | null;
  /** The item's region; null: absent, empty: sent empty. */
  readonly iso_3166_1: string | null;
  /** TMDB's original_value. */
  readonly before: Keyword | null;
  /** TMDB's value. */
  readonly after: Keyword | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** One change of a movie under a change key that has no topic of its own. The typed form is complete where raw is null. */
export interface OtherChange {
  /** TMDB's id of the movie. */
  readonly movie_id: number;
  /** TMDB's id of the change; unique, and with movie_id the record's key. */
  readonly item_id: string;
  /** TMDB's name for what changed. */
  readonly change_key: string;
  /** c: added, created. u: updated. d: deleted, destroyed. Else unknown. */
  readonly op: string;
  /** TMDB's word for what happened; an open set. */
  readonly action: string;
  /** When TMDB says it changed. */
  readonly changed_at: number;
  /** The item's language; null: absent, empty: sent empty. */
  readonly iso_639_1: string | null;
  /** The item's region; null: absent, empty: sent empty. */
  readonly iso_3166_1: string | null;
  /** JSON text of TMDB's original_value; null: absent, the text null: null. */
  readonly before: string | null;
  /** JSON text of TMDB's value; null: absent, the text null: null. */
  readonly after: string | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** A video. */
export interface Video {
  /** TMDB's id of the video. */
  readonly id: string | null;
  /** The id at the site. */
  readonly key: string | null;
  /** Title, free text. */
  readonly name: string | null;
  /** YouTube, Vimeo, …; an open set. */
  readonly site: string | null;
  /** Height in pixels. */
  readonly size: number | null;
  /** Trailer, Clip, …; an open set. */
  readonly type: string | null;
}

/** One change of a movie's videos as TMDB reported it. The typed form is complete where raw is null. */
export interface VideoChange {
  /** TMDB's id of the movie. */
  readonly movie_id: number;
  /** TMDB's id of the change; unique, and with movie_id the record's key. */
  readonly item_id: string;
  /** TMDB's name for what changed. */
  readonly change_key: string;
  /** c: added, created. u: updated. d: deleted, destroyed. Else unknown. */
  readonly op: string;
  /** TMDB's word for what happened; an open set. */
  readonly action: string;
  /** When TMDB says it changed. */
  readonly changed_at: number;
  /** The item's language; null: absent, empty: sent empty. */
  readonly iso_639_1: string | null;
  /** The item's region; null: absent, empty: sent empty. */
  readonly iso_3166_1: string | null;
  /** TMDB's original_value. */
  readonly before: Video | null;
  /** TMDB's value. */
  readonly after: Video | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** The type of the values of each schema. */
export interface SchemaTypes {
  'dead-letter.avsc': DeadLetter;
  'image.avsc': ImageChange;
  'keyword.avsc': KeywordChange;
  'other.avsc': OtherChange;
  'video.avsc': VideoChange;
}
