"""Plays one scenario with aiokafka: SCENARIO HOST PORT."""

import asyncio
import sys
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, ProducerFenced

PATIENCE_S = 40


def fresh(what):
    return f"interop.{what}.{uuid.uuid4()}"


class Broker:
    def __init__(self, address):
        self.address = address

    async def topic(self, partitions):
        name = fresh("aiokafka")
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        await admin.create_topics([NewTopic(name, partitions, 1)])
        await admin.close()
        return name

    async def producer(self, **config):
        producer = AIOKafkaProducer(bootstrap_servers=self.address, **config)
        await producer.start()
        return producer

    async def consumer(self, *topics, listener=None, **config):
        settings = {"auto_offset_reset": "earliest", "session_timeout_ms": 10_000, "heartbeat_interval_ms": 300, **config}
        consumer = AIOKafkaConsumer(bootstrap_servers=self.address, metadata_max_age_ms=1000, **settings)
        consumer.subscribe(topics, listener=listener)
        await consumer.start()
        return consumer


async def take(consumer, count):
    return [await asyncio.wait_for(consumer.getone(), PATIENCE_S) for _ in range(count)]


async def idempotent(broker):
    topic = await broker.topic(1)
    kinds = (None, "gzip", "snappy", "lz4", "zstd")
    for kind in kinds:
        producer = await broker.producer(enable_idempotence=True, compression_type=kind, linger_ms=5)
        sent = [await producer.send(topic, f"{kind} {i}".encode() * 10, key=str(kind).encode(), headers=[("kind", str(kind).encode())]) for i in range(200)]
        offsets = [(await each).offset for each in sent]
        assert offsets == list(range(offsets[0], offsets[0] + 200)), offsets
        await producer.stop()
    consumer = await broker.consumer(topic, group_id=fresh("group"))
    came = await take(consumer, 1000)
    assert [m.offset for m in came] == list(range(1000))
    assert [m.value for m in came] == [f"{kind} {i}".encode() * 10 for kind in kinds for i in range(200)]
    assert came[999].headers == (("kind", b"zstd"),), came[999].headers
    found = await consumer.offsets_for_times({TopicPartition(topic, 0): came[500].timestamp})
    assert found[TopicPartition(topic, 0)].offset <= 500
    assert await consumer.end_offsets([TopicPartition(topic, 0)]) == {TopicPartition(topic, 0): 1000}
    await consumer.stop()


async def committed(consumer, partition, offset):
    """Kafka answers EndTxn before the markers are written that make the offsets count."""
    async with asyncio.timeout(10):
        while await consumer.committed(partition) != offset:
            await asyncio.sleep(0.02)


async def transactional(broker):
    """Copies in transactions, with the offsets in them; what is aborted is not seen, and who is fenced is told."""
    source, copy = await broker.topic(1), await broker.topic(2)
    group, transactional_id = fresh("group"), fresh("id")
    plain = await broker.producer()
    for i in range(30):
        await plain.send_and_wait(source, str(i).encode())
    await plain.stop()
    consumer = await broker.consumer(source, group_id=group, enable_auto_commit=False, isolation_level="read_committed")
    partition = TopicPartition(source, 0)

    async def pass_on(producer, messages):
        for message in messages:
            await producer.send_and_wait(copy, message.value, partition=int(message.value) % 2)
        await producer.send_offsets_to_transaction({partition: messages[-1].offset + 1}, group)

    producer = await broker.producer(transactional_id=transactional_id)
    first, second, third = await take(consumer, 10), await take(consumer, 10), await take(consumer, 10)
    async with producer.transaction():
        await pass_on(producer, first)
    await committed(consumer, partition, 10)
    try:
        async with producer.transaction():
            await pass_on(producer, second)
            raise ValueError("given up")
    except ValueError:
        pass
    assert await consumer.committed(partition) == 10
    async with producer.transaction():
        await pass_on(producer, second)
    await committed(consumer, partition, 20)
    await producer.begin_transaction()
    await pass_on(producer, third)
    successor = await broker.producer(transactional_id=transactional_id)
    try:
        await producer.commit_transaction()
        raise AssertionError("somebody who was fenced has committed")
    except (ProducerFenced, KafkaError):
        pass
    async with successor.transaction():
        await pass_on(successor, third)
    await committed(consumer, partition, 30)
    await consumer.stop()
    reader = await broker.consumer(copy, group_id=fresh("reader"), isolation_level="read_committed")
    assert sorted(int(message.value) for message in await take(reader, 30)) == list(range(30))
    ends = await reader.end_offsets([TopicPartition(copy, 0), TopicPartition(copy, 1)])
    assert sum(ends.values()) > 50, ends
    await reader.stop()
    await successor.stop()
    try:
        await producer.stop()
    except KafkaError:
        pass


class Shares(ConsumerRebalanceListener):
    def __init__(self, changed):
        self.changed = changed
        self.partitions = set()

    async def on_partitions_revoked(self, revoked):
        self.partitions -= set(revoked)

    async def on_partitions_assigned(self, assigned):
        self.partitions = set(assigned)
        self.changed.set()


async def rebalance(broker):
    """Three consumers share six partitions, and share anew when one leaves; nothing is lost or read twice."""
    topic, group = await broker.topic(6), fresh("group")
    changed = asyncio.Event()
    seen = []
    members = []

    async def read(consumer):
        async for message in consumer:
            seen.append(int(message.value))
            changed.set()

    async def until(done):
        async def wait():
            while not done():
                changed.clear()
                await changed.wait()

        await asyncio.wait_for(wait(), PATIENCE_S)

    async def join():
        shares = Shares(changed)
        consumer = await broker.consumer(topic, listener=shares, group_id=group, auto_commit_interval_ms=100)
        members.append((consumer, shares, asyncio.create_task(read(consumer))))

    def divided(*sizes):
        shares = [len(shares.partitions) for _, shares, _ in members]
        return sorted(shares) == sorted(sizes) and len(set().union(*(shares.partitions for _, shares, _ in members))) == 6

    producer = await broker.producer()

    async def send(first):
        for i in range(60):
            await producer.send(topic, str(first + i).encode(), partition=i % 6)
        await producer.flush()
        await until(lambda: len(set(seen)) == first + 60)

    await join()
    await until(lambda: divided(6))
    await send(0)
    await join()
    await join()
    await until(lambda: divided(2, 2, 2))
    await send(60)
    consumer, _, task = members.pop()
    task.cancel()
    await consumer.stop()
    await until(lambda: divided(3, 3))
    await send(120)
    assert sorted(seen) == list(range(180)), "something was read twice"
    for consumer, _, task in members:
        task.cancel()
        await consumer.stop()
    await producer.stop()


async def main(scenario, host, port):
    scenarios = {f.__name__: f for f in (idempotent, transactional, rebalance)}
    await scenarios[scenario](Broker(f"{host}:{port}"))


asyncio.run(main(*sys.argv[1:]))
