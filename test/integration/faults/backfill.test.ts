import { expect, it } from '@jest/globals';
import { addDays, dayOf, parseInstant, startOf, type Day } from '../../../src/core/time.ts';
import { member } from '../../../src/core/json.ts';
import { makeRandom, type Entry } from '../../../src/simulator/world.ts';
import { audit, expectClean, readLog } from '../../support/audit.ts';
import { eventually, type Running } from '../../support/cli.ts';
import { faults, rounds, say, sleep, startService, stopped, useStage } from '../../support/cluster.ts';
import { makeKafkaProxy } from '../../support/kafka-proxy.ts';
import { makeBurst, overlapsOf, pick, post, requestsOf, seedOf, startLoad, type Tmdb } from '../../support/load.ts';

const movies = Array.from({ length: 120 }, (_, at) => 5001 + at);
/** Days that each command goes further back. */
const stepDays = 30;
const names = ['service', 'command'] as const;
type Name = (typeof names)[number];
const proxy = makeKafkaProxy((group) => (/^tmdb-cdc\/[^/]*$/.test(group) ? 2500 : null));

/** What has no place in time is live polling's alone. */
const hasPlace = ({ item }: Entry): boolean => {
  const [time, id] = ['time', 'id'].map((name) => JSON.stringify(member(item, name) ?? null));
  return parseInstant(time?.slice(1, -1) ?? '') !== null || /^"[0-9a-f]{24}"$/.test(id ?? '');
};

/** Edits of the days `[start, end)`, which nobody has asked for yet. */
const editPast = async (tmdb: Tmdb, { start, end }: { start: Day; end: Day }, random: () => number): Promise<void> => {
  const burst = makeBurst(movies, random);
  for (let count = 0; count < movies.length * 2; count += 1) {
    const at = startOf(start) + Math.floor((random() * (startOf(end) - startOf(start))) / 1000) * 1000;
    for (const edit of burst(at)) if (hasPlace(edit)) await post(tmdb, '/edits', edit);
  }
};

/** Polls of backfill that have published something. */
const backfilled = ({ err }: Running): number => err().match(/"since":"[^"]+","msg":"polled"/g)?.length ?? 0;
const isOver = ({ child }: Running): boolean => child.exitCode !== null || child.signalCode !== null;

const done = async ({ ended }: Running): Promise<void> => {
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`exit ${code ?? '-'}: ${stderr.slice(-2000)}`);
};

faults('WATCH=all and backfill', () => {
  const env = { WATCH: 'all', TMDB_REQUESTS_PER_SECOND: '25' };
  const stageOf = useStage('backfill', { brokers: 1, movies: movies.slice(0, 3), env, via: proxy.via }, proxy.close);

  const kills = rounds(6, 80);
  it(
    `killed ${kills} times, the service, the command or both, lose nothing and double nothing`,
    async () => {
      const { tmdb, env: settings } = stageOf();
      const seed = seedOf('backfill');
      const random = makeRandom(seed);
      let since = addDays(dayOf(Date.now()), -3);
      const goBack = async (): Promise<void> => {
        const end = since;
        since = addDays(since, -stepDays);
        await editPast(tmdb, { start: since, end }, random);
      };
      const command = (): Running => startService(settings, ['backfill', '--since', since]);
      await goBack();
      const load = startLoad(tmdb, { seed, movies: movies.slice(0, 10), editsPerSecond: 3 });
      const running = new Map([
        ['service', startService(settings)],
        ['command', command()],
      ] as const);
      const of = (name: Name): Running => running.get(name) as Running;
      const moved = (): number => backfilled(of('service')) + backfilled(of('command'));
      const counted = new Map<string, number>();
      for (let round = 0; round < kills; round += 1) {
        if (isOver(of('command'))) {
          await done(of('command'));
          await goBack();
          running.set('command', command());
        }
        const before = moved();
        await eventually(() => expect(isOver(of('command')) || moved() > before).toBe(true), 60_000);
        await sleep(random() * 2000); // a random point, not a wait for something
        const who = pick(['service', 'command', 'both'] as const, random);
        const doomed = names.filter((each) => who === 'both' || who === each);
        for (const each of doomed) of(each).child.kill('SIGKILL');
        for (const each of doomed) await of(each).ended;
        counted.set(who, (counted.get(who) ?? 0) + 1);
        if (who !== 'service') running.set('command', command());
        // Alone the command does the work itself, once the group has missed the service.
        if (who !== 'command' && random() < 0.5) await sleep(random() * 8000);
        if (who !== 'command') running.set('service', startService(settings));
      }
      await done(of('command'));
      const scope = { ...settings, START_DATE: since };
      await load.settled(scope, 120_000);
      await stopped(of('service'));
      const verdict = await eventually(async () => audit(scope, await tmdb.oracle()));
      say(
        `backfill: killed ${JSON.stringify(Object.fromEntries(counted))}; back to ${since}; ${verdict.events} events`,
      );
      expectClean(verdict);
      expect((await readLog(settings)).frontier?.since).toBe(since);
      expect(overlapsOf(await requestsOf(tmdb))).toEqual([]);
    },
    180_000 + kills * 40_000,
  );
});
