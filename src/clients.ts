import type { Config } from './config.ts';
import { checkpointsTopic, declaredTopics, groupOf } from './core/topics.ts';
import { isNear } from './core/values.ts';
import { describeGroup } from './io/describe-group.ts';
import { makeConsume } from './io/consume.ts';
import { passEmptied } from './io/emptied.ts';
import { makeKafka, withAdmin, type KafkaOptions } from './io/kafka.ts';
import { makeFindRanges } from './io/offsets.ts';
import { makeRead } from './io/read.ts';
import { makeResets } from './io/resets.ts';
import { atMost, rest } from './io/rest.ts';
import { makeRegistry } from './io/schemas.ts';
import { kafkaLog, type Logger } from './log.ts';

/** What a program is given instead of reading it: clock, chance, identifiers, and a log. */
export interface World {
  readonly log: Logger;
  /** Ms since 1970. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly chance: () => number;
  readonly randomId: () => string;
}

export { patienceMs, patiently } from './io/rest.ts';

export type Clients = ReturnType<typeof makeClients>;

/** How the settings say that Kafka is spoken to. */
const securityOf = (config: Config): Pick<KafkaOptions, 'ssl' | 'sasl'> => {
  const { KAFKA_SSL_CA_FILE: ca, KAFKA_SSL_CERT_FILE: cert, KAFKA_SSL_KEY_FILE: key } = config;
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  return {
    ssl: (config.KAFKA_SSL ?? (ca ?? cert) !== undefined) ? { ca, cert, key } : null,
    sasl: mechanism === undefined ? null : { mechanism, username: username ?? '', password: password ?? '' },
  };
};

/** What every command talks to. Nothing is connected yet. */
export const makeClients = (config: Config, { log, now, randomId }: World) => {
  const security = securityOf(config);
  if (security.ssl === null && security.sasl?.mechanism === 'plain')
    log.warn('KAFKA_SASL_PASSWORD goes to the brokers unencrypted: set KAFKA_SSL, or use scram-sha-512');
  const registry = new URL(config.SCHEMA_REGISTRY_URL);
  if (config.SCHEMA_REGISTRY_AUTH !== undefined && registry.protocol === 'http:' && !isNear(registry.hostname))
    log.warn('SCHEMA_REGISTRY_AUTH goes to the registry unencrypted: use https');
  const resets = makeResets(kafkaLog(log));
  const { kafka, close } = passEmptied(makeKafka({ brokers: config.KAFKA_BROKERS, log: resets.log, ...security }));
  const groupId = (): string => `${groupOf(config.TOPIC_PREFIX)}/read-${randomId()}`;
  const deleteGroup = async (group: string) => withAdmin(kafka, async (admin) => admin.deleteGroups([group]));
  const findRanges = makeFindRanges({ kafka, atMost, now });
  return {
    kafka,
    close,
    registry: makeRegistry(config.SCHEMA_REGISTRY_URL, {
      auth: config.SCHEMA_REGISTRY_AUTH ?? null,
      ca: config.SCHEMA_REGISTRY_CA_FILE ?? null,
    }),
    specs: declaredTopics(config.TOPIC_PREFIX, config.PARTITIONS),
    findRanges,
    /** How many instances a group has. */
    countMembers: async (group: string): Promise<number> =>
      withAdmin(kafka, async (admin) => (await admin.describeGroups([group])).groups[0]?.members.length ?? 0),
    /** Who is in the group of instances. */
    describeGroup: async () =>
      withAdmin(kafka, async (admin) =>
        describeGroup(admin, groupOf(config.TOPIC_PREFIX), checkpointsTopic(config.TOPIC_PREFIX)),
      ),
    consume: makeConsume({ kafka, groupId, deleteGroup, read: makeRead(resets.onReset), findRanges, atMost, rest }),
  };
};
