"""Reads topics to their ends with Confluent's client and its own deserializer, and prints each record as a line of JSON.

Arguments: brokers, registry, topics. The client's default is read_committed.
"""
import json
import sys

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

brokers, registry, *topics = sys.argv[1:]
deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer({"bootstrap.servers": brokers, "group.id": "foreign", "enable.partition.eof": True})


def milliseconds(value):
    return round(value.timestamp() * 1000) if hasattr(value, "timestamp") else value


known = consumer.list_topics(timeout=30).topics
left = {(topic, number) for topic in topics for number in known[topic].partitions}
consumer.assign([TopicPartition(topic, number, 0) for topic, number in left])
while left:
    record = consumer.poll(30)
    if record is None:
        sys.exit(f"nothing came for 30 s from {sorted(left)}")
    place = (record.topic(), record.partition())
    if record.error() is not None and record.error().code() == KafkaError._PARTITION_EOF:
        left.discard(place)
        continue
    if record.error() is not None:
        sys.exit(str(record.error()))
    value = deserialize(record.value(), SerializationContext(record.topic(), MessageField.VALUE))
    print(json.dumps({
        "topic": record.topic(),
        "partition": record.partition(),
        "offset": record.offset(),
        "timestamp": record.timestamp()[1],
        "key": record.key().decode(),
        "headers": {name: text.decode() for name, text in record.headers()},
        "value": {name: milliseconds(member) for name, member in value.items()},
    }))
consumer.close()
