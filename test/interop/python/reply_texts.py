"""Provokes with pika what RabbitMQ's recorded reply texts are about, and writes a line `name: what came` for each: HOST PORT."""

import sys
import time

import pika
from pika import spec
from pika.exceptions import (
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
    UnroutableError,
)

HOST, PORT = sys.argv[1], int(sys.argv[2])
PATIENCE_S = 20
QUEUES = ["q", "ttl", "new", "mode", "ver1", "ver2", "dl", "cdl", "transient", "stream", "excl", "dlx", "dlq", "ae", "full"]


def connect(user="guest", password="guest", vhost="/"):
    credentials = pika.PlainCredentials(user, password)
    return pika.BlockingConnection(pika.ConnectionParameters(HOST, PORT, vhost, credentials))


class Case:
    """What one case has: a channel, another connection's channel, and the names beginning with rt."""

    def __init__(self):
        self.connection = connect()
        self.channel = self.connection.channel()
        self.other_connection = connect()
        self.other = self.other_connection.channel()

    def close(self):
        for connection in (self.connection, self.other_connection):
            if connection.is_open:
                connection.close()

    def declare(self, name, durable=False, **arguments):
        options = {key: arguments.pop(key) for key in ("passive", "exclusive", "auto_delete") if key in arguments}
        named = {"x-" + key.replace("_", "-"): value for key, value in arguments.items()}
        return self.channel.queue_declare(name, durable=durable, arguments=named, **options).method

    def exchange(self, name, kind="direct", **options):
        self.channel.exchange_declare(name, kind, **options)

    def publish(self, exchange="", key="rt.q", body=b"x", mandatory=False, **properties):
        self.channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties), mandatory)
        self.sync()

    def say(self, method):
        """What pika would not: then whatever comes."""
        self.channel._impl._send_method(method)
        self.sync()

    def sync(self):
        """A round trip."""
        self.channel.basic_qos(prefetch_count=0)

    def got(self, queue):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            method, properties, body = self.channel.basic_get(queue)
            if method is not None:
                return method, properties, body
            time.sleep(0.01)
        raise AssertionError(f"nothing comes to {queue}")


def held(case, name="rt.excl"):
    """Another connection's exclusive queue."""
    case.other.queue_declare(name, exclusive=True)


def consumed(case, **options):
    case.other.basic_consume("rt.q", lambda *_: None, consumer_tag="t", **options)


def twice(case):
    case.channel.basic_consume("rt.q", lambda *_: None, consumer_tag="t")
    case.say(spec.Basic.Consume(queue="rt.q", consumer_tag="t"))


def mandatory_return(case):
    came = []
    case.channel.add_on_return_callback(lambda _, method, *rest: came.append(f"{method.reply_code} {method.reply_text}"))
    case.publish(key="rt.nowhere", mandatory=True)
    case.connection.process_data_events(0)
    return came


def return_before_confirm(case):
    """pika raises this only if what was returned had come before the confirm did."""
    case.channel.confirm_delivery()
    try:
        case.channel.basic_publish("", "rt.nowhere", b"x", mandatory=True)
    except UnroutableError:
        return ["basic.return", "basic.ack"]
    return ["basic.ack"]


def reply_to(case, publishing=None):
    case.channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None, auto_ack=True)
    return publishing


def dead_letter(case, then, **arguments):
    """A message with a header dies in rt.dlx, in the way of `then`: what comes out of rt.dlq."""
    case.declare("rt.dlq", durable=True)
    case.declare("rt.dlx", durable=True, dead_letter_exchange="", dead_letter_routing_key="rt.dlq", **arguments)
    then(case)
    method, properties, _ = case.got("rt.dlq")
    for death in properties.headers["x-death"]:
        death["time"] = "T"
    place = f"exchange={method.exchange!r} rk={method.routing_key} redelivered={method.redelivered}"
    return Text(f"{place} expiration={properties.expiration} headers={in_order(properties.headers)}", case.lines)


def in_order(headers):
    """In the order of RabbitMQ's own."""
    return dict(sorted(headers.items()))


class Text(str):
    def __new__(cls, text, lines):
        new = super().__new__(cls, text)
        new.lines = lines
        return new


def rejected(case):
    """Given back twice, refused the third time."""
    case.publish(key="rt.dlx", headers={"a": 1})
    for n in (1, 2, 3):
        method, properties, _ = case.got("rt.dlx")
        case.lines.append(f"  delivery {n}: redelivered={method.redelivered} headers={properties.headers}")
        case.channel.basic_nack(method.delivery_tag, requeue=n < 3)


def too_long(case):
    case.publish(key="rt.dlx", headers={"a": 1})
    case.publish(key="rt.dlx")


