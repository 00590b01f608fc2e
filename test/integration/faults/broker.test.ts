import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { makeRandom } from '../../../src/simulator/world.ts';
import { checkpointsTopic } from '../../../src/core/topics.ts';
import { expectClean } from '../../support/audit.ts';
import { eventually, type Running } from '../../support/cli.ts';
import {
  auditOf,
  commitsOf,
  committed,
  faults,
  inSync,
  isLong,
  leaderOf,
  rounds,
  say,
  sleep,
  spread,
  startService,
  useStage,
  stopped,
  type Stage,
} from '../../support/cluster.ts';
import { pick, requestsOf, seedOf, startLoad } from '../../support/load.ts';

const moviesFrom = (first: number): number[] => Array.from({ length: 30 }, (_, at) => first + at);
/** Under load, with the service running: what is done to the brokers, and whether the log is whole afterwards. */
const underLoad = async (
  name: string,
  stage: Stage,
  work: (service: Running, random: () => number) => Promise<void>,
): Promise<void> => {
  const { tmdb, env } = stage;
  const seed = seedOf(name);
  const movies = (env['WATCH'] ?? '').split(',').map(Number);
  const load = startLoad(tmdb, { seed, movies, editsPerSecond: 15 });
  const service = startService(env);
  await committed(service);
  await work(service, makeRandom(seed));
  await load.settled(env, 120_000);
  await stopped(service);
  const verdict = await auditOf(stage);
  say(`${name}: ${verdict.events} events`);
  expectClean(verdict);
};

/** Resolves with the ms until the next commit. */
const untilCommit = async (service: Running): Promise<number> => {
  const [before, since] = [commitsOf(service), performance.now()];
  await committed(service, before + 1, 120_000);
  return performance.now() - since;
};

const mbOf = ({ child }: Running): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024;

faults('one broker', () => {
  const stageOf = useStage('broker', { brokers: 1, movies: moviesFrom(3001) });

  const kills = rounds(2, 20);
  it(
    `killed and restarted ${kills} times under load`,
    async () => {
      const [node] = stageOf().cluster.nodes;
      const recoveries: number[] = [];
      await underLoad('one broker, killed', stageOf(), async (service, random) => {
        for (let kill = 0; kill < kills; kill += 1) {
          await untilCommit(service);
          await sleep(random() * 1000); // a random point, not a wait for something
          await node?.kill();
          await node?.restart();
          recoveries.push(await untilCommit(service));
        }
      });
      say(`one broker: first commit after it was back: ${spread(recoveries)}`);
    },
    120_000 + kills * 60_000,
  );

  const awayMs = isLong ? 120_000 : 8000;
  it(
    `away for ${awayMs / 1000} s: nothing is polled meanwhile, memory stays, and it goes on by itself`,
    async () => {
      const { cluster, tmdb } = stageOf();
      const [node] = cluster.nodes;
      await underLoad('broker away', stageOf(), async (service) => {
        await untilCommit(service);
        const before = mbOf(service);
        await node?.kill();
        const killedAt = performance.now();
        const count = async (): Promise<number> => (await requestsOf(tmdb)).length;
        await eventually(async () => {
          const asked = await count();
          await sleep(1000);
          expect(await count()).toBe(asked);
        });
        const quiet = await count();
        await sleep(awayMs - (performance.now() - killedAt));
        const grown = mbOf(service) - before;
        expect(await count()).toBe(quiet);
        await node?.restart();
        const recovery = await untilCommit(service);
        say(
          `broker away: ${grown.toFixed(0)} MB more, next commit ${(recovery / 1000).toFixed(1)} s after it was back`,
        );
        expect(grown).toBeLessThan(80);
      });
    },
    240_000 + awayMs,
  );
});

faults('three brokers', () => {
  const stageOf = useStage('brokers', { brokers: 3, movies: moviesFrom(4001) });

  const kills = rounds(2, 20);
  it(
    `the leader of the checkpoints, the coordinator or any one killed, ${kills} times under load`,
    async () => {
      const { cluster, env } = stageOf();
      const victims = {
        'the leader of the checkpoints': async () => leaderOf(cluster, checkpointsTopic(env['TOPIC_PREFIX'] ?? '')),
        'the coordinator of transactions': async () => leaderOf(cluster, '__transaction_state'),
        'the coordinator of groups': async () => leaderOf(cluster, '__consumer_offsets'),
        'any one': async (random: () => number) => Promise.resolve(pick(cluster.nodes, random)),
      };
      const recoveries: number[] = [];
      await underLoad('three brokers, one killed', stageOf(), async (service, random) => {
        const all = Object.values(victims);
        for (let kill = 0; kill < kills; kill += 1) {
          await untilCommit(service);
          const node = await (all[kill] ?? pick(all, random))(random);
          await sleep(random() * 1000); // a random point, not a wait for something
          await node.kill();
          recoveries.push(await untilCommit(service));
          await node.restart();
          await inSync(cluster);
        }
      });
      say(`three brokers: first commit after a kill: ${spread(recoveries)}`);
    },
    120_000 + kills * 60_000,
  );

  const turns = rounds(1, 5);
  it(
    `restarted one after the other, ${turns} times, under load`,
    async () => {
      const { cluster } = stageOf();
      const gaps: number[] = [];
      await underLoad('three brokers, rolling restart', stageOf(), async (service) => {
        for (let turn = 0; turn < turns * cluster.nodes.length; turn += 1) {
          const node = cluster.nodes[turn % cluster.nodes.length];
          await node?.stop();
          gaps.push(await untilCommit(service));
          await node?.restart();
          await inSync(cluster);
        }
      });
      say(`rolling restart: first commit after a stop: ${spread(gaps)}`);
    },
    120_000 + turns * 120_000,
  );
});
