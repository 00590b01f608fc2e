import { execFile } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchJars, flags, inFolder } from './java.ts';
import { freePort, kafkaReady, registryReady, type Broker, type Say } from './ready.ts';

const run = promisify(execFile);
const template = new URL('./jvm/server.properties', import.meta.url).pathname;
const clusterId = 'dG1kYi1jZGMtZGV2LTAwMA';

type Settings = Readonly<Record<string, string>>;

export interface ClusterOptions {
  readonly brokers: 1 | 3;
  /** In addition to those of dev/jvm/server.properties, which they replace. */
  readonly settings?: Settings;
  /** Given where a node listens to clients, what they are told instead: the address of a proxy. */
  readonly via?: (target: string) => Promise<string>;
}

export interface Node {
  readonly id: number;
  /** As clients know it. */
  readonly address: string;
  readonly kill: () => Promise<void>;
  /** As an operator does it: leaders are handed over first. */
  readonly stop: () => Promise<void>;
  readonly pause: () => void;
  readonly resume: () => void;
  /** Starts it where it lay; resolves once it answers. */
  readonly restart: () => Promise<void>;
}

const placeOf = async (id: number, via: (target: string) => Promise<string>) => {
  const [client, inside, controller] = [await freePort(), await freePort(), await freePort()];
  return { id, client, inside, controller, told: await via(`127.0.0.1:${client}`) };
};
type Place = Awaited<ReturnType<typeof placeOf>>;

const propertiesOf = ({ id, client, inside, controller, told }: Place, all: readonly Place[]): Settings => {
  const [copies, fewest] = all.length === 1 ? ['1', '1'] : ['3', '2'];
  return {
    'node.id': String(id),
    'controller.quorum.voters': all.map((each) => `${each.id}@127.0.0.1:${each.controller}`).join(','),
    listeners: `CLIENT://127.0.0.1:${client},INSIDE://127.0.0.1:${inside},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `CLIENT://${told},INSIDE://127.0.0.1:${inside}`,
    'default.replication.factor': copies,
    'min.insync.replicas': fewest,
    'offsets.topic.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': fewest,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': fewest,
  };
};

type Folder = Parameters<Parameters<typeof inFolder>[0]>[0];

const startNode = async (
  { dir, start }: Folder,
  { id, told, inside }: Place,
  { home, properties }: { home: string; properties: Settings },
): Promise<Node> => {
  const file = join(dir, `node-${id}.properties`);
  const own = { ...properties, 'log.dirs': join(dir, `data-${id}`) };
  const lines = Object.entries(own).map((property) => property.join('='));
  await writeFile(file, [await readFile(template, 'utf8'), ...lines].join('\n'));
  const java = [...flags, '-cp', join(home, 'kafka', '*')];
  await run('java', ['-Xmx128m', ...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file]);
  const begin = async () => start(`kafka-${id}`, ['java', '-Xmx512m', ...java, 'kafka.Kafka', file]);
  let running = await begin();
  return {
    id,
    address: told,
    kill: async () => running.end('KILL'),
    stop: async () => running.end('TERM'),
    pause: () => running.signal('STOP'),
    resume: () => running.signal('CONT'),
    restart: async () => {
      running = await begin();
      await kafkaReady(`127.0.0.1:${inside}`);
    },
  };
};

/** Nodes on free ports; with three of them every partition has three copies, two of which must be in sync. */
export const startCluster = async ({ brokers, settings, via }: ClusterOptions, say: Say) => {
  const home = await fetchJars(say);
  return inFolder(async (folder) => {
    const places: Place[] = [];
    for (let id = 1; id <= brokers; id += 1)
      places.push(await placeOf(id, via ?? (async (own) => Promise.resolve(own))));
    const starting = places.map(async (place) =>
      startNode(folder, place, { home, properties: { ...propertiesOf(place, places), ...settings } }),
    );
    await Promise.allSettled(starting); // so that none starts behind a close
    const nodes = await Promise.all(starting);
    const address = nodes.map((node) => node.address).join(',');
    const inside = places.map((place) => `127.0.0.1:${place.inside}`).join(',');
    await kafkaReady(inside, brokers);
    const consoleConsumer = `java -cp '${join(home, 'kafka', '*')}' org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server ${address}`;
    // Inside, nobody is asked who he is, whatever the settings say of clients.
    return { brokers: address, inside, nodes, consoleConsumer };
  });
};
export type Cluster = Awaited<ReturnType<typeof startCluster>>;

const startRegistry = async (home: string) =>
  inFolder(async ({ start }) => {
    const port = await freePort();
    const jar = (await readdir(join(home, 'registry'))).find((file) => file.endsWith('-runner.jar'));
    if (jar === undefined) throw new Error(`${home} is not complete: make clean, and again`);
    const settings = [
      `-Dquarkus.http.port=${port}`,
      '-Dquarkus.http.host=127.0.0.1',
      '-Dquarkus.http.access-log.enabled=false',
    ];
    await start('registry', ['java', ...flags, '-Xmx256m', ...settings, '-jar', join(home, 'registry', jar)]);
    const registryUrl = `http://127.0.0.1:${port}/apis/ccompat/v7`;
    await registryReady(registryUrl);
    return { registryUrl };
  });

/** Kafka and the registry as child processes on free ports, their data in folders that go with them. */
export const startJvm = async (say: Say): Promise<Broker> => {
  const home = await fetchJars(say);
  say('starting Apache Kafka and Apicurio Registry on the JVM');
  const starting = [startCluster({ brokers: 1 }, say), startRegistry(home)] as const;
  const close = async (): Promise<void> => {
    // Whatever has started by then, also when the other one failed.
    for (const each of await Promise.allSettled(starting)) if (each.status === 'fulfilled') await each.value.close();
  };
  try {
    const [{ brokers, consoleConsumer }, { registryUrl }] = await Promise.all(starting);
    return { brokers, registryUrl, consoleConsumer, close };
  } catch (error) {
    await close();
    throw error;
  }
};
