import { fingerprintOf } from '../../src/core/bounds.ts';
import { decode } from '../../src/core/encode.ts';
import type { Watermark } from '../../src/core/events.ts';
import { dayMs, dayOf, startOf } from '../../src/core/time.ts';
import { watermarksTopic } from '../../src/core/topics.ts';
import { makeLedger } from './claims.ts';
import { prefix, schemas } from './delivery-model.ts';
import type { Left } from './frontier-audit.ts';
import type { Entry } from './kafka-model.ts';
import { placeOfEdit, type Edit } from './tmdb-model.ts';

const watermarksIn = (commit: readonly Entry[]): Watermark[] =>
  commit.flatMap(({ topic, value }) =>
    topic === watermarksTopic(prefix) && value !== null
      ? [decode(schemas['watermark.avsc'].type, value) as Watermark]
      : [],
  );

/** Whether TMDB had shown it before then, and on its day: what it shows later is for the poll that closes the day. */
const isCovered = (edit: Edit, { observed_through: through, since }: Watermark): boolean => {
  const place = placeOfEdit(edit);
  if (place === null) return false; // of no day
  const shownAt = Math.max(place, edit.at + edit.lateMs); // an id may be a second later than what it names
  const endAt = startOf(dayOf(Math.min(place, edit.at, edit.idSecond * 1000))) + dayMs;
  return place >= (since ?? Infinity) && shownAt < (through ?? -Infinity) && shownAt < endAt;
};

/** Everything that a watermark claims and that is not in the log by then. Nothing is claimed of whom TMDB does not know. */
export const auditWatermarks = (stage: Left): string[] => {
  const { cluster, movies, watches, committedAt, sicknesses } = stage;
  const ledger = makeLedger(movies);
  const problems: string[] = [];
  const count = { said: 0 };
  for (const [at, commit] of cluster.commits.entries()) {
    const before = movies.map((_, nth) => new Set(ledger.of(nth + 1).map(({ name }) => name)));
    ledger.take(commit);
    for (const said of watermarksIn(commit)) {
      count.said += 1;
      const { watch } = watches.findLast((each) => each.at <= at && fingerprintOf(each.watch) === said.watch) ?? {};
      const isGone = (movieId: number): boolean =>
        sicknesses.some(
          (each) => each.movieId === movieId && each.code === 'TMDB_NOT_FOUND' && each.from <= (committedAt[at] ?? 0),
        );
      for (const [nth, all] of movies.entries()) {
        const movieId = nth + 1;
        if (watch === undefined || (watch !== 'all' && !watch.includes(movieId)) || isGone(movieId)) continue;
        const missing = all.filter((edit) => isCovered(edit, said) && before[nth]?.has(edit.name) !== true);
        problems.push(
          ...missing.map(
            ({ name }) =>
              `${movieId}: ${name} is not there before commit ${at}, which says ${JSON.stringify(said)} watching ${String(watch)}`,
          ),
        );
      }
    }
  }
  if (count.said === 0) problems.push('no watermark was said');
  return problems.slice(0, 3);
};
