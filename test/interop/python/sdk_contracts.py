"""Reads or writes a topic with confluent-kafka's serializers: read|write avro|json TOPIC REGISTRY-URL BOOTSTRAP COUNT; lines of JSON go in or out.

Times are milliseconds in the lines; the schema to write with is the first of them."""

import json
import sys
import uuid
from datetime import datetime, timezone

from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 40


def told(value):
    at = value.get("at")
    return {**value, "at": round(at.timestamp() * 1000)} if isinstance(at, datetime) else value


def meant(value, is_avro):
    return {**value, "at": datetime.fromtimestamp(value["at"] / 1000, timezone.utc)} if is_avro else value


def read(is_avro, topic, registry, bootstrap, count):
    deserializer = AvroDeserializer(registry) if is_avro else JSONDeserializer(None, schema_registry_client=registry)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    for _ in range(count):
        message = consumer.poll(PATIENCE_S)
        assert message is not None and message.error() is None, message and message.error()
        print(json.dumps(told(deserializer(message.value(), SerializationContext(topic, MessageField.VALUE)))))
    consumer.close()


def write(is_avro, topic, registry, bootstrap, _count):
    schema, *lines = sys.stdin.read().splitlines()
    serializer = AvroSerializer(registry, schema) if is_avro else JSONSerializer(schema, registry)
    producer = Producer({"bootstrap.servers": bootstrap})
    for line in lines:
        value = meant(json.loads(line), is_avro)
        producer.produce(topic, serializer(value, SerializationContext(topic, MessageField.VALUE)))
    assert producer.flush(PATIENCE_S) == 0


if __name__ == "__main__":
    verb, kind, topic, url, bootstrap, count = sys.argv[1:]
    {"read": read, "write": write}[verb](kind == "avro", topic, SchemaRegistryClient({"url": url}), bootstrap, int(count))
