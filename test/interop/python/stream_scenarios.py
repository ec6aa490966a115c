"""Plays one scenario on stream queues: SCENARIO HOST PORT [KAFKA], the last the address of the same broker's other listener."""

import datetime
import sys
import time
import uuid

import pika

PATIENCE_S = 20
STREAM = {"x-queue-type": "stream"}


def fresh():
    return f"interop.stream.{uuid.uuid4()}"


def declare(channel, **more):
    name = fresh()
    arguments = {"x-" + key.replace("_", "-"): value for key, value in more.items()}
    channel.queue_declare(name, durable=True, arguments={**STREAM, **arguments})
    return name


def fill(channel, stream, count, **properties):
    channel.confirm_delivery()
    for i in range(count):
        channel.basic_publish("", stream, f"m{i}", pika.BasicProperties(**properties))


def read(channel, stream, count, quiet=0.0, prefetch=10, **arguments):
    """`count` messages, and then none for `quiet` seconds."""
    channel.basic_qos(prefetch_count=prefetch)
    names = {"x-stream-" + key.replace("_", "-"): value for key, value in arguments.items()}
    came = []
    while len(came) < count or quiet > 0:
        wait = quiet if len(came) == count else PATIENCE_S
        generator = channel.consume(stream, arguments=names, inactivity_timeout=wait)
        method, properties, body = next(generator)
        if method is None:
            assert len(came) == count, f"{len(came)} of {count} came"
            break
        channel.basic_ack(method.delivery_tag)
        came.append((properties.headers["x-stream-offset"], body.decode(), method, properties))
    channel.cancel()
    return came


def offsets(channel, stream, count, **arguments):
    return [offset for offset, *_ in read(channel, stream, count, **arguments)]


def same(channel, kafka):
    stream = declare(channel)
    channel.exchange_declare(stream, "topic")
    channel.queue_declare(stream + ".beside", durable=True)
    for queue in (stream, stream + ".beside"):
        channel.queue_bind(queue, stream, "a.#")
    headers = {"int": 5, "long": 2**40, "text": "ü", "yes": True, "none": None}
    if kafka is not None:
        # RabbitMQ loses it: it keeps streams in AMQP 1.0.
        headers["nested"] = {"a": [1, "b", {"c": False}]}
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        headers=headers, content_type="text/plain", content_encoding="x", priority=3, delivery_mode=1,
        correlation_id="c", reply_to="r", message_id="m", timestamp=1234, type="t", app_id="app",
    )
    channel.basic_publish(stream, "a.b", b"body", properties)
    channel.basic_publish("", stream, b"")
    channel.basic_publish("", stream, b"x" * 300_000)
    (_, body, method, got), (_, empty, _, bare), (_, large, *_) = read(channel, stream, 3, offset="first")
    assert (body, empty, len(large)) == ("body", "", 300_000)
    assert (method.exchange, method.routing_key, method.redelivered) == (stream, "a.b", False)
    assert got.headers.pop("x-stream-offset") == 0
    assert vars(got) == vars(properties), got
    assert bare.headers == {"x-stream-offset": 1}, bare
    assert channel.basic_get(stream + ".beside", auto_ack=True)[2] == b"body"
    channel.queue_delete(stream)
    channel.queue_delete(stream + ".beside")
    channel.exchange_delete(stream)


def starts(channel, _):
    stream = declare(channel)
    fill(channel, stream, 20)
    now = datetime.datetime.now(datetime.timezone.utc)
    assert offsets(channel, stream, 20, offset="first") == list(range(20))
    assert offsets(channel, stream, 13, offset=7) == list(range(7, 20))
    assert offsets(channel, stream, 20, offset="1h") == list(range(20))
    assert offsets(channel, stream, 20, offset=now - datetime.timedelta(hours=1)) == list(range(20))
    assert offsets(channel, stream, 1, offset="last", prefetch=1)[0] <= 19
    assert offsets(channel, stream, 0, quiet=0.3, offset="next") == []
    assert offsets(channel, stream, 0, quiet=0.3) == []
    assert offsets(channel, stream, 20, offset="first", prefetch=1) == list(range(20))
    channel.queue_delete(stream)


