import type { Broker } from '../../src/broker/broker.ts'
import { Part } from '../../src/broker/records.ts'
import type { Topics } from '../../src/broker/topic/topics.ts'
import { DURABLE, PLACE_SHIFT, STATE, UNACKED } from '../../src/core/queue/queue-index.ts'

/** A broker's durable state as text, line by line, so that two can be compared. */
export function durableState(broker: Broker, topics: Topics): string[] {
  return [
    ...definitions(broker),
    ...queues(broker),
    ...kept(broker),
    ...topicFacts(broker),
    ...partitions(topics),
    ...groups(broker),
    ...transactions(broker),
  ]
}

function* definitions(broker: Broker): Generator<string> {
  const all: { kind: string }[] = []
  for (const kind of [Part.definitions, Part.topology]) {
    for (const bytes of parts(broker, kind)) all.push(...JSON.parse(Buffer.from(bytes).toString()))
  }
  // Ids of what was transient are not remembered, nor is who could be bound first.
  const texts = all.filter(({ kind }) => kind !== 'last-id').map((one) => `definition ${JSON.stringify(one)}`)
  yield* texts.sort()
}

function* queues(broker: Broker): Generator<string> {
  for (const queue of [...broker.queuesById.values()].sort((a, b) => a.id - b.id)) {
    if (!queue.settings.durable) continue
    const { index } = queue
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      const flags = index.flags(sequence)
      if ((flags & DURABLE) === 0) continue
      const place = (flags >> PLACE_SHIFT) & 3
      const at = `${place}:${index.position(sequence)} of ${index.length(sequence)} bytes`
      // Who has it would be gone with the broker.
      const tooOften = index.failed(sequence) > queue.settings.deliveryLimit
      const more = queue.counts && (flags & STATE) === UNACKED && !tooOften ? 1 : 0
      const kept = `handed out ${index.acquired(sequence) + more}, failed ${index.failed(sequence) + more}`
      const counts = queue.counts ? kept : 'not counted'
      const about = `priority ${index.priority(sequence)}, ${counts}`
      // A queue's time to live counts from when the message came, or from when the frame was sealed that it is in.
      const expiry = index.expiry(sequence) > 0 ? 'in time' : 'never'
      yield `${queue.name} ${sequence} at ${at}, expires ${expiry}, ${about}`
    }
  }
}

function* kept(broker: Broker): Generator<string> {
  for (const one of [...broker.kept.values()].sort((a, b) => a.id - b.id)) {
    if (!one.exchange.properties.durable) continue
    const { index } = one
    for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
      const at = `${one.place(sequence)}:${index.position(sequence)} of ${index.length(sequence)} bytes`
      yield `exchange ${one.exchange.name} ${sequence} at ${at}, due ${index.expiry(sequence)}`
    }
  }
}

function* topicFacts(broker: Broker): Generator<string> {
  for (const bytes of parts(broker, Part.topics)) {
    const { facts, producerIdLimit } = JSON.parse(Buffer.from(bytes).toString()) as {
      facts: { op: string }[]
      producerIdLimit: number
    }
    yield `producer ids below ${producerIdLimit}`
    // The leader epoch grows with every unclean start.
    for (const fact of facts) if (fact.op !== 'epoch') yield `topic ${JSON.stringify(fact)}`
  }
}

function* partitions(topics: Topics): Generator<string> {
  for (const partition of [...topics.partitions.values()].sort((a, b) => a.id - b.id)) {
    const { index } = partition
    const name = `${partition.topic}-${partition.number}`
    yield `${name} from ${partition.logStartOffset} to ${partition.endOffset}`
    for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
      const offsets = `${index.baseOffset(entry)} to ${index.lastOffset(entry)}`
      yield `${name} ${offsets} at ${index.place(entry)}:${index.position(entry)} of ${index.length(entry)} bytes`
    }
    const { starts, end } = partition.segments.snapshot()
    yield `${name} clean to ${partition.cleanedTo}, segments ${starts} to ${end}`
    // When a producer was seen last is told by the frame, which is sealed a little later.
    for (const producer of partition.producers.snapshot()) {
      yield `${name} producer ${JSON.stringify({ ...producer, seen: 0 })}`
    }
    if (partition.transactions !== null)
      yield `${name} transactions ${JSON.stringify(partition.transactions.snapshot())}`
  }
}

function* groups(broker: Broker): Generator<string> {
  const all = [...parts(broker, Part.group), ...parts(broker, Part.shareGroup)].map((bytes) =>
    Buffer.from(bytes).toString('latin1'),
  )
  for (const text of all.sort()) yield `group ${JSON.stringify(text)}`
}

function* transactions(broker: Broker): Generator<string> {
  const all = [...parts(broker, Part.transactions)].map((bytes) => Buffer.from(bytes).toString('latin1'))
  for (const text of all.sort()) yield `transactional id ${JSON.stringify(text)}`
}

function* parts(broker: Broker, kind: number): Generator<Uint8Array> {
  for (const part of broker.parts) if (part.kind === kind) yield* part.snapshot()
}
