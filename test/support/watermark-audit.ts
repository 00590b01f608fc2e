import { fingerprintOf } from '../../src/core/bounds.ts';
import { decode } from '../../src/core/encode.ts';
import type { Watermark } from '../../src/core/events.ts';
import { dayMs, dayOf, startOf } from '../../src/core/time.ts';
import { watermarksTopic } from '../../src/core/topics.ts';
import { makeLedger } from './claims.ts';
import { prefix, schemas } from './delivery-model.ts';
import { claimOf, hear, type Left, type Said } from './frontier-audit.ts';
import type { Entry } from './kafka-model.ts';
import { placeOfEdit, type Edit } from './tmdb-model.ts';

const watermarksIn = (commit: readonly Entry[]): Watermark[] =>
  commit.flatMap(({ topic, value }) =>
    topic === watermarksTopic(prefix) && value !== null
      ? [decode(schemas['watermark.avsc'].type, value) as Watermark]
      : [],
  );

/** Whether TMDB had shown it before then, and on its day: what it shows later is for the poll that closes the day. */
const isShown = (edit: Edit, { observed_through: through }: Watermark): boolean => {
  const place = placeOfEdit(edit);
  if (place === null) return false; // of no day
  const shownAt = Math.max(place, edit.at + edit.lateMs); // an id may be a second later than what it names
  const endAt = startOf(dayOf(Math.min(place, edit.at, edit.idSecond * 1000))) + dayMs;
  return shownAt < (through ?? -Infinity) && shownAt < endAt;
};

const isSince = (edit: Edit, since: number): boolean => (placeOfEdit(edit) ?? -Infinity) >= since;

/** The log as it is read commit by commit. */
const makeReading = ({ movies, watches, committedAt, sicknesses, cluster }: Left) => {
  const ledger = makeLedger(movies);
  const claims: Said = { frontier: null, records: new Map(), wanted: null };
  /** TMDB does not know it by that commit, or did not once. */
  const isGone = (movieId: number, at: number): boolean =>
    sicknesses.some(
      (each) => each.movieId === movieId && each.code === 'TMDB_NOT_FOUND' && each.from <= (committedAt[at] ?? 0),
    );
  const names = () => movies.map((_, nth) => new Set(ledger.of(nth + 1).map(({ name }) => name)));
  const take = (at: number) => {
    const commit = cluster.commits[at] ?? [];
    const [before, sinces] = [names(), movies.map((_, nth) => claimOf(claims, nth + 1)?.since)];
    for (const record of ledger.take(commit).records) hear(claims, record);
    const after = names();
    const { watch } = watches.findLast((each) => each.at <= at) ?? {};
    const all = movies.map((edits, nth) => {
      const has = (edit: Edit): boolean => before[nth]?.has(edit.name) === true;
      const fresh = edits.filter((edit) => !has(edit) && after[nth]?.has(edit.name) === true);
      const isWatched = watch === 'all' || watch?.includes(nth + 1) === true;
      return { movieId: nth + 1, edits, has, fresh, isWatched, since: sinces[nth] };
    });
    return { said: watermarksIn(commit), movies: all };
  };
  return { take, isGone };
};

/**
 * Everything that a watermark claims and that is not in the log by then; and every event of live polling that comes
 * although the last watermark before its transaction covers it, whatever was watched by that one. Nothing is claimed of
 * whom TMDB does not know.
 */
export const auditWatermarks = (stage: Left): string[] => {
  const { take, isGone } = makeReading(stage);
  const problems: string[] = [];
  let [last, lastAt]: [Watermark | null, number] = [null, -1];
  for (const at of stage.cluster.commits.keys()) {
    const { said: all, movies } = take(at);
    for (const said of all) {
      const { watch } =
        stage.watches.findLast((each) => each.at <= at && fingerprintOf(each.watch) === said.watch) ?? {};
      for (const { movieId, edits, has } of movies) {
        if (watch === undefined || (watch !== 'all' && !watch.includes(movieId)) || isGone(movieId, at)) continue;
        const missing = edits.filter(
          (edit) => isSince(edit, said.since ?? Infinity) && isShown(edit, said) && !has(edit),
        );
        problems.push(
          ...missing.map(
            ({ name }) =>
              `${movieId}: ${name} is not there before commit ${at}, which says ${JSON.stringify(said)} watching ${String(watch)}`,
          ),
        );
      }
    }
    for (const { movieId, fresh, isWatched, since } of movies) {
      if (last === null || !isWatched || isGone(movieId, lastAt)) continue;
      const [mark, first] = [last, since === undefined ? -Infinity : startOf(since)];
      const late = fresh.filter((edit) => isSince(edit, first) && isShown(edit, mark));
      problems.push(
        ...late.map(
          ({ name }) =>
            `${movieId}: ${name} comes with commit ${at}, after ${lastAt}, which says ${JSON.stringify(mark)}`,
        ),
      );
    }
    if (all.length > 0) [last, lastAt] = [all.at(-1) ?? null, at];
  }
  if (last === null) problems.push('no watermark was said');
  return problems.slice(0, 3);
};
