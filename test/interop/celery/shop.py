"""An application of the kind that Celery's guide builds. What its tasks do goes to the file $SEEN, a line each.

$BROKER and $BACKEND say where messages and results go, $QUEUE_TYPE of what type the queues are, $PREFIX how their names begin.
"""

import os
import time

from celery import Celery
from celery.exceptions import Reject
from kombu import Exchange, Queue

PREFIX = os.environ["PREFIX"]
QUORUM = os.environ["QUEUE_TYPE"] == "quorum"
SHOP, URGENT, DEAD = f"{PREFIX}.shop", f"{PREFIX}.urgent", f"{PREFIX}.dead"

app = Celery("shop", broker=os.environ["BROKER"], backend=os.environ["BACKEND"])


# The broker delays by whole seconds only.
SOON_S = 1 if QUORUM else 0.2


def queue(name, **arguments):
    if QUORUM:
        arguments["x-queue-type"] = "quorum"
    exchange = Exchange(name, type="topic" if QUORUM else "direct")
    return Queue(name, exchange, routing_key=name, queue_arguments=arguments)


app.conf.update(
    broker_connection_retry_on_startup=True,
    broker_transport_options={"confirm_publish": True},
    result_chord_retry_interval=0.2,
    result_expires=600,
    task_create_missing_queue_type="quorum" if QUORUM else "classic",
    task_default_queue=SHOP,
    task_default_queue_type="quorum" if QUORUM else "classic",
    task_queues=[
        queue(SHOP, **{"x-dead-letter-exchange": "", "x-dead-letter-routing-key": DEAD}),
        queue(URGENT, **({} if QUORUM else {"x-max-priority": 10})),
    ],
    worker_send_task_events=True,
)


def note(*words):
    with open(os.environ["SEEN"], "a", encoding="utf-8") as file:
        file.write(" ".join(map(str, words)) + "\n")


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task
def remember(key):
    note("remember", key, time.time())


@app.task(bind=True, max_retries=3)
def flaky(self, key):
    note("flaky", key, self.request.retries)
    if self.request.retries < 2:
        raise self.retry(countdown=SOON_S, exc=ConnectionError("not yet"))
    return self.request.retries


@app.task(bind=True, autoretry_for=(ConnectionError,), max_retries=2, default_retry_delay=SOON_S)
def hopeless(self, key):
    note("hopeless", key, self.request.retries)
    raise ConnectionError("never")


@app.task(bind=True, acks_late=True)
def poison(self, key):
    again = self.request.delivery_info["redelivered"]
    note("poison", key, again)
    raise Reject("not now" if not again else "not at all", requeue=not again)


@app.task(bind=True, acks_late=True, reject_on_worker_lost=True)
def slow(self, key):
    again = self.request.delivery_info["redelivered"]
    note("slow", key, again)
    if not again:
        time.sleep(300)


@app.task
def fails(*_):
    raise ValueError("as it must")