def filters(channel, _):
    stream = declare(channel)
    channel.confirm_delivery()
    for i in range(30):
        headers = {"x-stream-filter-value": f"f{i % 3}"} if i < 20 else {}
        channel.basic_publish("", stream, str(i), pika.BasicProperties(headers=headers))
    third = [i for i in range(20) if i % 3 == 1]
    assert offsets(channel, stream, 7, quiet=0.3, offset="first", filter="f1") == third
    two = [i for i in range(20) if i % 3 != 1]
    assert offsets(channel, stream, 13, quiet=0.3, offset="first", filter=["f0", "f2"]) == two
    both = third + list(range(20, 30))
    assert offsets(channel, stream, 17, quiet=0.3, offset="first", filter="f1", match_unfiltered=True) == both
    channel.queue_delete(stream)


def follow(channel, _):
    """Two consumers get everything that comes, and are told when the stream goes."""
    stream = declare(channel)
    channel.basic_qos(prefetch_count=5)
    came, told = {}, []
    channel.add_on_cancel_callback(lambda frame: told.append(frame.method.consumer_tag))

    def handle(on, method, properties, body):
        came.setdefault(method.consumer_tag, []).append(properties.headers["x-stream-offset"])
        on.basic_nack(method.delivery_tag, requeue=True)

    tags = [channel.basic_consume(stream, handle, arguments={"x-stream-offset": "next"}) for _ in range(2)]
    other = channel.connection.channel()
    fill(other, stream, 100)
    deadline = time.monotonic() + PATIENCE_S
    while sum(map(len, came.values())) < 200 and time.monotonic() < deadline:
        channel.connection.process_data_events(time_limit=0.1)
    assert all(came[tag] == list(range(100)) for tag in tags), came
    other.queue_delete(stream)
    while len(told) < 2 and time.monotonic() < deadline:
        channel.connection.process_data_events(time_limit=0.1)
    assert sorted(told) == sorted(tags)


def transactions(channel, _):
    """What is committed comes at once, what is rolled back never."""
    stream = declare(channel)
    other = channel.connection.channel()
    other.tx_select()
    committed = []

    def there():
        return [body for _, body, *_ in read(channel, stream, len(committed), quiet=0.3, offset="first")]

    for end, texts in (("commit", "ab"), ("rollback", "cd"), ("commit", "e")):
        for one in texts:
            other.basic_publish("", stream, one)
        assert there() == committed
        if end == "commit":
            other.tx_commit()
            committed += texts
        else:
            other.tx_rollback()
    assert there() == committed
    channel.queue_delete(stream)


def dead(channel, _):
    """A stream is where dead letters go, with what they died of."""
    stream = declare(channel)
    channel.queue_declare(stream + ".q", durable=True, arguments={
        "x-message-ttl": 50, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": stream,
    })
    fill(channel, stream + ".q", 20, delivery_mode=2)
    came = read(channel, stream, 20, quiet=0.3, offset="first")
    assert [body for _, body, *_ in came] == [f"m{i}" for i in range(20)]
    for *_, method, properties in came:
        (death,) = properties.headers["x-death"]
        assert (death["reason"], death["queue"], death["count"]) == ("expired", stream + ".q", 1)
        assert (method.exchange, method.routing_key) == ("", stream)
    channel.queue_delete(stream)
    channel.queue_delete(stream + ".q")


