import { describe, expect, it } from '@jest/globals';
import type { Word } from '../../../src/core/checks.ts';
import { makeHealth, type Health } from '../../../src/core/health.ts';
import { sayLive, sayReady } from '../../../src/core/probe.ts';

const options = { startedAt: 0, sessionTimeoutMs: 6000, expectedMs: 60_000 };
const minute = 60_000;

/** Once the partition is ours and the checkpoints are read. */
const open = (health: Health, now = 1000): void => {
  health.sign('owner', now);
  health.opened(now);
};
/** As the service goes on: heartbeats, turns and polls, until then. */
const goOn = (health: Health, now: number): void => {
  health.sign('owner', now);
  health.turned(now);
  health.polled(now);
};

interface Situation {
  readonly name: string;
  readonly happens: (health: Health) => void;
  readonly at: number;
  readonly live: 200 | 503;
  readonly ready: 200 | 503;
  readonly text: string;
  readonly word: Word;
}

/** The table of the contract, a row or more for each of its rows. */
const situations: readonly Situation[] = [
  {
    ...{ name: 'the start is not finished', happens: () => undefined, at: 50_000 },
    ...{ live: 200, ready: 503, text: 'starting', word: 'starting' },
  },
  {
    ...{ name: 'owner, the checkpoints are being read', happens: (health) => health.sign('owner', 1000), at: 2000 },
    ...{ live: 200, ready: 503, text: 'starting', word: 'starting' },
  },
  {
    ...{ name: 'owner, session open', happens: (health) => open(health), at: 2000 },
    ...{ live: 200, ready: 200, text: 'ok', word: 'live' },
  },
  {
    ...{ name: 'standby with a heartbeat', happens: (health) => health.sign('member', 1000), at: 6900 },
    ...{ live: 200, ready: 200, text: 'ok', word: 'standby' },
  },
  {
    name: 'standby for hours',
    happens: (health) => {
      for (let at = 0; at <= 300 * minute; at += 1000) health.sign('member', at);
    },
    ...{ at: 300 * minute + 500, live: 200, ready: 200, text: 'ok', word: 'standby' },
  },
  {
    name: 'rebalancing, shorter than two session timeouts',
    happens: (health) => {
      health.sign('member', 1000);
      health.sign('rebalancing', 5000);
    },
    ...{ at: 16_900, live: 200, ready: 200, text: 'ok', word: 'standby' },
  },
  {
    name: 'paused by an operator, for hours',
    happens: (health) => {
      open(health);
      health.paused(true, 2000);
      health.ended(false); // it stands still without a session
      health.sign('owner', 300 * minute);
    },
    ...{ at: 300 * minute + 500, live: 200, ready: 200, text: 'ok', word: 'paused' },
  },
  {
    name: 'paused, and the broker is out of reach',
    happens: (health) => {
      open(health);
      health.paused(true, 2000);
      health.ended(false);
      health.sign('lost', 9000);
      health.sign('owner', 60 * minute); // no session yet
    },
    ...{ at: 60 * minute + 500, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'paused, and another instance has the partition now',
    happens: (health) => {
      open(health);
      health.paused(true, 2000);
      health.ended(false);
      health.sign('member', 9000);
    },
    ...{ at: 9500, live: 200, ready: 200, text: 'ok', word: 'standby' },
  },
  {
    name: 'TMDB down for seven minutes',
    happens: (health) => {
      open(health);
      health.troubled('TMDB_UNAVAILABLE', 2000);
      goOn(health, 420_000);
    },
    ...{ at: 422_000, live: 200, ready: 200, text: 'degraded: TMDB_UNAVAILABLE, 7 min', word: 'degraded' },
  },
  {
    name: 'TMDB asks us to wait for an hour (429)',
    happens: (health) => {
      open(health);
      health.troubled('TMDB_UNAVAILABLE', 2000);
      health.held(60 * minute);
      health.sign('owner', 50 * minute);
    },
    ...{ at: 50 * minute, live: 200, ready: 200, text: 'degraded: TMDB_UNAVAILABLE, 49 min', word: 'degraded' },
  },
  {
    name: 'TMDB gives what cannot be read',
    happens: (health) => {
      open(health);
      health.troubled('TMDB_UNREADABLE', 2000);
      health.troubled('TMDB_UNAVAILABLE', 3000);
      goOn(health, 20_000);
    },
    ...{ at: 22_000, live: 200, ready: 200, text: 'degraded: TMDB_UNREADABLE, 20 s', word: 'degraded' },
  },
  {
    name: 'one request failed a moment ago',
    happens: (health) => {
      open(health);
      health.troubled('TMDB_UNAVAILABLE', 2000);
    },
    ...{ at: 3000, live: 200, ready: 200, text: 'ok', word: 'live' },
  },
  {
    name: 'TMDB is back',
    happens: (health) => {
      open(health);
      health.troubled('TMDB_UNAVAILABLE', 2000);
      health.answered(40 * minute);
      health.sign('owner', 41 * minute);
      health.turned(41 * minute);
    },
    ...{ at: 41 * minute, live: 200, ready: 200, text: 'ok', word: 'live' },
  },
  {
    name: 'owner, TMDB answers, but no poll ends',
    happens: (health) => {
      open(health);
      health.turned(6 * minute);
      health.answered(6 * minute);
      health.sign('owner', 6 * minute);
    },
    ...{ at: 6 * minute, live: 200, ready: 503, word: 'stuck' },
    text: 'no progress: no poll has ended for 5 min',
  },
  {
    name: 'the broker is out of reach while we poll',
    happens: (health) => {
      open(health);
      health.ended(true);
      health.sign('lost', 9000);
    },
    ...{ at: 60 * minute, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'the broker is out of reach, and nobody has said so yet',
    happens: (health) => open(health),
    ...{ at: 7100, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'the broker is out of reach, and the silence of the group has ended the session',
    happens: (health) => {
      open(health);
      health.ended(false);
    },
    ...{ at: 40_000, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'the broker is out of reach while we stand by',
    happens: (health) => {
      health.sign('member', 1000);
      health.sign('lost', 9000);
    },
    ...{ at: 60 * minute, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'the group answers, but no session can be opened',
    happens: (health) => {
      open(health);
      health.ended(true);
      health.sign('owner', 9000);
    },
    ...{ at: 9500, live: 200, ready: 503, text: 'waiting for kafka', word: 'waiting' },
  },
  {
    name: 'another session wrote a checkpoint: ours is opened anew',
    happens: (health) => {
      open(health);
      health.ended(false);
      health.sign('owner', 2000);
    },
    ...{ at: 2500, live: 200, ready: 503, text: 'starting', word: 'starting' },
  },
  {
    name: 'the partition went to another instance',
    happens: (health) => {
      open(health);
      health.ended(true);
      health.sign('member', 2000);
    },
    ...{ at: 2500, live: 200, ready: 200, text: 'ok', word: 'standby' },
  },
  {
    name: 'the loop has not turned for more than 120 s',
    happens: (health) => {
      open(health);
      health.sign('owner', 122_000);
    },
    ...{ at: 122_000, live: 503, ready: 503, text: 'the loop has not turned for 121 s', word: 'stuck' },
  },
  {
    name: 'the loop waits for less than that',
    happens: (health) => {
      open(health);
      health.sign('owner', 120_000);
    },
    ...{ at: 120_000, live: 200, ready: 200, text: 'ok', word: 'live' },
  },
  {
    name: 'stopping',
    happens: (health) => {
      open(health);
      health.stopping();
    },
    ...{ at: 2000, live: 200, ready: 503, text: 'stopping', word: 'stopping' },
  },
];

describe('health', () => {
  it.each(situations)('$name: $live, $ready, $word', ({ happens, at, live, ready, text, word }) => {
    const health = makeHealth(options);
    happens(health);
    const reading = health.read(at);
    const isDead = live === 503;
    expect({ word: reading.word, live: sayLive(reading, false), ready: sayReady(reading, false) }).toEqual({
      word,
      live: { status: live, text: isDead ? `${text}\n` : 'ok\n' },
      ready: { status: ready, text: `${text}\n` },
    });
  });

  it.each([
    [60_000, 300_000],
    [900_000, 2_700_000],
  ])('polls expected every %d ms: stuck after %d', (expectedMs, stuckMs) => {
    const health = makeHealth({ ...options, expectedMs });
    open(health, 0);
    const wordAt = (now: number): Word => {
      health.turned(now);
      health.sign('owner', now);
      return health.read(now).word;
    };
    expect([wordAt(stuckMs), wordAt(stuckMs + 1)]).toEqual(['live', 'stuck']);
  });

  it('tells each check to whoever asks for all', () => {
    const health = makeHealth(options);
    open(health);
    health.troubled('TMDB_UNAVAILABLE', 2000);
    goOn(health, 62_000);
    expect(sayReady(health.read(62_000), true).text.split('\n')).toEqual([
      '[+]loop turns',
      '[+]session open',
      '[+]tmdb degraded: TMDB_UNAVAILABLE, 1 min',
      '',
    ]);
    health.stopping();
    expect(sayReady(health.read(62_000), true)).toMatchObject({
      status: 503,
      text: expect.stringContaining('[-]end stopping'),
    });
    expect(sayLive(health.read(62_000), true)).toEqual({ status: 200, text: '[+]loop turns\n' });
  });
});
