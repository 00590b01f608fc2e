import type { Paused } from './coverage.ts';
import { visible } from './display.ts';

const most = 200;

/** A reason as it is kept: one line of visible characters; null where nothing is left. `problem` says what is wrong with it. */
export const readReason = (text: string | undefined): { readonly reason: string | null; readonly problem?: string } => {
  const reason = visible((text ?? '').trim().replace(/\s+/g, ' '));
  const problem = `--reason is ${reason.length} characters long: at most ${most}`;
  return { reason: reason === '' ? null : reason, ...(reason.length > most ? { problem } : {}) };
};

/** Who, when and why, in words. */
export const sayPaused = ({ at, by, reason }: Paused): string => {
  const why = reason === null ? '' : ` (${visible(reason)})`;
  return `paused by ${visible(by)} since ${new Date(at).toISOString()}${why}`;
};

/** What it means. */
export const untilResumed = 'TMDB is asked nothing until tmdb-cdc resume';