def stable(channel, kafka):
    """A consumer sees of a Kafka transaction nothing before its end, and nothing of one that is aborted."""
    from confluent_kafka import Producer

    stream = declare(channel)
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": stream})
    producer.init_transactions(PATIENCE_S)

    def begin(name):
        producer.begin_transaction()
        for i in range(3):
            producer.produce(stream, f"{name}{i}")
        assert producer.flush(PATIENCE_S) == 0

    channel.confirm_delivery()
    begin("a")
    channel.basic_publish("", stream, "behind a")
    assert read(channel, stream, 0, quiet=0.3, offset="first") == []
    producer.commit_transaction(PATIENCE_S)
    begin("b")
    channel.basic_publish("", stream, "behind b")
    assert [body for _, body, *_ in read(channel, stream, 4, quiet=0.3, offset="first")] == ["a0", "a1", "a2", "behind a"]
    producer.abort_transaction(PATIENCE_S)
    begin("c")
    producer.commit_transaction(PATIENCE_S)
    came = read(channel, stream, 8, quiet=0.3, offset="first")
    texts = ["a0", "a1", "a2", "behind a", "behind b", "c0", "c1", "c2"]
    assert [body for _, body, *_ in came] == texts, came
    # Markers and what was aborted have offsets, and no messages.
    assert [offset for offset, *_ in came] == [0, 1, 2, 3, 8, 10, 11, 12]
    channel.queue_delete(stream)


def both(channel, kafka):
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic

    stream = declare(channel)
    channel.confirm_delivery()
    channel.basic_publish("", stream, "over AMQP", pika.BasicProperties(headers={"n": 5, "t": "text"}, message_id="id"))
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        producer = Producer({"bootstrap.servers": kafka, "compression.type": codec, "linger.ms": 20})
        for i in range(20):
            producer.produce(stream, f"{codec} {i} " + "x" * 100, key=f"k{i}", headers=[("h", "v"), ("b", b"\xff\x00")], timestamp=1_700_000_000_000 + i)
        assert producer.flush(PATIENCE_S) == 0
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": fresh()})
    consumer.assign([TopicPartition(stream, 0, 0)])
    records = consumer.consume(101, PATIENCE_S)
    consumer.close()
    messages = read(channel, stream, 101, offset="first")
    assert [one.offset() for one in records] == [offset for offset, *_ in messages] == list(range(101))
    assert [one.value().decode() for one in records] == [body for _, body, *_ in messages]
    headers = dict(records[0].headers())
    assert (headers["n"], headers["t"], headers["amqp.message-id"]) == (b"5", b"text", b"id"), headers
    _, _, method, properties = messages[5]
    assert (method.exchange, method.routing_key, properties.timestamp) == ("", stream, 1_700_000_000)
    del properties.headers["x-stream-offset"]
    assert properties.headers == {"h": "v", "b": b"\xff\x00", "x-record-key": "k4"}, properties.headers
    admin = AdminClient({"bootstrap.servers": kafka})

    def refused(future):
        try:
            future.result()
        except KafkaException as error:
            return error.args[0].name()
        return None

    assert refused(admin.create_topics([NewTopic(stream, 1)])[stream]) == "TOPIC_ALREADY_EXISTS"
    admin.create_topics([NewTopic(stream + ".t", 1)])[stream + ".t"].result()
    other = channel.connection.channel()
    try:
        other.queue_declare(stream + ".t", durable=True, arguments=STREAM)
    except pika.exceptions.ChannelClosedByBroker as error:
        assert error.reply_code == 406, error
    else:
        raise AssertionError("a topic was declared as a stream")
    told = []
    channel.add_on_cancel_callback(lambda frame: told.append(frame))
    channel.basic_consume(stream, lambda *_: None)
    assert refused(admin.delete_topics([stream])[stream]) is None
    deadline = time.monotonic() + PATIENCE_S
    while not told and time.monotonic() < deadline:
        channel.connection.process_data_events(time_limit=0.1)
    assert told
    channel.queue_declare(stream, durable=True, arguments=STREAM)
    assert channel.queue_delete(stream)
    assert stream not in admin.list_topics(timeout=PATIENCE_S).topics


def main(scenario, host, port, kafka=None):
    connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
    scenarios = {f.__name__: f for f in (same, starts, filters, follow, transactions, dead, stable, both)}
    scenarios[scenario](connection.channel(), kafka)
    connection.close()


main(*sys.argv[1:])
