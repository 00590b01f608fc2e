import { beginWalk, lastPage, makeDayList, pageRows, read } from '../schedule/day-list.ts';
import type { ListAnswer } from '../schedule/planned.ts';
import type { Day } from '../time.ts';

/** One page of the list of what changed in the days `[start, end)`. */
export interface RangePage {
  readonly start: Day;
  readonly end: Day;
  readonly page: number;
}

/** A copy from before the days were settled may be kept by a cache for a day. */
const copyMs = 600_000;
const failedMs = 10_000;
const failedMostMs = 600_000;

/** Whether a first page says that there are more than TMDB gives. From 2019 to 2022 it had all rows, and said so of one. */
export const isTooLong = ({ ids, pages, results }: ListAnswer): boolean =>
  ids.length <= pageRows && (pages > lastPage || results > lastPage * pageRows);

/** The whole list of some days that are over, page after page. `settledAt`: the ms from which an answer counts. */
export const makeRangeWalk = ({ start, end }: Pick<RangePage, 'start' | 'end'>, settledAt: number) => {
  const list = makeDayList();
  list.reading = beginWalk();
  let [isUnderWay, failures, retryAt] = [false, 0, -Infinity];
  const retry = (ms: number, now: number): void => {
    [isUnderWay, retryAt] = [false, now + ms];
  };
  return {
    /** Every id that it named, as far as it is read. */
    ids: list.known as ReadonlySet<number>,
    isDone: () => list.reading === null,
    /** The page that is due, or when there is one. */
    next: (now: number): RangePage | { readonly until: number } => {
      if (list.reading === null || isUnderWay) return { until: Infinity };
      return retryAt > now ? { until: retryAt } : { start, end, page: list.reading.page };
    },
    give: (): void => void (isUnderWay = true),
    /** The ids that are new. */
    listed: (answer: ListAnswer, now: number): readonly number[] => {
      isUnderWay = false;
      if (list.reading === null) return [];
      if (answer.taken === null || answer.taken < settledAt) {
        retry(copyMs, now);
        return [];
      }
      failures = 0;
      return read(list, list.reading, answer).found;
    },
    failed: (now: number): void => retry(Math.min(failedMs * 2 ** failures++, failedMostMs), now),
    /** TMDB gives no further page. */
    cut: (): void => void (list.reading = null),
    reopen: (): void => void (isUnderWay = false),
  };
};
