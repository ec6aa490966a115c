"""Logs in as two users of a vhost and is refused what they may not: 'VHOST OWNER READER' HOST PORT."""

import sys

import pika
from pika.exceptions import ChannelClosedByBroker, ProbableAccessDeniedError, ProbableAuthenticationError

(vhost, owner, reader), host, port = sys.argv[1].split(), sys.argv[2], int(sys.argv[3])


def connect(user, password="guest", name=vhost):
    credentials = pika.PlainCredentials(user, password)
    return pika.BlockingConnection(pika.ConnectionParameters(host, port, name, credentials))


def refused(kind, act):
    try:
        act()
    except kind as error:
        return str(error)
    raise AssertionError(f"no {kind.__name__}")


connection = connect(owner)
channel = connection.channel()
queue = channel.queue_declare("", exclusive=True).method.queue
channel.basic_publish("", queue, b"mine")
assert channel.basic_get(queue, auto_ack=True)[2] == b"mine"

text = refused(ProbableAuthenticationError, lambda: connect(owner, "wrong"))
assert "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN" in text, text
text = refused(ProbableAccessDeniedError, lambda: connect(owner, name="/"))
assert f"NOT_ALLOWED - access to vhost '/' refused for user '{owner}'" in text, text
text = refused(ProbableAccessDeniedError, lambda: connect(owner, name="nowhere"))
assert "NOT_ALLOWED - vhost nowhere not found" in text, text

other = connect(reader)
text = refused(ChannelClosedByBroker, lambda: other.channel().exchange_declare("mine"))
assert f"configure access to exchange 'mine' in vhost '{vhost}' refused for user '{reader}'" in text, text
text = refused(ChannelClosedByBroker, lambda: other.channel().queue_purge("dead"))
assert f"read access to queue 'dead' in vhost '{vhost}' refused for user '{reader}'" in text, text
other.channel().queue_declare("orders.all", passive=True)

# With a new secret one goes on as before.
connection.update_secret("guest", "a test")
channel.queue_declare(queue, passive=True)
other.close()
connection.close()
