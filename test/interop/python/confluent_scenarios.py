"""Plays one scenario with confluent-kafka, which is librdkafka: SCENARIO HOST PORT."""

import sys
import time
import uuid

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PATIENCE_S = 40
EARLY = int(time.time() * 1000) - 100_000
LATE = EARLY + 50_000


def fresh(what):
    return f"interop.{what}.{uuid.uuid4()}"


class Broker:
    def __init__(self, host, port):
        self.config = {"bootstrap.servers": f"{host}:{port}"}
        self.admin = AdminClient(self.config)

    def topic(self, partitions, **config):
        name = fresh("librdkafka")
        topic = NewTopic(name, partitions, 1, config=named(config))
        self.admin.create_topics([topic])[name].result(PATIENCE_S)
        return name

    def producer(self, **config):
        return Producer({**self.config, "linger.ms": 5, **named(config)})

    def consumer(self, group, **config):
        defaults = {"auto.offset.reset": "earliest", "session.timeout.ms": 10_000, "heartbeat.interval.ms": 500, "auto.commit.interval.ms": 100}
        # The consumer protocol leaves the time-outs to the broker.
        settings = {} if config.get("group_protocol") == "consumer" else defaults
        return Consumer({**self.config, "auto.offset.reset": "earliest", **settings, "group.id": group, **named(config)})


def named(config):
    return {name.replace("_", "."): value for name, value in config.items()}


def flush(producer):
    assert producer.flush(PATIENCE_S) == 0, "not everything was delivered"


def delivered(error, _):
    assert error is None, error


