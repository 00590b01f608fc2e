"""Reads a topic from its beginning, committed records alone, and prints them as JSON. Arguments: brokers, registry, topic."""
import io
import json
import sys
import urllib.request

from fastavro import parse_schema, schemaless_reader
from kafka import KafkaConsumer, TopicPartition

brokers, registry, topic = sys.argv[1:]
schemas = {}


def schema(number):
    if number not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{number}") as answer:
            schemas[number] = parse_schema(json.loads(json.load(answer)["schema"]))
    return schemas[number]


def milliseconds(value):
    return round(value.timestamp() * 1000) if hasattr(value, "timestamp") else value


consumer = KafkaConsumer(bootstrap_servers=brokers.split(","), isolation_level="read_committed", enable_auto_commit=False)
partitions = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
consumer.assign(partitions)
ends = consumer.end_offsets(partitions)
consumer.seek_to_beginning(*partitions)
found = []
while any(consumer.position(each) < ends[each] for each in partitions):
    for records in consumer.poll(timeout_ms=500).values():
        for record in records:
            value = schemaless_reader(io.BytesIO(record.value[5:]), schema(int.from_bytes(record.value[1:5], "big")))
            found.append({
                "key": record.key.decode(),
                "headers": {name: text.decode() for name, text in record.headers},
                "value": {name: milliseconds(member) for name, member in value.items()},
            })
print(json.dumps(found))
