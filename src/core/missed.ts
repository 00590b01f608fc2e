import type { Frontier } from './coverage.ts';
import { addDays, dayOf, laterOf, type Day } from './time.ts';

/** A watched movie that no list names is polled as often anyway. */
const weekDays = 7;

/** Whoever was not polled since then is asked for, whatever the lists name. */
export const firstMissed = (overlapMs: number, now: number): Day => addDays(dayOf(now - overlapMs), -weekDays);

interface MissedOptions {
  readonly isAll: boolean;
  readonly overlapMs: number;
  readonly now: number;
  /** The day of the last turn, whose list is known; '' at the start. A process that was suspended misses days, too. */
  readonly lastTurn: Day;
}

/** The days whose lists say what was missed: since the frontier, or else since each watched movie was polled anyway. */
export const missedDays = (frontier: Frontier | null, { isAll, overlapMs, now, lastTurn }: MissedOptions): Day[] => {
  const open = dayOf(now - overlapMs);
  const first = laterOf(lastTurn, isAll ? (frontier?.through ?? open) : firstMissed(overlapMs, now));
  const days: Day[] = [];
  for (let day = first; day < open; day = addDays(day, 1)) days.push(day);
  return days;
};
