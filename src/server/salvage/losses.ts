import type { Broker } from '../../broker/broker.ts'
import { Record } from '../../broker/records.ts'
import type { Topics } from '../../broker/topic/topics.ts'
import { baseOffset } from '../../core/partition/batch.ts'
import { getU16, getU32, getU48 } from '../../std/bytes.ts'

/** Something that is not in the new directory. */
export interface Loss {
  /** Whose it was. */
  readonly of: string
  /** Sequences of messages, or offsets of records: both ends belong to it. */
  readonly from: number
  to: number
  readonly why: string
}

/** Finds out what is missing from what is there: sequences and offsets have no holes of their own making. */
export class Losses {
  readonly all: Loss[] = []
  private readonly broker: Broker
  private readonly topics: Topics
  /** Places so far at which the journal is damaged, in words. */
  private damages: string[] = []
  /** How many of them each queue and partition has had something behind. */
  private readonly seen = new Map<number, number>()
  private readonly orphans = new Map<number, Loss>()

  constructor(broker: Broker, topics: Topics) {
    this.broker = broker
    this.topics = topics
  }

  add(of: string, from: number, to: number, why: string): void {
    const last = this.all.at(-1)
    if (last?.of === of && last.why === why && last.to === from - 1) last.to = to
    else this.all.push({ of, from, to, why })
  }

  /** Some of the journal is missing. */
  damage(from: number, to: number): void {
    this.damages.push(`${from} to ${to - 1}`)
  }

  /** What a record says about where it belongs, before it is applied. */
  look(type: number, bytes: Uint8Array, at: number): void {
    if (type === Record.message) {
      for (let n = getU16(bytes, at), entry = at + 2; n > 0; n--, entry += 10) {
        this.message(getU32(bytes, entry), getU48(bytes, entry + 4))
      }
    } else if (type === Record.batch) {
      const partition = this.topics.partitions.get(getU32(bytes, at))
      if (partition === undefined) return
      const of = `partition ${partition.number} of topic '${partition.topic}'`
      this.gap(partition.id, of, partition.endOffset, baseOffset(bytes, at + 4))
    }
  }

  /** What the sequences that came say of queues whose declaration did not. */
  finish(): void {
    this.all.push(...this.orphans.values())
  }

  private message(id: number, sequence: number): void {
    const queue = this.broker.queuesById.get(id)
    if (queue !== undefined) this.gap(id, queueText(queue), queue.index.tail, sequence)
    else if (this.damages.length > 0) this.orphan(id, sequence)
  }

  private gap(id: number, of: string, expected: number, found: number): void {
    const { length } = this.damages
    const before = this.seen.get(id) ?? 0
    this.seen.set(id, length)
    if (before === length || found <= expected) return
    const where = this.damages.slice(before).join(', ')
    this.add(of, expected, found - 1, `in the journal at ${where}, transient messages among them`)
  }

  private orphan(id: number, sequence: number): void {
    const known = this.orphans.get(id)
    if (known !== undefined) known.to = sequence
    else {
      const why = 'its declaration is not there: it is lost, or the queue was deleted'
      this.orphans.set(id, { of: `the queue with the number ${id}`, from: sequence, to: sequence, why })
    }
  }
}

export function queueText({ name, vhost }: { readonly name: string; readonly vhost: string }): string {
  return `queue '${name}' in vhost '${vhost}'`
}
