import { afterAll, beforeAll, describe } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import { hasJvm } from '../../dev/install.ts';
import { startCluster, type Cluster, type ClusterOptions } from '../../dev/jvm.ts';
import { audit, type Verdict } from './audit.ts';
import { eventually, startCli, type Env, type Running } from './cli.ts';
import { provisioned, settingsFor, startTmdb } from './stage.ts';

const isHere = await hasJvm();

/** Tests that start and kill brokers of their own. */
export const faults = (title: string, tests: () => void): void =>
  isHere ? describe(title, tests) : describe.skip(`${title}: Java 17 and Maven are not here`, tests);

/** FAULTS=long: everything, however long it takes. */
export const isLong = process.env['FAULTS'] === 'long';
const factor = Number(process.env['FAULT_ROUNDS'] ?? 1);

/** How many rounds: few in every run of the tests, many with FAULTS=long, and FAULT_ROUNDS times as many. */
export const rounds = (few: number, many: number): number => Math.ceil((isLong ? many : few) * factor);

export const say = (line: string): void => void process.stdout.write(`${line}\n`);

const services = new Map<Running, Env>();

/** One stage for all tests of a block, by a function that gives it once they run; what it is reached `via` goes with it. */
export const useStage = (name: string, options: StageOptions, closeVia?: () => void): (() => Stage) => {
  const stages: Stage[] = [];
  beforeAll(async () => void stages.push(await startStage(name, options)), 120_000);
  afterAll(async () => {
    closeVia?.();
    for (const { close } of stages) await close();
  });
  return () => {
    const [stage] = stages;
    if (stage === undefined) throw new Error('the stage is not there yet');
    return stage;
  };
};

/** For a time that is itself the fault; never to be on the safe side. */
export const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends with its stage at the latest. */
export const startService = (env: Env, args: readonly string[] = ['run']): Running => {
  const service = startCli(args, env);
  services.set(service, env);
  void service.ended.then(() => services.delete(service));
  return service;
};

interface StageOptions extends ClusterOptions {
  readonly movies: readonly number[];
  readonly env?: Env;
}

/** A cluster and a TMDB of a test's own, and topics of an installation there. */
export const startStage = async (name: string, { movies, env: more, ...options }: StageOptions) => {
  const [cluster, tmdb] = await Promise.all([startCluster(options, say), startTmdb(movies)]);
  const own = {
    KAFKA_BROKERS: cluster.brokers,
    TMDB_URL: tmdb.url,
    WATCH: movies.join(','),
    POLL_INTERVAL_SECONDS: '1',
    TMDB_REQUESTS_PER_SECOND: '35',
  };
  const close = async (): Promise<void> => {
    for (const [{ child }, { TMDB_URL }] of services) if (TMDB_URL === tmdb.url) child.kill('SIGKILL');
    tmdb.close();
    await cluster.close();
  };
  try {
    const env = await provisioned(settingsFor(name, { ...own, ...more }));
    return { cluster, tmdb, env, close };
  } catch (error) {
    await close();
    throw error;
  }
};
export type Stage = Awaited<ReturnType<typeof startStage>>;

/** How many polls have published something since the service started. */
export const commitsOf = ({ err }: Running): number => err().match(/"published":[1-9].*"msg":"polled"/g)?.length ?? 0;

/** Waits for so many such polls. */
export const committed = async (service: Running, count = 1, limitMs = 60_000): Promise<void> =>
  eventually(() => {
    const [is, { exitCode }] = [commitsOf(service), service.child];
    if (is < count)
      throw new Error(`${is} of ${count} commits, exit ${exitCode ?? '-'}: ${service.err().slice(-2000)}`);
  }, limitMs);

export const stopped = async (service: Running): Promise<void> => {
  service.child.kill('SIGTERM');
  const { code, stderr } = await service.ended;
  if (code !== 0) throw new Error(`exit ${code ?? '-'}: ${stderr.slice(-2000)}`);
};

/** The audit, with a reader's patience for brokers that have only just come back. */
export const auditOf = async ({ tmdb, env }: Stage): Promise<Verdict> =>
  eventually(async () => audit(env, await tmdb.oracle()));

/** `median 1.2 s, at most 3.4 s`. */
export const spread = (ms: readonly number[]): string => {
  const sorted = ms.toSorted((a, b) => a - b);
  const seconds = (at: number): string => ((sorted[at] ?? 0) / 1000).toFixed(1);
  return `median ${seconds(Math.floor(sorted.length / 2))} s, at most ${seconds(sorted.length - 1)} s`;
};

const withAdmin = async <T>({ brokers }: Cluster, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** The node that leads the first partition of a topic. */
export const leaderOf = async (cluster: Cluster, topic: string) => {
  const { topics } = await withAdmin(cluster, async (admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const leader = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0)?.leader;
  const node = cluster.nodes.find(({ id }) => id === leader);
  if (node === undefined) throw new Error(`${topic} has no leader`);
  return node;
};

/** Waits until every partition has all of its copies in sync. */
export const inSync = async (cluster: Cluster): Promise<void> =>
  eventually(async () => {
    const { topics } = await withAdmin(cluster, async (admin) => admin.fetchTopicMetadata());
    const behind = topics.filter(({ partitions }) =>
      partitions.some(({ isr, replicas }) => isr.length < replicas.length),
    );
    if (behind.length > 0) throw new Error(`not in sync: ${behind.map(({ name }) => name).join(', ')}`);
  }, 60_000);