def poll_until(consumers, done):
    """Polls all of them in turn until `done(message)` has returned true."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for consumer in consumers:
            message = consumer.poll(0.05)
            assert message is None or message.error() is None, message.error()
            if done(message):
                return
    raise AssertionError(f"not done; assignments {[len(c.assignment()) for c in consumers]}")


def read(consumer, count):
    came = []

    def take(message):
        if message is not None:
            came.append(message)
        return len(came) >= count

    poll_until([consumer], take)
    return came


def produce(broker):
    topic = broker.topic(1)
    kinds = ("none", "gzip", "snappy", "lz4", "zstd")
    for kind in kinds:
        producer = broker.producer(enable_idempotence=True, compression_type=kind)
        for i in range(200):
            producer.produce(topic, f"{kind} {i} " + "x" * 100, key=kind, headers={"kind": kind}, on_delivery=delivered)
        flush(producer)
    consumer = broker.consumer(fresh("group"), check_crcs=True)
    consumer.subscribe([topic])
    came = read(consumer, 1000)
    assert [m.offset() for m in came] == list(range(1000))
    assert [m.value().split()[:2] for m in came] == [[kind.encode(), str(i).encode()] for kind in kinds for i in range(200)]
    assert came[999].headers() == [("kind", b"zstd")]
    consumer.close()


def group_of_three(broker, **config):
    topic = broker.topic(6)
    group = fresh("three")
    members = [broker.consumer(group, **config) for _ in range(3)]
    for member in members:
        member.subscribe([topic])
    shares = lambda: sorted(len(member.assignment()) for member in members)
    poll_until(members, lambda _: shares() == [2, 2, 2])
    producer = broker.producer()
    seen = set()

    def send_and_see(first):
        for i in range(60):
            producer.produce(topic, str(first + i), partition=i % 6, on_delivery=delivered)
        flush(producer)

        def see(message):
            if message is not None:
                seen.add(int(message.value()))
            return len(seen) == first + 60

        poll_until(members, see)

    send_and_see(0)
    members.pop().close()
    poll_until(members, lambda message: (message is not None and seen.add(int(message.value()))) or shares() == [3, 3])
    send_and_see(60)
    assert seen == set(range(120))
    for member in members:
        member.close()


def cooperative(broker):
    group_of_three(broker, partition_assignment_strategy="cooperative-sticky")


def consumer_protocol(broker):
    group_of_three(broker, group_protocol="consumer")


def migrate(broker):
    """The consumers of a group are changed from the classic to the consumer protocol one by one, and back."""
    topic = broker.topic(6)
    group = fresh("migrate")
    protocols = {"classic": {"partition_assignment_strategy": "range"}, "consumer": {"group_protocol": "consumer"}}
    members = []
    seen = set()

    def see(message):
        if message is not None:
            seen.add(int(message.value()))

    def change(joins, leaves, expected):
        if leaves is not None:
            members.pop(leaves).close()
        if joins is not None:
            members.append(broker.consumer(group, **protocols[joins]))
            members[-1].subscribe([topic])
        poll_until(members, lambda message: see(message) or sorted(len(m.assignment()) for m in members) == expected)

    producer = broker.producer()
    for i in range(60):
        producer.produce(topic, str(i), partition=i % 6, on_delivery=delivered)
    flush(producer)
    change("classic", None, [6])
    change("consumer", None, [3, 3])
    change(None, 0, [6])
    change("classic", None, [3, 3])
    change(None, 0, [6])
    for i in range(60, 120):
        producer.produce(topic, str(i), partition=i % 6, on_delivery=delivered)
    flush(producer)
    poll_until(members, lambda message: see(message) or len(seen) == 120)
    members[0].close()


def replay(broker):
    topic = broker.topic(1)
    group = fresh("replay")
    producer = broker.producer()
    for value, timestamp in zip("abcde", [EARLY] * 3 + [LATE] * 2):
        producer.produce(topic, value, timestamp=timestamp, on_delivery=delivered)
    flush(producer)

    def session(count):
        consumer = broker.consumer(group, enable_auto_commit=False)
        consumer.subscribe([topic])
        text = b"".join(message.value() for message in read(consumer, count)).decode()
        consumer.commit(asynchronous=False)
        consumer.close()
        return text

    def reset(offset):
        consumer = broker.consumer(group)
        consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
        consumer.close()

    assert session(5) == "abcde"
    consumer = broker.consumer(group)
    assert consumer.committed([TopicPartition(topic, 0)], PATIENCE_S)[0].offset == 5
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), PATIENCE_S) == (0, 5)
    (found,) = consumer.offsets_for_times([TopicPartition(topic, 0, EARLY + 1)], PATIENCE_S)
    consumer.close()
    assert found.offset == 3, found
    reset(0)
    assert session(5) == "abcde"
    reset(found.offset)
    assert session(2) == "de"


def transactions(broker):
    source, copy = broker.topic(1), broker.topic(2)
    group, transactional_id = fresh("group"), fresh("id")
    plain = broker.producer()
    for i in range(20):
        plain.produce(source, str(i), on_delivery=delivered)
    flush(plain)
    consumer = broker.consumer(group, enable_auto_commit=False, isolation_level="read_committed")
    consumer.subscribe([source])

    def pass_on(producer, messages):
        producer.begin_transaction()
        for message in messages:
            producer.produce(copy, message.value(), partition=int(message.value()) % 2, on_delivery=delivered)
        flush(producer)
        end = [TopicPartition(source, 0, messages[-1].offset() + 1)]
        producer.send_offsets_to_transaction(end, consumer.consumer_group_metadata(), PATIENCE_S)

    def committed():
        return consumer.committed([TopicPartition(source, 0)], PATIENCE_S)[0].offset

    producer = broker.producer(transactional_id=transactional_id)
    producer.init_transactions(PATIENCE_S)
    first, second = read(consumer, 10), read(consumer, 10)
    pass_on(producer, first)
    producer.commit_transaction(PATIENCE_S)
    assert committed() == 10, committed()
    pass_on(producer, second)
    producer.abort_transaction(PATIENCE_S)
    assert committed() == 10, committed()
    # Somebody else takes over in the middle: what was begun is aborted, and who began it is told.
    pass_on(producer, second)
    successor = broker.producer(transactional_id=transactional_id)
    successor.init_transactions(PATIENCE_S)
    try:
        producer.commit_transaction(PATIENCE_S)
        raise AssertionError("somebody who was fenced has committed")
    except KafkaException as error:
        assert error.args[0].fatal() or error.args[0].txn_requires_abort(), error
    assert committed() == 10, committed()
    pass_on(successor, second)
    successor.commit_transaction(PATIENCE_S)
    assert committed() == 20, committed()
    consumer.close()
    reader = broker.consumer(fresh("reader"), isolation_level="read_committed")
    reader.subscribe([copy])
    values = sorted(int(message.value()) for message in read(reader, 20))
    assert values == list(range(20)), values
    reader.close()


def from_start(broker, topic, count):
    """Reads a topic of one partition from its start, up to `count` records or until nothing comes."""
    consumer = broker.consumer(fresh("reader"), check_crcs=True, enable_partition_eof=True)
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = []
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < count and time.monotonic() < deadline:
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error() is not None:
            break
        found.append(message)
    consumer.close()
    return found


def codecs(broker):
    kinds = ["none", "gzip", "snappy", "lz4", "zstd"]
    for kept in ["producer", "uncompressed", *kinds[1:]]:
        topic = broker.topic(1, compression_type=kept)
        expected = []
        for kind in kinds:
            producer = broker.producer(compression_type=kind, linger_ms=50)
            for i in range(20):
                value = f"{kept} {kind} {i} ".encode() * 20
                timestamp = EARLY + 10 * len(expected)
                producer.produce(topic, value, key=f"{i}", timestamp=timestamp, on_delivery=delivered)
                expected.append((len(expected), timestamp, value))
            flush(producer)
        messages = from_start(broker, topic, len(expected))
        assert [(m.offset(), m.timestamp()[1], m.value()) for m in messages] == expected, (kept, len(messages))
        consumer = broker.consumer(fresh("times"))
        for after, offset in [(-5, 0), (1, 1), (235, 24), (985, 99), (991, -1)]:
            (found,) = consumer.offsets_for_times([TopicPartition(topic, 0, EARLY + after)], PATIENCE_S)
            assert found.offset == offset, (kept, after, found)
        consumer.close()


def compact(broker):
    topic = broker.topic(1, cleanup_policy="compact", segment_ms=100, min_cleanable_dirty_ratio=0.01)
    producer = broker.producer(compression_type="zstd")
    last = {}
    for i in range(300):
        key = f"k{i % 7}"
        producer.produce(topic, f"{i}", key=key, timestamp=LATE - 10_000 + i, on_delivery=delivered)
        last[key] = (i, f"{i}".encode())
        if i % 50 == 49:
            flush(producer)
    # A later record begins a new segment: the ones before may be compacted.
    producer.produce(topic, "end", key="end", timestamp=LATE + 10_000, on_delivery=delivered)
    flush(producer)
    deadline = time.monotonic() + 2 * PATIENCE_S
    while time.monotonic() < deadline:
        messages = from_start(broker, topic, 400)
        if len(messages) < 200:
            break
    found = {m.key().decode(): (m.offset(), m.value()) for m in messages}
    assert len(messages) < 200, "nothing was compacted"
    assert found.pop("end") == (300, b"end"), found
    assert found == last, (found, last)
    refused = []
    producer.produce(topic, "no key", on_delivery=lambda error, _: refused.append(error))
    flush(producer)
    assert refused[0] is not None and refused[0].name() == "INVALID_RECORD", refused


def main(scenario, host, port):
    scenarios = {f.__name__: f for f in (produce, group_of_three, cooperative, consumer_protocol, migrate, replay, transactions, codecs, compact)}
    scenarios[scenario](Broker(host, port))


main(*sys.argv[1:])
