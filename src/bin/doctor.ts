import { settingsChecks } from '../core/doctor-checks.ts';
import { doctorJson, doctorLines, isSound, skipped, type Check } from '../core/doctor.ts';
import { nobody } from '../core/refusals.ts';
import { idsOf } from '../core/watch.ts';
import { diagnose } from '../commands/doctor.ts';
import { makePrint, screenOf } from './output.ts';
import { principalOf, startAnyhow, untilDone } from './start.ts';

const ofSettings = ({ given, problems }: ReturnType<typeof startAnyhow>): readonly Check[] => {
  if (given === null) return [...settingsChecks(problems, null), skipped('the rest', 'it needs the settings')];
  const { WATCH, TMDB_REQUESTS_PER_SECOND: requestsPerSecond } = given.config;
  return settingsChecks(problems, { movies: WATCH?.kind === 'all' ? 'all' : idsOf(WATCH).length, requestsPerSecond });
};

type Given = NonNullable<ReturnType<typeof startAnyhow>['given']>;

/** With the name of whom Kafka refused. */
const ofTheRest = async (given: Given, signal: AbortSignal): Promise<readonly Check[]> =>
  (await diagnose(given, signal)).map((check) => ({
    ...check,
    detail: check.detail.replace(nobody, principalOf(given.config)),
  }));

/** Says whether `run` would work here and what is wrong. Exit 1 where something is, settings included: it has done its work. */
export const doctor = async ({ format }: { format: 'text' | 'json' }): Promise<void> => {
  const started = startAnyhow(['TMDB_TOKEN', 'WATCH']);
  const { given } = started;
  await untilDone(async (signal) => {
    const checks = [...ofSettings(started), ...(given === null ? [] : await ofTheRest(given, signal))];
    const { add, flush } = makePrint(process.stdout, signal);
    for (const line of format === 'json' ? [doctorJson(checks)] : doctorLines(checks, screenOf(process.stdout)))
      await add(line);
    await flush();
    if (!isSound(checks)) process.exitCode = 1;
  }, given?.config ?? null);
};
