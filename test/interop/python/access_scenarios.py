"""Plays one scenario with confluent-kafka, which is librdkafka: SCENARIO JSON."""

import json
import sys
import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

PATIENCE_S = 30


def config_of(given):
    """The client's settings; a token is given to the client by a callback."""
    config = dict(given)
    token = config.pop("token", None)
    if token is not None:
        config["oauth_cb"] = lambda _: (token, 4_000_000_000)
    return config


def prepare(given):
    """Sets up a SCRAM user and lets four users do everything with what begins with `interop.`"""
    admin = AdminClient(config_of(given["admin"]))
    for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
        info = ScramCredentialInfo(mechanism, 4096)
        upsertion = UserScramCredentialUpsertion("carol", info, b"carol's password")
        for future in admin.alter_user_scram_credentials([upsertion]).values():
            future.result(PATIENCE_S)
    described = admin.describe_user_scram_credentials(["carol"])["carol"].result(PATIENCE_S)
    assert sorted(str(info.mechanism) for info in described.scram_credential_infos) == sorted(
        str(mechanism) for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)
    )
    bindings = [
        AclBinding(
            kind,
            "interop.",
            ResourcePatternType.PREFIXED,
            f"User:{user}",
            "*",
            AclOperation.ALL,
            AclPermissionType.ALLOW,
        )
        for user in ("guest", "carol", "orders", "token-user")
        for kind in (ResourceType.TOPIC, ResourceType.GROUP)
    ]
    for future in admin.create_acls(bindings).values():
        future.result(PATIENCE_S)
    anything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    found = admin.describe_acls(anything).result(PATIENCE_S)
    assert set(bindings) <= set(found), found


def round_trip(given):
    """Makes a topic, writes to it, and reads from it in a group."""
    config = config_of(given["client"])
    topic = f"interop.{uuid.uuid4()}"
    admin = AdminClient(config)
    # A token is asked for while the client is polled.
    admin.poll(1)
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(PATIENCE_S)
    producer = Producer({**config, "enable.idempotence": True})
    failed = []
    for number in range(20):
        producer.produce(topic, str(number), on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(PATIENCE_S) == 0 and not failed, failed
    consumer = Consumer({**config, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    came = []
    while len(came) < 20:
        message = consumer.poll(PATIENCE_S)
        assert message is not None, f"only {len(came)} came"
        assert message.error() is None, message.error()
        came.append(int(message.value()))
    consumer.close()
    assert came == list(range(20)), came


def refused(given):
    """Is told that it can't log in."""
    problems = []
    client = Producer({**config_of(given["client"]), "error_cb": problems.append})
    for _ in range(20):
        client.poll(0.5)
        # Without a certificate it only sees that connections end.
        if any(error.code() in (KafkaError._AUTHENTICATION, KafkaError._ALL_BROKERS_DOWN) for error in problems):
            return
    raise AssertionError(problems)


def denied(given):
    """May not write to, read from, or make what no ACL allows."""
    config = config_of(given["client"])
    admin = AdminClient(config_of(given["admin"]))
    topic = f"secret.{uuid.uuid4()}"
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(PATIENCE_S)
    failed = []
    producer = Producer(config)
    producer.produce(topic, "x", on_delivery=lambda error, _: failed.append(error.code()))
    producer.flush(PATIENCE_S)
    assert failed == [KafkaError.TOPIC_AUTHORIZATION_FAILED], failed
    consumer = Consumer({**config, "group.id": "interop.denied"})
    consumer.subscribe([topic])
    message = consumer.poll(PATIENCE_S)
    assert message is not None and message.error().code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, message
    consumer.close()
    other = f"secret.{uuid.uuid4()}"
    stranger = AdminClient(config)
    try:
        stranger.create_topics([NewTopic(other, 1, 1)])[other].result(PATIENCE_S)
    except KafkaException as problem:
        assert problem.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED, problem
    else:
        raise AssertionError("the topic was made")


if __name__ == "__main__":
    {"prepare": prepare, "round_trip": round_trip, "refused": refused, "denied": denied}[sys.argv[1]](json.loads(sys.argv[2]))
