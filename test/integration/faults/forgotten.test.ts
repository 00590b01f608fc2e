import { expect, it } from '@jest/globals';
import { expectClean } from '../../support/audit.ts';
import {
  auditOf,
  commitsOf,
  committed,
  faults,
  rounds,
  say,
  sleep,
  spread,
  startService,
  startStage,
  stopped,
  type Stage,
} from '../../support/cluster.ts';
import { makeKafkaProxy } from '../../support/kafka-proxy.ts';
import { itemNow } from '../../support/stage.ts';
import type { Running } from '../../support/cli.ts';

const movie = 5001;
type Options = Omit<Parameters<typeof startStage>[1], 'movies' | 'brokers'>;

/** A service of one movie that has published what there was, and what happens to it. */
const withService = async (
  name: string,
  options: Options,
  work: (stage: Stage, service: Running) => Promise<void>,
): Promise<void> => {
  const stage = await startStage(name, { ...options, brokers: 1, movies: [movie] });
  try {
    const service = startService(stage.env);
    await committed(service);
    await work(stage, service);
    await stopped(service);
    expectClean(await auditOf(stage));
  } finally {
    await stage.close();
  }
};

/** Resolves with the ms from the change to its commit. */
const change = async ({ tmdb }: Stage, service: Running): Promise<number> => {
  const [before, since] = [commitsOf(service), performance.now()];
  await tmdb.add(movie, 'title', itemNow());
  await committed(service, before + 1);
  return performance.now() - since;
};

const sessionsOf = ({ err }: Running): number => err().match(/"msg":"session open"/g)?.length ?? 0;

// Side by side: nearly all of each is waiting for a time to pass.
faults('what a broker forgets', () => {
  it.concurrent(
    'a transactional id: the next change is published once, by a new session',
    async () => {
      const settings = {
        'transactional.id.expiration.ms': '4000',
        'transaction.remove.expired.transaction.cleanup.interval.ms': '1000',
      };
      const env = { POLL_INTERVAL_SECONDS: '1' };
      await withService('forgotten', { settings, env }, async (stage, service) => {
        for (let round = rounds(1, 5); round > 0; round -= 1) {
          const sessions = sessionsOf(service);
          await sleep(8000); // it expires
          await change(stage, service);
          expect(sessionsOf(service)).toBe(sessions + 1); // else it had not
        }
      });
    },
    180_000,
  );

  it.concurrent(
    'a connection that was idle: each round publishes at once, in the same session',
    async () => {
      const settings = { 'connections.max.idle.ms': '3000' };
      await withService('idle', { settings, env: { POLL_INTERVAL_SECONDS: '5' } }, async (stage, service) => {
        for (let round = rounds(2, 10); round > 0; round -= 1) {
          await sleep(4000);
          await change(stage, service);
        }
        expect(sessionsOf(service)).toBe(1);
        expect(service.err()).not.toMatch(/"level":50/);
      });
    },
    180_000,
  );

  it.concurrent(
    'a connection that went silent while it was idle',
    async () => {
      const proxy = makeKafkaProxy();
      const env = { POLL_INTERVAL_SECONDS: '5' };
      await withService('silent', { via: proxy.via, env }, async (stage, service) => {
        proxy.silentAfter(3000);
        const took: number[] = [];
        for (let round = rounds(1, 5); round > 0; round -= 1) {
          await sleep(4000); // idle for longer than that, however late in its interval the last commit was
          took.push(await change(stage, service));
        }
        say(`silent: ${proxy.silenced()} connections, published after ${spread(took)}`);
        expect(proxy.silenced()).toBeGreaterThan(0);
        expect(sessionsOf(service)).toBe(1 + took.length);
        // The interval, the client's limit for a request, and a new session.
        expect(Math.max(...took)).toBeLessThan(5000 + 10_000 + 10_000);
        proxy.silentAfter(Infinity);
      }).finally(proxy.close);
    },
    180_000,
  );
});
