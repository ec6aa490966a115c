"""Plays one scenario of exchanges with pika: SCENARIO HOST PORT."""

import sys
import time
import uuid

import pika
from pika.exceptions import ChannelClosedByBroker, UnroutableError

PATIENCE_S = 20


class Place:
    """Exchanges and queues of names that nobody else has, taken away in the end."""

    def __init__(self, connection):
        self.connection = connection
        self.channel = connection.channel()
        self.prefix = f"interop.x.{uuid.uuid4()}."
        self.exchanges = []

    def exchange(self, name, type, **options):
        self.exchanges.append(self.prefix + name)
        self.channel.exchange_declare(self.prefix + name, type, **options)
        return self.prefix + name

    def queue(self, name="", **options):
        return self.channel.queue_declare(self.prefix + name, exclusive=True, **options).method.queue

    def exists(self, exchange):
        channel = self.connection.channel()
        try:
            channel.exchange_declare(exchange, passive=True)
            channel.close()
            return True
        except ChannelClosedByBroker as error:
            assert error.reply_code == 404, error
            return False

    def counts(self, queues, total):
        """Ready messages of each queue, as soon as there are `total`."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            counts = [self.channel.queue_declare(queue, passive=True).method.message_count for queue in queues]
            if sum(counts) >= total or time.monotonic() > deadline:
                return counts
            time.sleep(0.02)

    def drain(self, queue):
        bodies = []
        while True:
            method, _, body = self.channel.basic_get(queue, auto_ack=True)
            if method is None:
                return bodies
            bodies.append(body.decode())

    def refused(self, act):
        """The code and the text with which the broker closes a channel for `act`."""
        self.channel = self.connection.channel()
        try:
            act(self.channel)
        except ChannelClosedByBroker as error:
            self.channel = self.connection.channel()
            return f"{error.reply_code} {error.reply_text}"
        return "nothing was refused"

    def clear(self):
        for exchange in self.exchanges:
            self.connection.channel().exchange_delete(exchange)


def routable(channel, exchange, key, body="m"):
    try:
        channel.basic_publish(exchange, key, body, mandatory=True)
        return True
    except UnroutableError:
        return False


def alternate(place):
    channel = place.channel
    last = place.exchange("last", "fanout", internal=True)
    queue, other = place.queue("q"), place.queue("other")
    channel.queue_bind(queue, last)
    first = place.exchange("first", "direct", arguments={"alternate-exchange": last})
    channel.queue_bind(other, first, "k")
    lost = place.exchange("lost", "direct", arguments={"alternate-exchange": place.prefix + "nowhere"})
    channel.confirm_delivery()
    assert routable(channel, first, "k", "bound")
    assert routable(channel, first, "none", "alternate")
    assert not routable(channel, lost, "none")
    assert place.drain(queue) == ["alternate"], "the alternate exchange takes what nobody else does"
    assert place.drain(other) == ["bound"]
    # A binding to an exchange that leads nowhere is a binding all the same.
    nowhere = place.exchange("nowhere-to-go", "direct")
    channel.exchange_bind(nowhere, first, "e")
    assert not routable(channel, first, "e")
    assert place.drain(queue) == []


def circle(place):
    channel = place.channel
    a, b = place.exchange("a", "fanout"), place.exchange("b", "fanout")
    channel.exchange_bind(a, b)
    channel.exchange_bind(b, a)
    channel.exchange_bind(a, a)
    queue = place.queue("q")
    channel.queue_bind(queue, a)
    channel.queue_bind(queue, b)
    channel.basic_publish(a, "", "once")
    assert place.counts([queue], 1) == [1]


def deletion(place):
    channel = place.channel
    first, second = place.exchange("1", "fanout", auto_delete=True), place.exchange("2", "fanout", auto_delete=True)
    queue = place.queue("q")
    channel.exchange_bind(second, first)
    channel.queue_bind(queue, second)
    used = place.refused(lambda c: c.exchange_delete(first, if_unused=True))
    assert used == f"406 PRECONDITION_FAILED - exchange '{first}' in vhost '/' in use", used
    place.channel.queue_delete(queue)
    assert not place.exists(second) and not place.exists(first), "they go one after the other"
    # Only what leads from an exchange counts, not what leads to it.
    source, target = place.exchange("s", "fanout"), place.exchange("t", "fanout", auto_delete=True)
    place.channel.exchange_bind(target, source)
    place.channel.exchange_delete(target, if_unused=True)
    assert not place.exists(target)


def spread(place, type, keys, message, arguments=None):
    channel = place.channel
    exchange = place.exchange(f"{type}{len(place.exchanges)}", type, arguments=arguments)
    queues = [place.queue(f"{exchange}.{i}") for i in range(len(keys))]
    for queue, key in zip(queues, keys):
        channel.queue_bind(queue, exchange, key)
    for i in range(300):
        key, properties = message(i)
        channel.basic_publish(exchange, key, str(i), pika.BasicProperties(**properties))
    counts = place.counts(queues, 300)
    assert sum(counts) == 300, f"each message goes to exactly one queue: {counts}"
    return counts


def consistent_hash(place):
    one = ["1", "1", "1"]
    used = lambda counts: sum(1 for count in counts if count > 0)
    assert used(spread(place, "x-consistent-hash", one, lambda i: (f"k{i}", {}))) == 3
    assert used(spread(place, "x-consistent-hash", one, lambda i: ("same", {}))) == 1
    copies = lambda i: ("same", {"headers": {"CC": [f"k{i}"]}})
    assert used(spread(place, "x-consistent-hash", one, copies)) == 1
    header = {"hash-header": "h"}
    assert used(spread(place, "x-consistent-hash", one, lambda i: ("same", {"headers": {"h": f"v{i}"}}), header)) == 3
    assert used(spread(place, "x-consistent-hash", one, lambda i: (f"k{i}", {}), header)) == 1
    for name, value in (("message_id", str), ("correlation_id", str), ("timestamp", int)):
        message = lambda i: ("same", {name: value(i)})
        assert used(spread(place, "x-consistent-hash", one, message, {"hash-property": name})) == 3
    heavy = spread(place, "x-consistent-hash", ["1", "1", "48"], lambda i: (f"k{i}", {}))
    assert heavy[2] > 240, heavy


def random(place):
    for type, keys in (("x-random", ["a", "b", "c"]), ("x-local-random", ["", "", ""])):
        counts = spread(place, type, keys, lambda i: ("same", {"headers": {"CC": ["a", "b"]}}))
        assert all(count > 50 for count in counts), counts


def modulus_hash(place):
    keys = ["a", "b", "c"]
    assert all(count > 50 for count in spread(place, "x-modulus-hash", keys, lambda i: (f"k{i}", {})))
    assert sorted(spread(place, "x-modulus-hash", keys, lambda i: ("same", {}))) == [0, 0, 300]


def recent_history(place):
    channel = place.channel
    exchange = place.exchange("recent", "x-recent-history", durable=True, arguments={"x-recent-history-length": 3})
    channel.confirm_delivery()
    for i in range(5):
        assert not routable(channel, exchange, f"k{i}", f"m{i}"), "kept is not routed"
    channel.basic_publish(exchange, "", "secret", pika.BasicProperties(headers={"x-recent-history-no-store": True}))
    queue = place.queue("q")
    channel.queue_bind(queue, exchange)
    method, _, body = channel.basic_get(queue, auto_ack=True)
    assert (method.exchange, method.routing_key, method.redelivered, body) == (exchange, "k2", False, b"m2")
    assert place.drain(queue) == ["m3", "m4"]
    channel.queue_bind(queue, exchange)
    assert place.drain(queue) == [], "the binding was there"
    channel.basic_publish(exchange, "k", "new")
    assert place.drain(queue) == ["new"]
    # An exchange gets it newest first, as far as there is a queue behind it.
    fan = place.exchange("fan", "fanout")
    channel.queue_bind(queue, fan)
    channel.exchange_bind(fan, exchange)
    assert place.drain(queue) == ["new", "m4", "m3"]
    with_twenty = place.exchange("twenty", "x-recent-history")
    for i in range(25):
        routable(channel, with_twenty, "", str(i))
    channel.queue_bind(queue, with_twenty)
    assert place.drain(queue) == [str(i) for i in range(5, 25)]


def refusals(place):
    text = "406 PRECONDITION_FAILED - "
    name = place.prefix + "refused"
    place.exchanges.append(name)

    def declared(type, **arguments):
        names = {key.replace("_", "-"): value for key, value in arguments.items()}
        return place.refused(lambda c: c.exchange_declare(name, type, arguments=names))

    def bound(type, key):
        def act(channel):
            channel.exchange_delete(name)
            channel.exchange_declare(name, type)
            channel.queue_bind(channel.queue_declare("", exclusive=True).method.queue, name, key)
        return place.refused(act)

    both = declared("x-consistent-hash", hash_header="h", hash_property="message_id")
    assert both == text + "hash-header and hash-property are mutually exclusive", both
    other = declared("x-consistent-hash", hash_property="app_id")
    assert other == text + "Unsupported property: app_id", other
    none = declared("x-recent-history", x_recent_history_length=0)
    assert none == text + "Invalid argument 0, 'x-recent-history-length' must be a positive integer", none
    for key, words in {
        "a": 'must be an integer: <<"a">>',
        "": "must be an integer: <<>>",
        "0": "must be greater than 0",
        "10001": "must not exceed 10000",
    }.items():
        answer = bound("x-consistent-hash", key)
        assert answer == f"{text}The binding key {words}", answer
    keyed = bound("x-local-random", "k")
    assert keyed == text + "Non empty binding 'k' key not permitted", keyed


def main(scenario, host, port):
    connection = pika.BlockingConnection(pika.ConnectionParameters(host, int(port)))
    scenarios = (alternate, circle, deletion, consistent_hash, random, modulus_hash, recent_history, refusals)
    place = Place(connection)
    try:
        {f.__name__: f for f in scenarios}[scenario](place)
    finally:
        if connection.is_open:
            place.clear()
    connection.close()


main(*sys.argv[1:])
