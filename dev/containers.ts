import { GenericContainer, getContainerRuntimeClient, Wait, type StartedTestContainer } from 'testcontainers';
import { kafkaReady, registryReady, type Broker, type Say } from './ready.ts';

export const images = {
  kafka: process.env['KAFKA_IMAGE'] ?? 'apache/kafka:4.3.1',
  registry: process.env['REGISTRY_IMAGE'] ?? 'apicurio/apicurio-registry:3.0.9',
} as const;

// Once one KAFKA_* is set the image's own defaults are off: all that a KRaft node needs is here.
const settings = {
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
  KAFKA_LISTENERS: 'OUTSIDE://:9092,INSIDE://:9093,CONTROLLER://:9094',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'OUTSIDE:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '1',
  KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
  KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
  KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '1',
  KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m',
  KAFKA_JVM_PERFORMANCE_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
};

const address = '/home/appuser/advertised'; // in the broker user's own directory

// The port that clients see is known only once the container runs: the broker waits for a file with its address.
const wait = `echo waiting; until [ -s ${address} ]; do sleep 0.05; done
export KAFKA_ADVERTISED_LISTENERS="$(cat ${address})"; exec /etc/kafka/docker/run`;

const startKafka = async (started: StartedTestContainer[]) => {
  const node = await new GenericContainer(images.kafka)
    .withExposedPorts(9092)
    .withEnvironment(settings)
    .withEntrypoint(['bash', '-c'])
    .withCommand([wait])
    .withWaitStrategy(Wait.forLogMessage('waiting'))
    .start();
  started.push(node);
  const brokers = `${node.getHost()}:${node.getMappedPort(9092)}`;
  const content = `OUTSIDE://${brokers},INSIDE://localhost:9093`;
  await node.copyContentToContainer([{ content, target: address, mode: 0o644 }]);
  await kafkaReady(brokers);
  const consoleConsumer = `docker exec ${node.getId().slice(0, 12)} /opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server localhost:9093`;
  return { brokers, consoleConsumer };
};

const startRegistry = async (started: StartedTestContainer[]) => {
  const node = await new GenericContainer(images.registry)
    .withExposedPorts(8080)
    .withEnvironment({ JAVA_OPTIONS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' })
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080).forStatusCode(200))
    .withStartupTimeout(120_000)
    .start();
  started.push(node);
  const registryUrl = `http://${node.getHost()}:${node.getMappedPort(8080)}/apis/ccompat/v7`;
  await registryReady(registryUrl);
  return { registryUrl };
};

/** Kafka and the registry in containers. Waits for both before it fails, so that nothing starts behind a stop's back. */
export const startContainers = async (say: Say): Promise<Broker> => {
  say(`starting ${images.kafka} and ${images.registry} in containers`);
  const started: StartedTestContainer[] = [];
  const close = async (): Promise<void> => {
    const { container } = await getContainerRuntimeClient();
    await Promise.all(
      started.map(async (node) => {
        await container.getById(node.getId()).remove({ force: true, v: true });
      }),
    );
  };
  const [kafka, registry] = await Promise.allSettled([startKafka(started), startRegistry(started)]);
  if (kafka.status === 'fulfilled' && registry.status === 'fulfilled')
    return { ...kafka.value, ...registry.value, close };
  await close();
  const reasons = [kafka, registry].flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  throw new AggregateError(reasons, reasons.map(String).join('; '));
};
