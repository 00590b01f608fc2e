import type { BackfillNote } from '../core/backfill/notes.ts';
import type { Logger } from '../log.ts';

export const starved =
  'live polling leaves nothing of the budget to backfill: raise TMDB_REQUESTS_PER_SECOND or POLL_INTERVAL_SECONDS';

export const waiting = 'backfill waits, for days that may still change or for TMDB';

/** What is said of backfill while it is done. */
export const sayNote = (log: Logger, note: BackfillNote): void => {
  const { kind, ...fields } = note;
  if (kind === 'CUT')
    log.error(fields, 'TMDB gives no more pages of the movies that changed then: those behind are not seen');
  if (kind === 'STARVED') log.warn(starved);
  if ('until' in note) log.warn({ until: new Date(note.until).toISOString() }, waiting);
  if (kind === 'WINDOW') log.info(fields, 'backfill: everything from this day up to the open ones is published');
  if (kind === 'DONE') log.info(fields, 'backfill is done');
};
