import { expect, it } from '@jest/globals';
import { makeRandom } from '../../../src/simulator/world.ts';
import { expectClean } from '../../support/audit.ts';
import {
  auditOf,
  commitsOf,
  committed,
  faults,
  isLong,
  rounds,
  say,
  spread,
  startService,
  useStage,
  stopped,
} from '../../support/cluster.ts';
import { makeKafkaProxy, type Api, type Side, type Verdict } from '../../support/kafka-proxy.ts';
import { pick, seedOf, startLoad } from '../../support/load.ts';

const movies = Array.from({ length: 30 }, (_, at) => 2001 + at);
const proxy = makeKafkaProxy();

/** Asked only when a session opens: one has to end first. */
const opening: readonly Api[] = ['InitProducerId', 'FindCoordinator'];
const apis: readonly Api[] = ['Produce', 'EndTxn', 'AddPartitionsToTxn', ...opening];
const sides: readonly Side[] = ['request', 'answer'];
const kinds = apis.flatMap((api) => sides.map((side) => ({ api, side })));

const cut = (): Verdict => 'cut';
const late = (ms: number) => async (): Promise<Verdict> => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return 'pass';
};

faults('lost and late requests and answers', () => {
  const stageOf = useStage('cuts', { brokers: 1, movies, via: proxy.via }, proxy.close);

  const total = rounds(15, 300);
  // Beyond the client's own limit for a request it takes too long for every run.
  const delays = isLong ? [100, 1000, 11_000] : [100, 500];

  it(
    `${total} of them, of every kind, lose nothing and double nothing`,
    async () => {
      const { tmdb, env } = stageOf();
      const seed = seedOf('cuts');
      const random = makeRandom(seed);
      const load = startLoad(tmdb, { seed, movies, editsPerSecond: 15 });
      const service = startService(env);
      await committed(service);
      const recoveries: number[] = [];
      let cuts = 0;
      for (let round = 0; round < total; round += 1) {
        const { api, side } = kinds[round] ?? pick(kinds, random);
        const isCut = round < kinds.length || random() < 0.7;
        const hit = proxy.meet(api, side, isCut ? cut : late(pick(delays, random)));
        const isOpening = opening.includes(api);
        if (isOpening) await proxy.meet('EndTxn', 'answer', cut);
        await hit;
        const [before, hitAt] = [commitsOf(service), performance.now()];
        await committed(service, before + 1);
        recoveries.push(performance.now() - hitAt);
        cuts += (isCut ? 1 : 0) + (isOpening ? 1 : 0);
      }
      await load.settled(env);
      await stopped(service);
      const verdict = await auditOf(stageOf());
      say(`cuts: ${proxy.cuts()}, ${total} rounds; ${verdict.events} events; next commit: ${spread(recoveries)}`);
      expect(proxy.cuts()).toBe(cuts);
      expectClean(verdict);
    },
    120_000 + total * 15_000,
  );
});
