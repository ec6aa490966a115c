"""Plays one scenario with confluent-kafka's schema registry client and serializers: SCENARIO REGISTRY-URL BOOTSTRAP."""

import json
import sys
import uuid

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.schema_registry_client import ConfigCompatibilityLevel, ServerConfig
from confluent_kafka.serialization import MessageField, SerializationContext

PATIENCE_S = 40

USER = {
    "type": "record",
    "name": "User",
    "namespace": "interop",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "born", "type": {"type": "int", "logicalType": "date"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "default": []},
        {"name": "mail", "type": ["null", "string"], "default": None},
    ],
}
ORDER = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "Order",
    "type": "object",
    "properties": {"id": {"type": "integer"}, "line": {"$ref": "line.json"}},
    "required": ["id"],
    "additionalProperties": False,
}
LINE = {"type": "object", "properties": {"sku": {"type": "string"}}, "additionalProperties": False}


class World:
    def __init__(self, url, bootstrap):
        self.registry = SchemaRegistryClient({"url": url})
        self.kafka = {"bootstrap.servers": bootstrap}

    def topic(self):
        name = f"interop.schemas.{uuid.uuid4()}"
        admin = AdminClient(self.kafka)
        admin.create_topics([NewTopic(name, 1, 1)])[name].result(PATIENCE_S)
        return name

    def send(self, topic, values, serializer):
        producer = Producer(self.kafka)
        for value in values:
            producer.produce(topic, serializer(value, SerializationContext(topic, MessageField.VALUE)))
        assert producer.flush(PATIENCE_S) == 0

    def take(self, topic, count, deserializer):
        consumer = Consumer({**self.kafka, "group.id": str(uuid.uuid4()), "auto.offset.reset": "earliest"})
        consumer.subscribe([topic])
        found = []
        while len(found) < count:
            message = consumer.poll(PATIENCE_S)
            assert message is not None and message.error() is None, message and message.error()
            found.append(deserializer(message.value(), SerializationContext(topic, MessageField.VALUE)))
        consumer.close()
        return found


def avro(world):
    from datetime import date

    topic = world.topic()
    users = [
        {"name": f"user {i}", "born": date(1990, 1, 1 + i), "tags": ["a"] * i, "mail": None if i % 2 else f"{i}@x"}
        for i in range(20)
    ]
    world.send(topic, users, AvroSerializer(world.registry, json.dumps(USER)))
    assert world.registry.get_subjects().count(f"{topic}-value") == 1
    assert world.take(topic, 20, AvroDeserializer(world.registry)) == users
    # Who has a newer schema reads what an older one wrote.
    newer = {**USER, "fields": [*USER["fields"], {"name": "age", "type": "int", "default": 7}]}
    read = world.take(topic, 20, AvroDeserializer(world.registry, json.dumps(newer)))
    assert all(user["age"] == 7 for user in read)


def json_schema(world):
    topic = world.topic()
    line = f"{topic}-line"
    world.registry.register_schema(line, Schema(json.dumps(LINE), "JSON"))
    schema = Schema(json.dumps(ORDER), "JSON", [SchemaReference("line.json", line, 1)])
    orders = [{"id": i, "line": {"sku": f"s{i}"}} for i in range(20)]
    serializer = JSONSerializer(schema, world.registry)
    world.send(topic, orders, serializer)
    assert world.take(topic, 20, JSONDeserializer(schema, schema_registry_client=world.registry)) == orders
    try:
        serializer({"id": "no number"}, SerializationContext(topic, MessageField.VALUE))
        raise AssertionError("a value that is none of the schema's was taken")
    except Exception as error:
        assert "no number" in str(error), error


def evolve(world):
    registry = world.registry
    subject = f"interop-{uuid.uuid4()}"
    first = registry.register_schema(subject, Schema(json.dumps(USER), "AVRO"))
    assert registry.register_schema(subject, Schema(json.dumps(USER), "AVRO")) == first
    required = {**USER, "fields": [*USER["fields"], {"name": "age", "type": "int"}]}
    assert not registry.test_compatibility(subject, Schema(json.dumps(required), "AVRO"))
    try:
        registry.register_schema(subject, Schema(json.dumps(required), "AVRO"))
        raise AssertionError("a schema that does not fit was taken")
    except SchemaRegistryError as error:
        assert error.http_status_code == 409 and "READER_FIELD_MISSING_DEFAULT_VALUE" in error.error_message, error
    registry.set_config(subject, ServerConfig(compatibility=ConfigCompatibilityLevel.FORWARD))
    assert registry.get_config(subject).compatibility_level == ConfigCompatibilityLevel.FORWARD
    second = registry.register_schema(subject, Schema(json.dumps(required), "AVRO"))
    assert second > first
    assert registry.get_versions(subject) == [1, 2]
    latest = registry.get_latest_version(subject)
    assert (latest.schema_id, latest.version) == (second, 2)
    found = registry.lookup_schema(subject, Schema(json.dumps(USER), "AVRO"))
    assert (found.schema_id, found.version) == (first, 1)
    assert registry.delete_version(subject, 1) == 1
    assert registry.delete_subject(subject) == [2]
    assert sorted(registry.delete_subject(subject, permanent=True)) in ([1, 2], [2])
    try:
        registry.get_version(subject, 1)
        raise AssertionError("a subject that is gone was found")
    except SchemaRegistryError as error:
        assert (error.http_status_code, error.error_code) == (404, 40401), error


SCENARIOS = {"avro": avro, "json_schema": json_schema, "evolve": evolve}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]](World(sys.argv[2], sys.argv[3]))
