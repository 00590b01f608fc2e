import kafkajs, { type Broker, type ConsumerConfig, type Kafka, type PartitionAssigner } from 'kafkajs';
import { mendAnswer, type FetchAnswer } from '../core/emptied.ts';

interface Exchange {
  readonly request: { readonly apiName: string; readonly apiVersion: number };
  readonly response: { readonly decode: (payload: Buffer) => Promise<unknown> };
}

/** A broker as kafkajs makes it, as far as its types do not tell. */
interface Connected {
  readonly connectionPool?: { send: (exchange: Exchange) => Promise<unknown> };
}

const mend = (broker: Broker & Connected): void => {
  const pool = broker.connectionPool;
  if (pool === undefined) return;
  const send = pool.send.bind(pool);
  pool.send = async (exchange) => {
    const { request, response } = exchange;
    if (request.apiName !== 'Fetch') return send(exchange);
    const decode = async (payload: Buffer): Promise<unknown> => {
      const answer = (await response.decode(payload)) as FetchAnswer; // of a Fetch
      mendAnswer(answer, payload, request.apiVersion);
      return answer;
    };
    return send({ request, response: { ...response, decode } });
  };
};

/** Consumers go on behind batches that compaction has emptied. kafkajs shows its brokers to assigners only. */
export const passEmptied = <Client extends { readonly kafka: Kafka }>(client: Client): Client => {
  const { kafka } = client;
  const newConsumer = kafka.consumer.bind(kafka);
  const mended = new WeakSet<Broker>();
  const mending =
    (assigner: PartitionAssigner): PartitionAssigner =>
    (config) => {
      const { cluster } = config;
      const findBroker = cluster.findBroker.bind(cluster);
      cluster.findBroker = async (node) => {
        const broker = await findBroker(node);
        if (!mended.has(broker)) mend(broker);
        mended.add(broker);
        return broker;
      };
      return assigner(config);
    };
  kafka.consumer = (options: ConsumerConfig) => {
    const { partitionAssigners = [kafkajs.PartitionAssigners.roundRobin] } = options;
    return newConsumer({ ...options, partitionAssigners: partitionAssigners.map(mending) });
  };
  return client;
};
