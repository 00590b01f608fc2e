import { it } from '@jest/globals';
import { makeRandom } from '../../../src/simulator/world.ts';
import { expectClean } from '../../support/audit.ts';
import type { Running } from '../../support/cli.ts';
import {
  auditOf,
  committed,
  faults,
  rounds,
  say,
  sleep,
  spread,
  startService,
  useStage,
  stopped,
} from '../../support/cluster.ts';
import { makeKafkaProxy, type Api, type Side, type Verdict } from '../../support/kafka-proxy.ts';
import { pick, seedOf, startLoad } from '../../support/load.ts';

const movies = Array.from({ length: 30 }, (_, at) => 1001 + at);
// As short as the service's heartbeat allows, so that a killed member is soon missed.
const proxy = makeKafkaProxy((group) => (/^tmdb-cdc\/[^/]*$/.test(group) ? 2500 : null));

type Kill = () => Promise<void>;
type Step = (kill: Kill, random: () => number) => Promise<unknown>;

const at =
  (api: Api, side: Side): Step =>
  async (kill, random) => {
    for (let others = Math.floor(random() * 5); others > 0; others -= 1) await proxy.meet(api, side, () => 'pass');
    const killing = async (): Promise<Verdict> => {
      await kill();
      return 'cut';
    };
    await proxy.meet(api, side, killing);
  };

/** The request is under way when its sender is killed, and arrives once the next session has fenced. */
const late =
  (api: Api): Step =>
  async (kill) =>
    proxy.meet(api, 'request', async () => {
      await kill();
      return proxy.meet('InitProducerId', 'answer', () => 'pass');
    });

const steps = {
  'at any moment': async (kill, random) => {
    await sleep(random() * 1000); // a random point, not a wait for something
    await kill();
  },
  'before a send': at('Produce', 'request'),
  'after a send': at('Produce', 'answer'),
  'before the commit': at('EndTxn', 'request'),
  'after the commit': at('EndTxn', 'answer'),
  'a send that arrives late': late('Produce'),
  'a commit that arrives late': late('EndTxn'),
} as const satisfies Record<string, Step>;

faults('SIGKILL', () => {
  const stageOf = useStage('kill', { brokers: 1, movies, via: proxy.via }, proxy.close);

  const kills = rounds(11, 200);
  it(
    `${kills} times, at every step of a transaction, loses nothing and doubles nothing`,
    async () => {
      const { tmdb, env } = stageOf();
      const seed = seedOf('kill');
      const random = makeRandom(seed);
      const load = startLoad(tmdb, { seed, movies, editsPerSecond: 15 });
      const recoveries: number[] = [];
      const counted = new Map<string, number>();
      let service: Running = startService(env);
      for (let round = 0; round < kills; round += 1) {
        await committed(service); // a kill counts only after that
        const names = Object.keys(steps) as (keyof typeof steps)[];
        const name = round < names.length ? (names[round] as keyof typeof steps) : pick(names, random);
        const { promise: killed, resolve } = Promise.withResolvers<undefined>();
        const doomed = service;
        const step = steps[name](async () => {
          doomed.child.kill('SIGKILL');
          await doomed.ended;
          resolve(undefined);
        }, random);
        await killed;
        counted.set(name, (counted.get(name) ?? 0) + 1);
        const killedAt = performance.now();
        service = startService(env);
        await committed(service);
        recoveries.push(performance.now() - killedAt);
        await step;
      }
      await load.settled(env);
      await stopped(service);
      const verdict = await auditOf(stageOf());
      const what = [...counted].map(([name, count]) => `${count} ${name}`).join(', ');
      say(`kill: ${what}; ${verdict.events} events; first commit after a kill: ${spread(recoveries)}`);
      expectClean(verdict);
    },
    120_000 + kills * 15_000,
  );
});