def copies(case):
    headers = []
    for name in ("CC", "BCC"):
        case.publish(key="rt.nowhere", headers={name: ["rt.q"], "CC": ["rt.q"]})
        headers.append(case.got("rt.q")[1].headers)
    return headers


def cancelled(case):
    came = []
    case.channel.basic_consume("rt.q", lambda *_: None, consumer_tag="tag1")
    case.channel.add_on_cancel_callback(lambda frame: came.append(f"Basic.Cancel {frame.method.consumer_tag} nowait={frame.method.nowait}"))
    case.other.queue_delete("rt.q")
    deadline = time.monotonic() + PATIENCE_S
    while not came and time.monotonic() < deadline:
        case.connection.process_data_events(0.1)
    return came


def counts(case):
    for body in (b"1", b"2"):
        case.publish(body=body)
    first, _, _ = case.got("rt.q")
    ready = case.declare("rt.q", passive=True).message_count
    case.channel.basic_nack(first.delivery_tag)
    again, _, body = case.got("rt.q")
    purged = case.channel.queue_purge("rt.q").method.message_count
    words = f"get.message_count={first.message_count} ready_while_unacked={ready} requeued_first={body!r}"
    return f"{words} redelivered={again.redelivered} purged={purged}"


def last_declared(case):
    case.declare("rt.q", durable=True)
    return case.channel.queue_purge("").method.message_count


def fill(case):
    case.publish(body=b"1")


STREAM = {"durable": True, "queue_type": "stream"}
QUORUM = {"durable": True, "queue_type": "quorum"}

