"""Plays one scenario with pika: SCENARIO HOST PORT."""

import sys
import time
import uuid

import pika
from pika.exceptions import ChannelClosedByBroker, UnroutableError

PATIENCE_S = 20


def fresh(what):
    return f"interop.{what}.{uuid.uuid4()}"


def declare(channel, what="pika", **arguments):
    """An exclusive queue; `dead_letter_exchange` becomes x-dead-letter-exchange."""
    names = {"x-" + name.replace("_", "-"): value for name, value in arguments.items()}
    return channel.queue_declare(fresh(what), exclusive=True, arguments=names).method.queue


def consume(channel, queue, count, auto_ack=True):
    came = []
    for method, properties, body in channel.consume(queue, auto_ack=auto_ack, inactivity_timeout=PATIENCE_S):
        assert method is not None, f"only {len(came)} of {count} came"
        came.append((method, properties, body))
        if len(came) == count:
            break
    channel.cancel()
    return came


def get(channel, queue):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is not None:
            return method, properties, body
        time.sleep(0.02)
    raise AssertionError(f"nothing came to {queue}")


def work(channel):
    queue = declare(channel)
    channel.confirm_delivery()
    persistent = pika.BasicProperties(delivery_mode=2, content_type="text/plain", headers={"n": 1, "nested": {"a": [1, "b"]}})
    for i in range(200):
        channel.basic_publish("", queue, f"job {i}", persistent)
    channel.basic_qos(prefetch_count=7)
    seen = []

    def handle(channel, method, properties, body):
        seen.append((body.decode(), properties.headers))
        channel.basic_ack(method.delivery_tag)
        if len(seen) == 200:
            channel.stop_consuming()

    channel.basic_consume(queue, handle)
    channel.start_consuming()
    assert seen == [(f"job {i}", {"n": 1, "nested": {"a": [1, "b"]}}) for i in range(200)]
    assert channel.queue_declare(queue, passive=True).method.message_count == 0


def requeue(channel):
    queue = declare(channel)
    channel.basic_publish("", queue, b"again")
    first, _, _ = channel.basic_get(queue)
    assert not first.redelivered
    channel.basic_nack(first.delivery_tag, requeue=True)
    second, _, body = channel.basic_get(queue)
    assert second.redelivered and body == b"again"
    channel.basic_ack(second.delivery_tag)


def expired(channel):
    dead = declare(channel)
    queue = declare(channel, message_ttl=50, dead_letter_exchange="", dead_letter_routing_key=dead)
    channel.basic_publish("", queue, b"late")
    _, properties, body = get(channel, dead)
    (death,) = properties.headers["x-death"]
    assert body == b"late"
    assert (death["reason"], death["queue"], death["count"]) == ("expired", queue, 1), death


def rejected(channel):
    exchange = fresh("dlx")
    channel.exchange_declare(exchange, "topic", auto_delete=True)
    dead = declare(channel)
    channel.queue_bind(dead, exchange, "#")
    queue = declare(channel, dead_letter_exchange=exchange)
    channel.basic_publish("", queue, b"bad")
    method, _, _ = channel.basic_get(queue)
    channel.basic_reject(method.delivery_tag, requeue=False)
    method, properties, body = get(channel, dead)
    assert (method.exchange, method.routing_key, body) == (exchange, queue, b"bad")
    assert properties.headers["x-death"][0]["reason"] == "rejected"


def topic(channel):
    exchange = fresh("topic")
    channel.exchange_declare(exchange, "topic", auto_delete=True)
    bound = {pattern: declare(channel) for pattern in ("*.error", "#", "a.#", "a.*")}
    for pattern, queue in bound.items():
        channel.queue_bind(queue, exchange, pattern)
    channel.confirm_delivery()
    for key in ("a.error", "b.error", "a", "a.b.c", "error"):
        channel.basic_publish(exchange, key, key)
    seen = {
        pattern: [body.decode() for _, _, body in consume(channel, queue, channel.queue_declare(queue, passive=True).method.message_count)]
        for pattern, queue in bound.items()
    }
    assert seen == {
        "*.error": ["a.error", "b.error"],
        "#": ["a.error", "b.error", "a", "a.b.c", "error"],
        "a.#": ["a.error", "a", "a.b.c"],
        "a.*": ["a.error"],
    }, seen


def reply_to(channel):
    queue = declare(channel)
    answers = []
    channel.basic_consume("amq.rabbitmq.reply-to", lambda c, m, p, body: answers.append((p.correlation_id, body)), auto_ack=True)
    asked = pika.BasicProperties(reply_to="amq.rabbitmq.reply-to", correlation_id="7")
    channel.basic_publish("", queue, b"ping", asked)

    def serve(channel, method, properties, body):
        channel.basic_publish("", properties.reply_to, body + b" pong", pika.BasicProperties(correlation_id=properties.correlation_id))
        channel.basic_ack(method.delivery_tag)

    channel.basic_consume(queue, serve)
    deadline = time.monotonic() + PATIENCE_S
    while not answers and time.monotonic() < deadline:
        channel.connection.process_data_events(time_limit=0.1)
    assert answers == [("7", b"ping pong")], answers


def mandatory(channel):
    channel.confirm_delivery()
    try:
        channel.basic_publish("amq.direct", fresh("nowhere"), b"back", mandatory=True)
    except UnroutableError as error:
        (returned,) = error.messages
        assert (returned.method.reply_code, returned.method.reply_text, returned.body) == (312, "NO_ROUTE", b"back")
    else:
        raise AssertionError("nothing was returned")


def cancelled(channel):
    queue = declare(channel)
    told = []
    channel.add_on_cancel_callback(lambda frame: told.append(frame.method.consumer_tag))
    tag = channel.basic_consume(queue, lambda *_: None)
    other = channel.connection.channel()
    other.queue_delete(queue)
    deadline = time.monotonic() + PATIENCE_S
    while not told and time.monotonic() < deadline:
        channel.connection.process_data_events(time_limit=0.1)
    assert told == [tag], told
    try:
        other.queue_declare(queue, passive=True)
    except ChannelClosedByBroker as error:
        assert error.reply_code == 404, error
    else:
        raise AssertionError("the queue is still there")


def main(scenario, host, port):
    connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
    scenarios = {f.__name__: f for f in (work, requeue, expired, rejected, topic, reply_to, mandatory, cancelled)}
    scenarios[scenario](connection.channel())
    connection.close()


main(*sys.argv[1:])
