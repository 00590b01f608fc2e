import { findBroker } from '../../dev/broker.ts';
import type { Broker } from '../../dev/ready.ts';

/** The same process runs the teardown. */
export interface Shared {
  broker?: Broker;
}

/** `make test` gives the addresses; run by hand, jest finds a broker of its own. */
export default async (): Promise<void> => {
  const broker = await findBroker((line) => void process.stderr.write(`${line}\n`));
  process.env['KAFKA_BROKERS'] = broker.brokers;
  process.env['SCHEMA_REGISTRY_URL'] = broker.registryUrl;
  (globalThis as Shared).broker = broker;
};
