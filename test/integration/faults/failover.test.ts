import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import kafkajs from 'kafkajs';
import { makeCheckpointRecords } from '../../../src/core/records.ts';
import { audit, expectClean, readLog } from '../../support/audit.ts';
import { eventually, type Running } from '../../support/cli.ts';
import {
  commitsOf,
  committed,
  faults,
  rounds,
  say,
  spread,
  startService,
  useStage,
  stopped,
} from '../../support/cluster.ts';
import { busiest, overlapsOf, requestsOf, seedOf, startLoad } from '../../support/load.ts';

const movies = Array.from({ length: 30 }, (_, at) => 3001 + at);
const perSecond = 35;

const says = async ({ err }: Running, text: string, count = 1): Promise<void> =>
  eventually(() => {
    if (err().split(text).length <= count) throw new Error(`does not say ${text}: ${err().slice(-2000)}`);
  }, 60_000);

/** The same address by another port, until it is closed. */
const startForwarder = async (target: URL) => {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(Number(target.port), target.hostname);
    for (const socket of [from, to]) sockets.add(socket.on('error', () => undefined));
    from.pipe(to).pipe(from);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

faults('services of one prefix', () => {
  const stageOf = useStage('failover', { brokers: 1, movies });
  const running: Running[] = [];
  const start = (): Running => {
    const service = startService(stageOf().env);
    running.push(service);
    return service;
  };
  afterEach(() => running.splice(0).forEach(({ child }) => child.kill('SIGKILL')));

  /** One that polls, and one that stands by. */
  const startTwo = async (): Promise<readonly [Running, Running]> => {
    const owner = start();
    await committed(owner);
    const standby = start();
    await says(standby, 'standing by');
    return [owner, standby];
  };

  /** From a moment on to the next request that TMDB sees. */
  const firstPollAfter = async (ms: number): Promise<number> =>
    eventually(async () => {
      const next = (await requestsOf(stageOf().tmdb)).find(({ startedAt }) => startedAt > ms + 100);
      if (next === undefined) throw new Error('nobody polls');
      return next.startedAt - ms;
    }, 60_000);

  const underLoad = async (name: string, work: () => Promise<void>): Promise<void> => {
    const load = startLoad(stageOf().tmdb, { seed: seedOf(name), movies, editsPerSecond: 10 });
    try {
      await work();
      await load.settled(stageOf().env);
    } finally {
      await load.stop();
    }
    expectClean(await audit(stageOf().env, await stageOf().tmdb.oracle()));
    const requests = await requestsOf(stageOf().tmdb);
    expect(overlapsOf(requests)).toEqual([]);
    expect(busiest(requests, 10)).toBeLessThanOrEqual(perSecond * 10 * 1.05);
  };

  const kills = rounds(1, 10);
  it(
    'the standby goes on when the owner is killed, and the next one stands by',
    async () => {
      const took: number[] = [];
      await underLoad('failover: kill', async () => {
        let [owner, standby] = await startTwo();
        for (let round = 0; round < kills; round += 1) {
          owner.child.kill('SIGKILL');
          await owner.ended;
          took.push(await firstPollAfter(Date.now()));
          await committed(standby);
          [owner, standby] = [standby, start()];
          await says(standby, 'standing by');
        }
      });
      say(`failover: from SIGKILL to the standby's first poll: ${spread(took)} (session 6 s)`);
    },
    120_000 + kills * 60_000,
  );

  it('an owner that leaves hands over at once; a third one disturbs nobody', async () => {
    await underLoad('failover: leave', async () => {
      const [owner, standby] = await startTwo();
      const third = start();
      await says(third, 'standing by');
      expect(owner.err()).not.toMatch(/session ended/);
      const at = Date.now();
      await stopped(owner);
      const took = await firstPollAfter(at);
      say(`failover: from SIGTERM to the next one's first poll: ${(took / 1000).toFixed(1)} s`);
      await eventually(() => expect(standby.err() + third.err()).toMatch(/"msg":"session open"/), 30_000);
      expect(`${standby.err()}${third.err()}`.match(/"msg":"session open"/g)).toHaveLength(1);
    });
  }, 180_000);

  it('an owner that was stopped for longer than its session neither polls nor commits when it wakes, and stands by', async () => {
    await underLoad('failover: stop', async () => {
      const [owner, standby] = await startTwo();
      owner.child.kill('SIGSTOP');
      await committed(standby);
      const open = standby.err().match(/"msg":"session open"/g)?.length;
      const stoodBy = owner.err().split('standing by').length - 1; // at its start, for those who were killed before
      owner.child.kill('SIGCONT');
      await says(owner, '"msg":"session ended');
      await says(owner, 'standing by', stoodBy + 1);
      await committed(standby, 3);
      expect(standby.err().match(/"msg":"session open"/g)).toHaveLength(open ?? 0);
    });
  }, 180_000);

  it("a checkpoint of another session's ends ours, and is what the next one reads; the registry is not needed for it", async () => {
    const registry = await startForwarder(new URL(process.env['SCHEMA_REGISTRY_URL'] ?? ''));
    const service = startService({ ...stageOf().env, SCHEMA_REGISTRY_URL: registry.url });
    running.push(service);
    await says(service, '"msg":"session open"').finally(registry.close);
    const [movieId] = movies;
    const before = (await readLog(stageOf().env)).checkpoints.get(movieId ?? 0);
    if (before === undefined) throw new Error('the movie has no checkpoint');
    const kafka = new kafkajs.Kafka({ brokers: [stageOf().cluster.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    const { topic, key, value, headers } = makeCheckpointRecords(
      stageOf().env['TOPIC_PREFIX'] ?? '',
      'an operator',
    ).ofMovie(movieId ?? 0, before);
    await producer.send({ topic, messages: [{ key, value, headers }] });
    await producer.disconnect();
    await says(service, 'another session has written a checkpoint');
    await says(service, '"msg":"session open"', 2);
    await underLoad('failover: another session', async () => committed(service, commitsOf(service) + 1));
  }, 120_000);
});