CASES = {
    "passive_missing_queue": lambda c: c.declare("rt.none", passive=True),
    "passive_missing_exchange": lambda c: c.exchange("rt.none", passive=True),
    "bind_missing_queue": lambda c: c.channel.queue_bind("rt.none", "rt.x", "k"),
    "bind_missing_exchange": lambda c: c.channel.queue_bind("rt.q", "rt.none", "k"),
    "bind_to_default_exchange": lambda c: c.channel.queue_bind("rt.q", "", "k"),
    "unbind_missing": lambda c: c.channel.queue_unbind("rt.q", "rt.x", "k").method,
    "delete_missing_queue": lambda c: c.channel.queue_delete("rt.none").method.message_count,
    "delete_missing_exchange": lambda c: c.channel.exchange_delete("rt.none") and None,
    "delete_amq_exchange": lambda c: c.channel.exchange_delete("amq.direct"),
    "delete_default_exchange": lambda c: c.channel.exchange_delete(""),
    "declare_default_exchange": lambda c: c.exchange(""),
    "declare_amq_exchange": lambda c: c.exchange("amq.foo"),
    "declare_amq_queue": lambda c: c.declare("amq.foo"),
    "declare_unknown_exchange_type": lambda c: c.exchange("rt.new", "x-nope"),
    "redeclare_durable": lambda c: c.declare("rt.q"),
    "redeclare_auto_delete": lambda c: c.declare("rt.q", durable=True, auto_delete=True),
    "redeclare_exclusive": lambda c: c.declare("rt.q", durable=True, exclusive=True),
    "redeclare_ttl_added": lambda c: c.declare("rt.q", durable=True, message_ttl=5),
    "redeclare_ttl_changed": lambda c: c.declare("rt.ttl", durable=True, message_ttl=5),
    "redeclare_ttl_missing": lambda c: c.declare("rt.ttl", durable=True),
    "redeclare_queue_type": lambda c: c.declare("rt.q", **QUORUM),
    "redeclare_queue_type_classic_explicit": lambda c: c.declare("rt.q", durable=True, queue_type="classic"),
    "redeclare_unknown_arg": lambda c: c.declare("rt.q", durable=True, foo=1),
    "redeclare_exchange_type": lambda c: c.exchange("rt.x", "topic", durable=True),
    "redeclare_exchange_durable": lambda c: c.exchange("rt.x"),
    "ttl_negative": lambda c: c.declare("rt.new", message_ttl=-1),
    "ttl_string": lambda c: c.declare("rt.new", message_ttl="5"),
    "expires_zero": lambda c: c.declare("rt.new", expires=0),
    "max_length_negative": lambda c: c.declare("rt.new", max_length=-1),
    "overflow_bad": lambda c: c.declare("rt.new", overflow="bad"),
    "max_priority_256": lambda c: c.declare("rt.new", max_priority=256),
    "max_priority_negative": lambda c: c.declare("rt.new", max_priority=-1),
    "queue_type_bad": lambda c: c.declare("rt.new", queue_type="nope"),
    "queue_mode_lazy": lambda c: c.declare("rt.mode", queue_mode="lazy"),
    "queue_version_1": lambda c: c.declare("rt.ver1", queue_version=1),
    "queue_version_2": lambda c: c.declare("rt.ver2", queue_version=2),
    "queue_master_locator": lambda c: c.declare("rt.new", queue_master_locator="min-masters"),
    "dlrk_without_dlx": lambda c: c.declare("rt.dl", dead_letter_routing_key="k"),
    "dlx_not_string": lambda c: c.declare("rt.dl", dead_letter_exchange=5),
    "quorum_not_durable": lambda c: c.declare("rt.new", queue_type="quorum"),
    "quorum_exclusive": lambda c: c.declare("rt.new", exclusive=True, **QUORUM),
    "quorum_max_priority": lambda c: c.declare("rt.new", max_priority=5, **QUORUM),
    "classic_delivery_limit": lambda c: c.declare("rt.cdl", delivery_limit=5),
    "stream_not_durable": lambda c: c.declare("rt.new", queue_type="stream"),
    "transient_non_exclusive": lambda c: c.declare("rt.transient"),
    "queue_name_256": lambda c: c.channel.queue_delete(c.declare("x" * 255).queue) and None,
    "server_named": lambda c: c.declare("", exclusive=True).queue[:8] + "*",
    "qos_prefetch_size": lambda c: c.channel.basic_qos(prefetch_size=10),
    "qos_global": lambda c: c.channel.basic_qos(prefetch_count=5, global_qos=True),
    "recover_no_requeue": lambda c: c.channel.basic_recover(requeue=False),
    "get_missing_queue": lambda c: c.channel.basic_get("rt.none"),
    "get_stream": lambda c: c.channel.basic_get("rt.stream"),
    "consume_missing_queue": lambda c: c.channel.basic_consume("rt.none", lambda *_: None),
    "consume_stream_no_prefetch": lambda c: c.channel.basic_consume("rt.stream", lambda *_: None),
    "consume_stream_auto_ack": lambda c: (
        c.channel.basic_qos(prefetch_count=5),
        c.channel.basic_consume("rt.stream", lambda *_: None, auto_ack=True),
    ),
    "reuse_consumer_tag": twice,
    "consume_in_exclusive_use": lambda c: (consumed(c, exclusive=True), c.channel.basic_consume("rt.q", lambda *_: None)),
    "exclusive_consume_with_others": lambda c: (consumed(c), c.channel.basic_consume("rt.q", lambda *_: None, exclusive=True)),
    "exclusive_queue_passive": lambda c: (held(c), c.declare("rt.excl", passive=True)),
    "exclusive_queue_declare": lambda c: (held(c), c.declare("rt.excl")),
    "exclusive_queue_bind": lambda c: (held(c), c.channel.queue_bind("rt.excl", "rt.x", "k")),
    "exclusive_queue_delete": lambda c: (held(c), c.channel.queue_delete("rt.excl")),
    "exclusive_queue_purge": lambda c: (held(c), c.channel.queue_purge("rt.excl")),
    "exclusive_queue_get": lambda c: (held(c), c.channel.basic_get("rt.excl")),
    "exclusive_queue_consume": lambda c: (held(c), c.channel.basic_consume("rt.excl", lambda *_: None)),
    "ack_unknown_tag": lambda c: (c.channel.basic_ack(99), c.sync()),
    "nack_unknown_tag": lambda c: (c.channel.basic_nack(99), c.sync()),
    "reject_unknown_tag": lambda c: (c.channel.basic_reject(99), c.sync()),
    "ack_multiple_0_nothing": lambda c: (c.channel.basic_ack(0, multiple=True), c.sync())[1],
    "publish_missing_exchange": lambda c: c.publish("rt.none"),
    "publish_internal_exchange": lambda c: c.publish("rt.int"),
    "publish_bad_user_id": lambda c: c.publish(user_id="nobody"),
    "publish_bad_expiration": lambda c: c.publish(expiration="abc"),
    "publish_negative_expiration": lambda c: c.publish(expiration="-1"),
    "publish_cc_not_list": lambda c: c.publish(headers={"CC": "rt.q"}),
    "publish_immediate": lambda c: (
        c.channel._impl._send_method(spec.Basic.Publish(routing_key="rt.q", immediate=True), (pika.BasicProperties(), b"")),
        c.sync(),
    ),
    "mandatory_return": mandatory_return,
    "return_before_confirm": return_before_confirm,
    "confirm_then_tx": lambda c: (c.channel.confirm_delivery(), c.channel.tx_select()),
    "tx_then_confirm": lambda c: (c.channel.tx_select(), c.channel.confirm_delivery()),
    "tx_commit_without_select": lambda c: c.channel.tx_commit(),
    "tx_rollback_without_select": lambda c: c.channel.tx_rollback(),
    "flow_false": lambda c: c.channel.flow(False),
    "delete_if_empty": lambda c: (fill(c), c.channel.queue_delete("rt.q", if_empty=True)),
    "delete_queue_if_unused": lambda c: (consumed(c), c.channel.queue_delete("rt.q", if_unused=True)),
    "delete_exchange_if_unused": lambda c: (c.channel.queue_bind("rt.q", "rt.x", "k"), c.channel.exchange_delete("rt.x", if_unused=True)),
    "reply_to_consume_ack_mode": lambda c: c.channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None),
    "reply_to_consume_twice": lambda c: (reply_to(c), c.channel.basic_consume("amq.rabbitmq.reply-to", lambda *_: None, auto_ack=True)),
    "reply_to_publish_without_consumer": lambda c: c.publish(reply_to="amq.rabbitmq.reply-to"),
    "reply_to_declare_passive": lambda c: reply_to(c) or c.declare("amq.rabbitmq.reply-to", passive=True),
    "headers_bind_bad_x_match": lambda c: c.channel.queue_bind("rt.q", "amq.headers", arguments={"x-match": "nope"}),
    "headers_bind_x_match_int": lambda c: c.channel.queue_bind("rt.q", "amq.headers", arguments={"x-match": 1}),
    "consume_bad_priority": lambda c: c.channel.basic_consume("rt.q", lambda *_: None, arguments={"x-priority": "high"}),
    "alternate_exchange_not_string": lambda c: c.exchange("rt.ae", arguments={"alternate-exchange": 5}),
    "body_too_big": lambda c: c.publish(body=b"x" * (16 * 2**20 + 1)),
    "dlx_expired_per_message": lambda c: dead_letter(c, lambda c: c.publish(key="rt.dlx", headers={"a": 1}, expiration="50")),
    "dlx_maxlen": lambda c: dead_letter(c, too_long, max_length=1),
    "dlx_rejected_quorum": lambda c: dead_letter(c, rejected, queue_type="quorum"),
    "dlx_delivery_limit_quorum": lambda c: dead_letter(c, rejected, queue_type="quorum", delivery_limit=2),
    "dlx_rejected_priority": lambda c: dead_letter(c, rejected, max_priority=5),
    "empty_queue_name_is_last_declared": last_declared,
    "empty_queue_name_passive_declare": lambda c: c.declare("", passive=True),
    "empty_queue_name_none_declared": lambda c: c.channel.queue_purge(""),
    "cc_bcc_headers_delivered": copies,
    "consumer_cancel_notify": cancelled,
    "get_empty": lambda c: c.channel.basic_get("rt.q"),
    "counts_and_requeue_order": counts,
}


