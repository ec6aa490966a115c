"""Plays one scenario of an application of Celery's, whose worker runs beside it: SCENARIO."""

import datetime
import os
import sys
import threading
import time
import uuid

from celery import chain, chord, group
from shop import DEAD, PREFIX, QUORUM, SHOP, URGENT, add, app, fails, flaky, hopeless, poison, remember, slow, total

PATIENCE_S = 30
NODE = os.environ["NODE"]
TO_OURS = {"destination": [NODE], "reply": True, "timeout": 10}


def seen(*words):
    """The rest of each line that begins so."""
    try:
        with open(os.environ["SEEN"], encoding="utf-8") as file:
            lines = [line.split() for line in file]
    except FileNotFoundError:
        return []
    return [line[len(words):] for line in lines if line[: len(words)] == list(words)]


def wait_for(what, done):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        result = done()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come about")


def equal(one, other):
    assert one == other, f"{one!r} is not {other!r}"


def results():
    equal(add.delay(2, 3).get(timeout=PATIENCE_S), 5)
    bad = fails.delay()
    bad.get(timeout=PATIENCE_S, propagate=False)
    equal((bad.state, str(bad.result)), ("FAILURE", "as it must"))


def retries():
    key = str(uuid.uuid4())
    equal(flaky.delay(key).get(timeout=PATIENCE_S), 2)
    equal(seen("flaky", key), [["0"], ["1"], ["2"]])
    bad = hopeless.delay(key)
    bad.get(timeout=PATIENCE_S, propagate=False)
    equal((bad.state, str(bad.result)), ("FAILURE", "never"))
    equal(seen("hopeless", key), [["0"], ["1"], ["2"]])


def later():
    soon, then = str(uuid.uuid4()), str(uuid.uuid4())
    begun = time.time()
    remember.apply_async([soon], countdown=2)
    remember.apply_async([then], eta=datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3))
    # What is to be done later holds up nobody.
    equal(add.delay(1, 1).get(timeout=PATIENCE_S), 2)
    assert time.time() - begun < 2, "a task for later was in the way"
    [[at]] = wait_for("the first", lambda: seen("remember", soon))
    assert 1.9 < float(at) - begun < 5, float(at) - begun
    [[at]] = wait_for("the second", lambda: seen("remember", then))
    assert 2.9 < float(at) - begun < 6, float(at) - begun


def expired():
    key = str(uuid.uuid4())
    remember.apply_async([key], expires=datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=5))
    equal(add.delay(1, 1).get(timeout=PATIENCE_S), 2)
    equal(seen("remember", key), [])


def canvas():
    equal(chain(add.s(1, 2), add.s(4), add.s(8))().get(timeout=PATIENCE_S), 15)
    equal(group(add.s(i, i) for i in range(10))().get(timeout=PATIENCE_S), [i + i for i in range(10)])
    parts = add.chunks(zip(range(20), range(20)), 5)().get(timeout=PATIENCE_S)
    equal([len(part) for part in parts], [5, 5, 5, 5])


def chords():
    equal(chord((add.s(i, 1) for i in range(8)), total.s())().get(timeout=PATIENCE_S), 36)
    inner = chain(group(add.s(1, 1), add.s(2, 2)), total.s(), add.s(100))
    equal(inner().get(timeout=PATIENCE_S), 106)


def rejected():
    key = str(uuid.uuid4())
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue(DEAD, queue_opts={"durable": True}, queue_args=declared())
        poison.delay(key)
        message = queue.get(timeout=PATIENCE_S)
        message.ack()
        equal(message.headers["task"], "shop.poison")
        [death] = message.headers["x-death"]
        equal((death["reason"], death["queue"], death["count"]), ("rejected", SHOP, 1))
        queue.close()
    equal(seen("poison", key), [["False"], ["True"]])


def declared():
    return {"x-queue-type": "quorum"} if QUORUM else {}


def urgent():
    """The worker consumes it only when told to: until then the queue fills, and then serves by priority."""
    keys = [f"{priority}-{uuid.uuid4()}" for priority in (1, 9, 5)]
    assert app.control.cancel_consumer(URGENT, **TO_OURS), "the worker did not answer"
    for key in keys:
        remember.apply_async([key], queue=URGENT, routing_key=URGENT, priority=int(key[0]))
    equal(add.delay(1, 1).get(timeout=PATIENCE_S), 2)
    app.control.add_consumer(URGENT, routing_key=URGENT, exchange=URGENT, exchange_type="direct", **TO_OURS)
    wait_for("all three", lambda: all(seen("remember", key) for key in keys))
    at = {key[0]: float(seen("remember", key)[0][0]) for key in keys}
    equal(sorted(at, key=at.get), ["9", "5", "1"])


def control():
    [pong] = wait_for("an answer", lambda: app.control.ping(destination=[NODE], timeout=10))
    equal(list(pong.values()), [{"ok": "pong"}])
    [names] = wait_for("an answer", lambda: app.control.inspect(destination=[NODE], timeout=10).registered()).values()
    assert "shop.add" in names, names
    key = str(uuid.uuid4())
    task = remember.apply_async([key], countdown=1)
    app.control.revoke(task.id, **TO_OURS)
    task.get(timeout=PATIENCE_S, propagate=False)
    equal(task.state, "REVOKED")
    equal(seen("remember", key), [])


def events():
    came = []
    with app.connection_for_read() as connection:
        handlers = {kind: lambda event: came.append((event["type"], event["uuid"])) for kind in ("task-received", "task-succeeded")}
        receiver = app.events.Receiver(connection, handlers=handlers)
        threading.Thread(target=receiver.capture, kwargs={"wakeup": False}, daemon=True).start()
        wait_for("an event", lambda: add.delay(0, 0).get(timeout=PATIENCE_S) == 0 and came)
        task = add.delay(1, 2)
        wait_for("the task's events", lambda: ("task-succeeded", task.id) in came)
        receiver.should_stop = True
    equal([kind for kind, of in came if of == task.id], ["task-received", "task-succeeded"])


def begin_slow():
    """The worker takes it and does not come to an end with it."""
    slow.delay("once")
    wait_for("its beginning", lambda: seen("slow", "once"))


def end_slow():
    """The next worker has to do it again."""
    wait_for("its second beginning", lambda: len(seen("slow", "once")) == 2)
    equal(seen("slow", "once"), [["False"], ["True"]])


def tidy():
    """Leaves nothing on a broker that others use."""
    with app.connection_for_write() as connection:
        for name in (SHOP, URGENT, DEAD):
            channel = connection.channel()
            channel.queue_delete(name)
            channel.exchange_delete(name)
            channel.close()


if __name__ == "__main__":
    assert PREFIX
    globals()[sys.argv[1]]()
