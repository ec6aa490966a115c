import type { Broker } from '../broker.ts'
import { Record } from '../records.ts'

/** The queue that a topic is the log of; `hidden` from Kafka's clients if they could not have made it. */
export interface StreamOf {
  readonly vhost: string
  readonly queue: string
  readonly hidden: boolean
}

/**
 * What happened to topics, as JSON in the journal. Ids say where it belongs: a topic or partition that is there already, or gone already, is
 * left alone.
 */
export type TopicFact =
  | {
      op: 'create'
      name: string
      id: string
      configs: [string, string][]
      partitions: number[]
      /** The stream queue that this is the log of, if it is one. */
      stream?: StreamOf
    }
  | { op: 'grow'; id: string; from: number; partitions: number[] }
  | { op: 'configure'; id: string; configs: [string, string][] }
  | { op: 'delete'; id: string }
  | { op: 'epoch'; epoch: number }

/** Bytes of journal that a fact about `partitions` partitions takes, roughly and at most. */
export function factRoom(partitions: number): number {
  return 8192 + partitions * 12
}

/** Writes a fact to the journal; returns the position after it. */
export function writeFact(broker: Broker, fact: TopicFact): number {
  const text = Buffer.from(JSON.stringify(fact))
  const at = broker.store.journal.append(Record.topic, text.length)
  broker.arena.bytes.set(text, at)
  broker.turn.touch()
  return broker.store.journal.tail
}

export function readFact(bytes: Uint8Array, at: number, length: number): TopicFact {
  return JSON.parse(Buffer.from(bytes.subarray(at, at + length)).toString()) as TopicFact
}
