import { spawn } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import { audit, expectClean } from '../../support/audit.ts';
import { eventually } from '../../support/cli.ts';
import { commitsOf, committed, faults, isLong, sleep, startService, useStage, stopped } from '../../support/cluster.ts';
import { makeKafkaProxy, type Api, type Side } from '../../support/kafka-proxy.ts';
import { requestsOf, seedOf, startLoad } from '../../support/load.ts';

const movies = Array.from({ length: 20 }, (_, at) => 6001 + at);
const isService = (group: string): boolean => /^tmdb-cdc\/[^/]*$/.test(group);
// The service's own times are 6 and 20 s, and the broker looks every 10 s: in every run all is shorter, not otherwise.
const transactionMs = isLong ? 20_000 : 3000;
const longerMs = isLong ? 180_000 : 6000;
const proxy = isLong ? makeKafkaProxy() : makeKafkaProxy((group) => (isService(group) ? 2500 : null), transactionMs);
const settings = isLong ? {} : { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '200' };

faults('a service that is suspended', () => {
  const stageOf = useStage('suspended', { brokers: 1, movies, via: proxy.via, settings }, proxy.close);
  const loads: { stop: () => Promise<void> }[] = [];
  const edit = (name: string) => {
    const load = startLoad(stageOf().tmdb, { seed: seedOf(name), movies, editsPerSecond: 5 });
    loads.push(load);
    return load;
  };
  afterEach(async () => {
    for (const { stop } of loads.splice(0)) await stop();
  });

  const places: readonly (readonly [string, Api, Side])[] = [
    ['before a send', 'Produce', 'request'],
    ['after a send', 'Produce', 'answer'],
    ['before the commit', 'EndTxn', 'request'],
    ['after the commit', 'EndTxn', 'answer'],
  ];
  // In every run where a transaction is open at the broker, with FAULTS=long everywhere.
  it.each(isLong ? places : places.slice(1, 3))(
    'SIGSTOP %s, longer than transaction and session: every item once, and it goes on when it wakes',
    async (where, api, side) => {
      const load = edit(`suspended ${where}`);
      const service = startService(stageOf().env);
      await committed(service);
      await proxy.meet(api, side, async () => {
        service.child.kill('SIGSTOP');
        await sleep(longerMs); // this is the fault itself
        return 'pass' as const;
      });
      const [before, count] = [commitsOf(service), (await requestsOf(stageOf().tmdb)).length];
      service.child.kill('SIGCONT');
      await committed(service, before + 2, 30_000);
      await eventually(async () => expect((await requestsOf(stageOf().tmdb)).length).toBeGreaterThan(count));
      const oracle = await load.settled(stageOf().env);
      await stopped(service);
      expectClean(await audit(stageOf().env, oracle));
    },
    120_000 + 2 * longerMs,
  );

  it(
    'a stderr that nobody reads for longer than a transaction may take: every item once, and it goes on when somebody does',
    async () => {
      const load = edit('stderr');
      const { PATH, HOME } = process.env;
      const env = {
        PATH,
        HOME,
        SCHEMA_REGISTRY_URL: process.env['SCHEMA_REGISTRY_URL'],
        ...stageOf().env,
        LOG_LEVEL: 'trace',
        HTTP_PORT: 'off',
      };
      const child = spawn(process.execPath, ['src/bin/main.ts', 'run'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
      const polls = async (): Promise<number> => (await requestsOf(stageOf().tmdb)).length;
      await eventually(async () => expect(await polls()).toBeGreaterThan(0), 30_000);
      let [last, sameSince] = [-1, performance.now()];
      await eventually(
        async () => {
          const count = await polls();
          if (count !== last) [last, sameSince] = [count, performance.now()];
          expect(performance.now() - sameSince).toBeGreaterThan(longerMs);
        },
        60_000 + 2 * longerMs,
      );
      child.stderr.resume();
      await eventually(async () => expect(await polls()).toBeGreaterThan(last + 5), 30_000);
      const oracle = await load.settled(stageOf().env);
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('close', resolve));
      expect(child.exitCode).toBe(0);
      expectClean(await audit(stageOf().env, oracle));
    },
    180_000 + 3 * longerMs,
  );
});
