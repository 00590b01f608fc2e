import { ago } from './ago.ts';
import type { Coverage, Frontier, Paused } from './coverage.ts';
import { sayPaused } from './paused.ts';
import type { Watermark as Said } from './events.ts';
import { addDays, dayOf, type Day } from './time.ts';

/** What Kafka tells of an installation. Times RFC 3339. */
export interface Status {
  /** `down`: no instance is there; `waiting`: there are some, and none has its turn yet. */
  readonly state: 'live' | 'paused' | 'waiting' | 'down';
  /** From where the instance that polls is connected, and the others. */
  readonly owner: string | null;
  readonly standbys: readonly string[];
  readonly paused: { readonly at: string; readonly by: string; readonly reason: string | null } | null;
  readonly watching: 'all' | number | null;
  /** `behind` is null where it is not known who is watched. */
  readonly checkpoints: { readonly movies: number; readonly behind: number | null; readonly writtenAt: string | null };
  /** With WATCH=all: everything is published in the days `[since, through)`. */
  readonly frontier: Frontier | null;
  /** The day that backfill is to go back to. */
  readonly backfill: Day | null;
  readonly watermark: Watermark | null;
  readonly deadLetters: number;
}

/** Up to when everything that TMDB has shown is published, and the last day that is final. */
export interface Watermark {
  readonly observedThrough: string | null;
  readonly completeThrough: Day | null;
  readonly at: string;
}

export interface Seen {
  readonly instances: readonly { readonly host: string; readonly isOwner: boolean }[];
  readonly coverage: Coverage;
  readonly watching: Status['watching'];
  readonly behind: Status['checkpoints']['behind'];
  /** Ms since 1970. */
  readonly writtenAt: number | null;
  readonly watermark: Said | null;
  readonly deadLetters: number;
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString();

const markOf = ({ observed_through: observed, complete_through: complete, at }: Said): Watermark => ({
  observedThrough: observed === null ? null : rfc3339(observed),
  completeThrough: complete === null ? null : addDays(dayOf(complete), -1),
  at: rfc3339(at),
});

const stateOf = ({ instances }: Seen, paused: Paused | null): Status['state'] => {
  if (instances.length === 0) return 'down';
  if (paused !== null) return 'paused';
  return instances.some(({ isOwner }) => isOwner) ? 'live' : 'waiting';
};

export const statusOf = (seen: Seen): Status => {
  const { instances, coverage, watching, behind, writtenAt, watermark, deadLetters } = seen;
  const paused = coverage.paused();
  return {
    state: stateOf(seen, paused),
    owner: instances.find(({ isOwner }) => isOwner)?.host ?? null,
    standbys: instances.flatMap(({ host, isOwner }) => (isOwner ? [] : [host])),
    paused: paused === null ? null : { ...paused, at: rfc3339(paused.at) },
    watching,
    checkpoints: { movies: coverage.size(), behind, writtenAt: writtenAt === null ? null : rfc3339(writtenAt) },
    frontier: coverage.frontier(),
    backfill: coverage.wanted(),
    ...{ watermark: watermark === null ? null : markOf(watermark), deadLetters },
  };
};

const sayState = ({ state, owner, standbys }: Status): string => {
  const others = standbys.length === 0 ? 'no other stands by' : `${standbys.length} on standby: ${standbys.join(', ')}`;
  if (state === 'down') return 'down: no instance runs';
  if (state === 'waiting') return `waiting for its turn: ${standbys.join(', ')}`;
  return `${state}: ${owner ?? 'none'} has the turn, ${others}`;
};

const sayWatching = (watching: Status['watching']): string => {
  if (watching === null) return 'not known: WATCH is not set here';
  return watching === 'all' ? 'every movie' : `${watching} ${watching === 1 ? 'movie' : 'movies'}`;
};

/** Its lines for eyes: a name, and what is to be said. */
export const sayStatus = (status: Status, now: number): readonly (readonly [name: string, text: string])[] => {
  const { paused, watching, checkpoints, frontier, backfill, watermark, deadLetters } = status;
  const { movies, behind, writtenAt } = checkpoints;
  const written =
    writtenAt === null ? 'none was ever written' : `the last was written ${ago(now - Date.parse(writtenAt))}`;
  return [
    ['state', sayState(status)],
    ...(paused === null ? [] : [['paused', sayPaused({ ...paused, at: Date.parse(paused.at) })] as const]),
    ['watching', sayWatching(watching)],
    ['checkpoints', `${movies}${behind === null ? '' : `, ${behind} of them behind`}; ${written}`],
    ...(frontier === null
      ? []
      : [['everything', `published from ${frontier.since} up to ${frontier.through}`] as const]),
    ...(backfill === null ? [] : [['backfill', `back to ${backfill} is wanted`] as const]),
    ...(watermark === null
      ? []
      : [
          [
            'seen up to',
            `${watermark.observedThrough ?? 'not known'}, said ${ago(now - Date.parse(watermark.at))}`,
          ] as const,
          ['final to', watermark.completeThrough ?? 'not known'] as const,
        ]),
    ['dead letters', String(deadLetters)],
  ];
};
