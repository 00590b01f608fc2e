import { makeClients } from '../clients.ts';
import { brokersCheck, schemaChecks } from '../core/doctor-checks.ts';
import { groupCheck, lettersCheck, watermarkCheck } from '../core/doctor-state.ts';
import { failed, skipped, type Check } from '../core/doctor.ts';
import { readFault } from '../core/errors.ts';
import { lettersTopic } from '../core/letters.ts';
import { checkpointsTopic, groupOf, transactionalIdOf, watermarksTopic } from '../core/topics.ts';
import { waitingLetters } from '../dead-letters.ts';
import { checkCheckpoints, checkReadBack, checkTmdb, checkTopics, type Given } from './doctor-checks.ts';
import { asKafkaFault, inspectSubjects } from '../installation.ts';
import { inspectBrokers } from '../io/inspect-log.ts';
import { unlessAborted, within } from '../io/rest.ts';
import { readWatermark } from '../watermarks.ts';

/** For one check, in ms. */
const limitMs = 10_000;

/** What is found, in time; one check that fails is that, and stops no other. */
const checked = async (
  name: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Check | readonly Check[]>,
): Promise<readonly Check[]> => {
  try {
    return [await within(limitMs, signal, async (limited) => unlessAborted(work(limited), limited))].flat();
  } catch (error) {
    signal.throwIfAborted();
    return [failed(name, error)];
  }
};

/** Also whether a broker has answered. */
const checkBrokers = async ({ config, clients }: Given, signal: AbortSignal) => {
  let isReached = false;
  const checks = await checked('kafka', signal, async () => {
    const found = await inspectBrokers(clients.kafka, transactionalIdOf(config.TOPIC_PREFIX)).catch(
      (error: unknown) => {
        throw asKafkaFault(error, config);
      },
    );
    isReached = true;
    return brokersCheck(found);
  });
  return { checks, isReached };
};

const ofKafka = ['kafka topics', 'shard 0', 'checkpoints', 'read-back', 'dead letters', 'watermark'] as const;

/** What can be asked once a broker answers, all at a time. */
const checkKafka = async (given: Given, signal: AbortSignal) => {
  const { config, clients } = given;
  let there: readonly string[] = [];
  const topics = await checked('kafka topics', signal, async () => {
    const found = await checkTopics(given);
    ({ there } = found);
    return found.checks;
  });
  const needing = async (name: string, topic: string, work: (signal: AbortSignal) => Promise<Check>) =>
    there.includes(topic) ? checked(name, signal, work) : [skipped(name, `${topic} is not there`)];
  const prefix = config.TOPIC_PREFIX;
  const others = await Promise.all([
    checked('shard 0', signal, async () =>
      groupCheck(
        await clients.describeGroup().catch((error: unknown) => {
          throw readFault(error, { operation: 'Describe', group: groupOf(prefix) });
        }),
      ),
    ),
    needing('checkpoints', checkpointsTopic(prefix), async (limited) => checkCheckpoints(given, limited)),
    there.length > 0
      ? checked('read-back', signal, async (limited) => checkReadBack(given, there, limited))
      : [skipped('read-back', 'no topic is there')],
    needing('dead letters', lettersTopic(prefix), async (limited) =>
      lettersCheck((await waitingLetters(clients, config, limited)).size),
    ),
    needing('watermark', watermarksTopic(prefix), async (limited) =>
      watermarkCheck(await readWatermark(clients, config, limited), given.world.now()),
    ),
  ]);
  return { topics, others: others.flat() };
};

/** Everything that `run` needs, and how it stands. Nothing is written. */
export const diagnose = async (
  { config, world }: Omit<Given, 'clients'>,
  signal: AbortSignal,
): Promise<readonly Check[]> => {
  const clients = makeClients(config, world);
  const given = { config, world, clients };
  const noToken = skipped('tmdb', 'TMDB_TOKEN is not set');
  try {
    const [tmdb, brokers, schemas] = await Promise.all([
      config.TMDB_TOKEN === undefined
        ? [noToken]
        : checked('tmdb', signal, async (limited) => checkTmdb(given, limited)),
      checkBrokers(given, signal),
      checked('schemas', signal, async () => schemaChecks(await inspectSubjects(clients))),
    ]);
    const { topics, others } = brokers.isReached
      ? await checkKafka(given, signal)
      : { topics: [], others: ofKafka.map((name) => skipped(name, 'Kafka cannot be asked')) };
    return [...tmdb, ...brokers.checks, ...topics, ...schemas, ...others];
  } finally {
    clients.close();
  }
};
