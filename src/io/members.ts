import kafkajs, {
  type Consumer,
  type Kafka,
  type PartitionAssigner,
  type PartitionerArgs,
  type Producer,
} from 'kafkajs';
import type { Leaders } from '../core/batch.ts';
import type { GroupSign } from '../core/checks.ts';
import { placeName } from '../core/positions.ts';
import type { Tell } from '../core/tell.ts';

/** The partition of a record is ours to say. Asked before each attempt: one send goes to one broker or to none. */
const makeRoute =
  (leaders: Leaders) =>
  ({ topic, partitionMetadata, message }: PartitionerArgs): number => {
    const partition = message.partition ?? -1;
    const leader = partitionMetadata.find(({ partitionId }) => partitionId === partition)?.leader;
    if (leader === undefined || leader !== leaders.get(placeName(topic, partition)))
      throw new kafkajs.KafkaJSNonRetriableError(`the leader of ${topic} partition ${partition} has changed`);
    return partition;
  };

/**
 * A producer of one transactional id, for as long as the leaders of its partitions stay. Its first `transaction()` fences
 * and settles whatever had the id before; without `idempotent`, which would cost a second producer id.
 */
export const makeProducer = (kafka: Kafka, transactionalId: string, leaders: Leaders): Producer =>
  kafka.producer({
    transactionalId,
    transactionTimeout: 20_000,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner: () => makeRoute(leaders),
    retry: { initialRetryTime: 5, maxRetryTime: 500, retries: 8 },
  });

/** In ms; the broker's own minimum is 6 s (group.min.session.timeout.ms). */
export const sessionTimeoutMs = 6000;
// A killed instance is missed after the session.
const times = {
  sessionTimeout: sessionTimeoutMs,
  rebalanceTimeout: 10_000,
  heartbeatInterval: 1000,
  maxWaitTimeInMs: 500,
};
// A member goes on asking the coordinator that it had: soon enough it is begun anew, and finds the one that there is.
const retry = {
  initialRetryTime: 100,
  maxRetryTime: 1000,
  retries: 3,
  restartOnFailure: async () => Promise.resolve(false),
};

/** A member of the group that says which instance polls. It reads on by itself, and commits no offsets. */
export const makeMember = (kafka: Kafka, groupId: string, assigner: PartitionAssigner): Consumer =>
  kafka.consumer({ groupId, ...times, retry, allowAutoTopicCreation: false, partitionAssigners: [assigner] });

/** Tells each sign of the group's to this member. */
export const tellSigns = (member: Consumer, topic: string, onSign: Tell['onSign']): Consumer => {
  let sign: GroupSign = 'member';
  member.on('consumer.group_join', ({ payload: { memberAssignment } }) => {
    sign = memberAssignment[topic]?.includes(0) === true ? 'owner' : 'member';
    onSign(sign);
  });
  member.on('consumer.heartbeat', () => onSign(sign));
  member.on('consumer.rebalancing', () => onSign('rebalancing'));
  member.on('consumer.crash', () => onSign('lost'));
  member.on('consumer.disconnect', () => onSign('lost'));
  return member;
};
