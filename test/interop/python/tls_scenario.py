"""Publishes and consumes with pika over TLS: PORT CA CERTIFICATE KEY."""

import ssl
import sys

import pika

port, ca, certificate, key = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(certificate, key)
options = pika.SSLOptions(context, "localhost")
parameters = pika.ConnectionParameters("localhost", int(port), ssl_options=options)
connection = pika.BlockingConnection(parameters)
channel = connection.channel()
channel.confirm_delivery()
queue = channel.queue_declare("", exclusive=True).method.queue
bodies = [b"small", b"x" * 300_000]
for body in bodies:
    channel.basic_publish("", queue, body)
for body in bodies:
    assert channel.basic_get(queue, auto_ack=True)[2] == body
connection.close()
