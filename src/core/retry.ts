/** How long to wait before attempt `attempt` + 1 (0 = after the first), in ms: doubles up to a cap, with jitter. */
export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** Six attempts with these waits reach beyond ten seconds: a CDN goes on serving an error it has cached. */
export const tmdbBackoff: Backoff = { firstMs: 1000, capMs: 16_000 };
export const tmdbAttempts = 6;

/** Between a failed publish and the next session. */
const sessionBackoff: Backoff = { firstMs: 200, capMs: 2000 };

/** Nothing that TMDB asks for holds all requests up for longer. */
export const pauseCapMs = 300_000;

/** `chance` in [0, 1) is handed in. At least half of the wait is fixed, so that a row of waits adds up. */
export const delayOf = ({ firstMs, capMs }: Backoff, attempt: number, chance: number): number => {
  const ceiling = Math.min(capMs, firstMs * 2 ** attempt);
  return Math.round(ceiling / 2 + (chance * ceiling) / 2);
};

/** The wait, in ms, that a Retry-After asks for (seconds or an HTTP date), null where it is absent, zero or unreadable. */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined) return null;
  const wait = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return wait > 0 ? Math.min(wait, pauseCapMs) : null;
};

/** How long to wait before the next session, in ms. After a fence long enough for whoever fenced us to have done its work. */
export const pauseOf = (failures: number, fenced: boolean, chance: number): number =>
  fenced ? 500 + chance * 1000 : delayOf(sessionBackoff, failures, chance);