def prepare():
    """What the cases find, whatever the one before has done."""
    with connect() as connection:
        channel = connection.channel()
        for name in QUEUES:
            channel.queue_delete(f"rt.{name}")
        for name in ("x", "int", "new", "ae"):
            channel.exchange_delete(f"rt.{name}")
        channel.queue_declare("rt.q", durable=True)
        channel.queue_declare("rt.ttl", durable=True, arguments={"x-message-ttl": 1000})
        channel.queue_declare("rt.stream", durable=True, arguments={"x-queue-type": "stream"})
        channel.exchange_declare("rt.x", durable=True)
        channel.exchange_declare("rt.int", internal=True)


def play(name, run):
    prepare()
    case = Case()
    case.lines = []
    try:
        answer = run(case)
        case.sync()
        text = "ok" if answer is None else f"ok {answer}"
    except ChannelClosedByBroker as error:
        text = f"channel.close {error.reply_code} {error.reply_text}"
    except ConnectionClosedByBroker as error:
        text = f"connection.close {error.reply_code} {error.reply_text}"
    finally:
        try:
            case.close()
        except Exception:
            pass
    for line in case.lines:
        print(line)
    print(f"{name}: {text}")


def log_in(name, **options):
    try:
        connect(**options).close()
        print(f"{name}: ok")
    except (ProbableAuthenticationError, ProbableAccessDeniedError) as error:
        print(f"{name}: {type(error).__name__} {error!r}")


if __name__ == "__main__":
    for name, run in CASES.items():
        play(name, run)
    log_in("bad_password", password="wrong")
    log_in("unknown_user", user="nobody")
    log_in("unknown_vhost", vhost="/nope")
    with connect() as connection:
        tuned = connection._impl.params
        print(f"tune: {tuned.channel_max} {tuned.frame_max} {tuned.heartbeat}")
        print(f"capabilities: {sorted(connection._impl.server_capabilities)}")
    prepare()
    with connect() as connection:
        channel = connection.channel()
        for name in QUEUES:
            channel.queue_delete(f"rt.{name}")
        for name in ("x", "int"):
            channel.exchange_delete(f"rt.{name}")
