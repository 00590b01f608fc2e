/**
 * @typedef {object} Value an event as it is in Kafka
 * @property {number} movie_id
 * @property {string} change_key
 * @property {string} op
 * @property {string} action
 * @property {number} changed_at ms since 1970
 * @property {string | null} iso_639_1
 * @property {string | null} iso_3166_1
 * @property {unknown} before
 * @property {unknown} after
 * @property {string | null} raw
 */
/**
 * @typedef {object} LiveEvent
 * @property {string} topic without the prefix
 * @property {number} partition
 * @property {string} offset
 * @property {number} committedAt ms since 1970
 * @property {Value} value
 */

/**
 * An element of the page that is there from the beginning.
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
};

/**
 * A new element. Texts become text and nothing else: no markup is ever parsed here.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {...(string | Node)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export const make = (name, className, ...children) => {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
};

/**
 * Writes only what differs, so that an idle page is not laid out again every second.
 * @param {string} id
 * @param {string} text
 */
export const write = (id, text) => {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
};

/**
 * @param {number} seconds
 * @returns {string} "46 s", "7 min", "5 h", "3 d"
 */
export const duration = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  if (whole < 100 * 60) return `${Math.round(whole / 60)} min`;
  return whole < 48 * 3600 ? `${Math.round(whole / 3600)} h` : `${Math.round(whole / 86_400)} d`;
};

/**
 * @param {string} instant RFC 3339
 * @returns {string} how long that is ago
 */
export const since = (instant) => duration((Date.now() - Date.parse(instant)) / 1000);

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * @param {string} day begins with YYYY-MM-DD
 * @returns {string} "23 Nov", with the year where it is another
 */
export const shortDay = (day) => {
  const text = `${Number(day.slice(8, 10))} ${months[Number(day.slice(5, 7)) - 1] ?? ''}`;
  return day.slice(0, 4) === new Date().toISOString().slice(0, 4) ? text : `${text} ${day.slice(0, 4)}`;
};

/**
 * @param {number} ms since 1970
 * @param {number} digits 5 without seconds, 8 with them
 * @returns {string} "04:05:46" of today, "23 Nov 04:05" of any other day, in UTC
 */
export const clock = (ms, digits) => {
  const instant = new Date(ms).toISOString();
  if (instant.slice(0, 10) === new Date().toISOString().slice(0, 10)) return instant.slice(11, 11 + digits);
  return `${shortDay(instant)} ${instant.slice(11, 16)}`;
};

/** @typedef {{ readonly [member: string]: unknown }} Members */

/** @param {unknown} value @returns {value is Members} */
export const isMembers = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
/** @param {unknown} value */
export const textOf = (value) => (typeof value === 'string' ? value : '');
/** @param {unknown} value @param {string} name @returns {unknown} */
export const member = (value, name) => (isMembers(value) ? value[name] : undefined);
/** @param {unknown} value */
export const isNothing = (value) => value === null || value === undefined || value === '';

export const arrow = () => make('span', 'arrow', '→');
