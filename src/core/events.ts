// Generated from schemas/*.avsc by `make docs`: do not edit.

/** A title by which a movie is also known. */
export interface AlternativeTitle {
  /** The title. */
  readonly title: string | null;
  /** Region in which it is known so. */
  readonly iso_3166_1: string | null;
  /** What sort of title, free text in any language; often empty. */
  readonly type: string | null;
}

/** One change of a movie's alternative titles as TMDB reported it. The typed form is complete where raw is null. */
export interface AlternativeTitleChange {
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
  readonly before: AlternativeTitle | null;
  /** TMDB's value. */
  readonly after: AlternativeTitle | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** One change of a movie's yes or no as TMDB reported it. The typed form is complete where raw is null. */
export interface BooleanChange {
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
  /** TMDB's original_value; null: absent. */
  readonly before: boolean | null;
  /** TMDB's value; null: absent. */
  readonly after: boolean | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** A person's part in a movie. */
export interface Credit {
  /** TMDB's id of the person. */
  readonly person_id: number | null;
  /** TMDB's id of the credit. */
  readonly credit_id: string | null;
  /** TMDB's number of the credit within the movie. */
  readonly cast_id: number | null;
  /** Name of the character, of cast; free text. */
  readonly character: string | null;
  /** Place in the list, of cast; the first is 0. */
  readonly order: number | null;
  /** Directing, Writing, …, of crew; an open set. */
  readonly department: string | null;
  /** Director, Screenplay, …, of crew; an open set. */
  readonly job: string | null;
}

/** One change of a movie's cast or crew as TMDB reported it. The typed form is complete where raw is null. */
export interface CreditChange {
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
  readonly before: Credit | null;
  /** TMDB's value. */
  readonly after: Credit | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

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

/** Why a movie was made or removed. */
export interface General {
  /** TMDB's code of the reason, as text. */
  readonly reason: string | null;
}

/** One change of a movie as a whole, its making or its end, as TMDB reported it. The typed form is complete where raw is null. */
export interface GeneralChange {
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
  readonly before: General | null;
  /** TMDB's value. */
  readonly after: General | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
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

/** A thing that TMDB knows by an id and a name. */
export interface Named {
  /** TMDB's id of the genre or company. */
  readonly id: number | null;
  /** Its name. */
  readonly name: string | null;
}

/** One change of a movie's genres or companies as TMDB reported it. The typed form is complete where raw is null. */
export interface NamedChange {
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
  readonly before: Named | null;
  /** TMDB's value. */
  readonly after: Named | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** One change of a movie's number as TMDB reported it. The typed form is complete where raw is null. */
export interface NumberChange {
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
  /** TMDB's original_value; null: absent. */
  readonly before: number | null;
  /** TMDB's value; null: absent. */
  readonly after: number | null;
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

/** A release in a region. */
export interface ReleaseDate {
  /** Region of the release. */
  readonly iso_3166_1: string | null;
  /** Language of the release; of one that has a type, null: sent null. */
  readonly iso_639_1: string | null;
  /** Age rating in the region; empty: none. */
  readonly certification: string | null;
  /** The day, as TMDB writes it: YYYY-MM-DD. */
  readonly release_date: string | null;
  /** 1 premiere, 2 limited, 3 theatrical, 4 digital, 5 physical, 6 television; an open set. */
  readonly type: number | null;
  /** Free text: a festival, a service, a label. */
  readonly note: string | null;
  /** Reasons of the rating, since 2026; null: absent. */
  readonly descriptors: readonly string[] | null;
}

/** One change of a movie's releases as TMDB reported it. The typed form is complete where raw is null. */
export interface ReleaseDateChange {
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
  readonly before: ReleaseDate | null;
  /** TMDB's value. */
  readonly after: ReleaseDate | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** A tagline. */
export interface Tagline {
  /** The tagline. */
  readonly tagline: string | null;
  /** Whether it is the main one of its language; null: absent, as before 2024. */
  readonly primary: boolean | null;
}

/** One change of a movie's taglines as TMDB reported it. The typed form is complete where raw is null. */
export interface TaglineChange {
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
  readonly before: Tagline | null;
  /** TMDB's value. */
  readonly after: Tagline | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** One change of a movie's list of texts as TMDB reported it. The typed form is complete where raw is null. */
export interface TextListChange {
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
  /** TMDB's original_value; null: absent, empty: sent empty. */
  readonly before: readonly string[] | null;
  /** TMDB's value, the whole list; null: absent, empty: sent empty. */
  readonly after: readonly string[] | null;
  /** When the answer that held the change was complete, by our clock. */
  readonly observed_at: number;
  /** The item's JSON text where the typed members cannot reproduce it. */
  readonly raw: string | null;
}

/** One change of a movie's text as TMDB reported it. The typed form is complete where raw is null. */
export interface TextChange {
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
  /** TMDB's original_value; null: absent, empty: sent empty. */
  readonly before: string | null;
  /** TMDB's value; null: absent, empty: sent empty. */
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

/** Up to when the topics are complete, as of the transaction that it stands in. */
export interface Watermark {
  /** Whatever TMDB showed before then of the watched movies is in the topics. TMDB may show an older change later. Null: not known yet. */
  readonly observed_through: number | null;
  /** The start of the first day that is not final: live polling publishes nothing of an earlier one any more. Null: nothing is watched. */
  readonly complete_through: number | null;
  /** The start of the first day from which on every watched movie is covered. Null: nothing is watched. */
  readonly since: number | null;
  /** When this was true, by our clock. */
  readonly at: number;
  /** What live polling left of the request budget in the last minute. Null: not known yet. */
  readonly spare_requests_per_second: number | null;
  /** A fingerprint of what is watched: where it is another, movies may have entered. */
  readonly watch: string | null;
}

/** The type of the values of each schema. */
export interface SchemaTypes {
  'alternative-title.avsc': AlternativeTitleChange;
  'boolean.avsc': BooleanChange;
  'credit.avsc': CreditChange;
  'dead-letter.avsc': DeadLetter;
  'general.avsc': GeneralChange;
  'image.avsc': ImageChange;
  'keyword.avsc': KeywordChange;
  'named.avsc': NamedChange;
  'number.avsc': NumberChange;
  'other.avsc': OtherChange;
  'release-date.avsc': ReleaseDateChange;
  'tagline.avsc': TaglineChange;
  'text-list.avsc': TextListChange;
  'text.avsc': TextChange;
  'video.avsc': VideoChange;
  'watermark.avsc': Watermark;
}
