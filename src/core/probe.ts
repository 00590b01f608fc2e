// What a probe is answered: a status for machines, lines for people.
import type { Check, Reading } from './checks.ts';

export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly text: string;
}

const answer = (isOk: boolean, lines: readonly string[]): ProbeAnswer => ({
  status: isOk ? 200 : 503,
  text: `${lines.length > 0 ? lines.join('\n') : 'ok'}\n`,
});

const failures = (checks: readonly Check[]): string[] => checks.filter(({ isOk }) => !isOk).map(({ detail }) => detail);

const all = (checks: readonly Check[]): string[] =>
  checks.map(({ name, isOk, detail }) => `[${isOk ? '+' : '-'}]${name} ${detail}`);

/** Whether a restart would help. */
export const sayLive = ({ isLive, checks }: Reading, isVerbose: boolean): ProbeAnswer => {
  const own = checks.filter(({ name }) => name === 'loop');
  return answer(isLive, isVerbose ? all(own) : isLive ? [] : failures(own));
};

/** Whether our Kafka side works. An outage of TMDB is told, and no failure. */
export const sayReady = ({ isReady, degraded, checks }: Reading, isVerbose: boolean): ProbeAnswer => {
  if (isVerbose) return answer(isReady, all(checks));
  const told = degraded === null ? [] : checks.filter(({ name }) => name === 'tmdb').map(({ detail }) => detail);
  return answer(isReady, [...failures(checks), ...told]);
};
