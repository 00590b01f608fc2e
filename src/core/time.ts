/** A UTC day, `YYYY-MM-DD`; sorts as text. */
export type Day = string;

export const dayMs = 86_400_000;

// Days come again and again: their text and their first ms are worked out once.
export const memo = <Key, Value>(most: number, work: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size === most) known.clear();
    const value = work(key);
    known.set(key, value);
    return value;
  };
};

const dayOfNumber = memo(1000, (days: number): Day => new Date(days * dayMs).toISOString().slice(0, 10));

/** The UTC day of an instant in ms since 1970. */
export const dayOf = (ms: number): Day => dayOfNumber(Math.floor(ms / dayMs));

/** The first ms of a UTC day. */
export const startOf = memo(1000, (day: Day): number => Date.parse(`${day}T00:00:00Z`));

export const addDays = (day: Day, days: number): Day => dayOf(startOf(day) + days * dayMs);

/** How many days lie in `[start, end)`. */
export const daysIn = ({ start, end }: { readonly start: Day; readonly end: Day }): number =>
  (startOf(end) - startOf(start)) / dayMs;

export const laterOf = (a: Day, b: Day): Day => (a > b ? a : b);
export const earlierOf = (a: Day, b: Day): Day => (a < b ? a : b);

/** Whether a text is `YYYY-MM-DD` and a day that exists: V8 rolls 30 February over into March. */
export const isDay = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const ms = startOf(text);
  return !Number.isNaN(ms) && dayOf(ms) === text;
};

/** TMDB's way to write an instant, to the second. */
export const toTmdbTime = (ms: number): string => {
  const day = dayOf(ms);
  const second = Math.floor((ms - startOf(day)) / 1000);
  return `${day} ${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)} UTC`;
};

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

const instant =
  /^(\d{4}-\d\d-\d\d)[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?(?: UTC|Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/**
 * Ms since 1970 of TMDB's `YYYY-MM-DD HH:MM:SS UTC` or of an ISO 8601 instant with a zone (TMDB has switched between
 * the two elsewhere), null for anything else, days that do not exist included.
 */
export const parseInstant = (text: string): number | null => {
  const [whole, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute] = instant.exec(text) ?? [];
  if (whole === undefined || day === undefined || !isDay(day)) return null;
  const zone = sign === undefined ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return startOf(day) + seconds * 1000 + Math.trunc(Number(fraction ?? 0) * 1000) - zone * 60_000;
};
