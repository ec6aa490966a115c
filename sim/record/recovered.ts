import type { BrokerEvent } from '../../src/broker/broker.ts'
import { PLACE_SHIFT } from '../../src/core/queue/queue-index.ts'
import type { Env } from '../../src/env/env.ts'
import { Arena } from '../../src/std/arena.ts'
import { StoreError } from '../../src/store/errors.ts'
import type { StoreEvent } from '../../src/store/store.ts'
import { deadOf } from '../amqp/kinds.ts'
import { type Opened, openSmall } from '../broker-process.ts'
import { durableState } from '../check/state.ts'
import { SimClock } from '../clock.ts'
import { SimCompute } from '../compute.ts'
import type { SimDisk } from '../disk.ts'
import { rule } from '../failure.ts'
import { decodeBatches } from '../kafka/batch.ts'
import { Dice } from '../random.ts'
import type { Swarm } from '../swarm.ts'
import type { Load, Promised } from './load.ts'

/** What a broker makes of a crash image, and whether that is enough. */
export class Recovered {
  private readonly clock: SimClock
  private readonly swarm: Swarm
  private readonly disk: SimDisk
  private opened!: Opened
  /** Numbers of the messages that are in each queue. */
  private readonly queues = new Map<string, Set<number>>()
  /** Records by offset, of each partition. */
  private readonly partitions = new Map<number, Map<number, number>>()

  constructor(image: SimDisk, swarm: Swarm) {
    this.clock = new SimClock(new Dice(1))
    this.disk = image.copy(this.clock, new Dice(1))
    this.swarm = swarm
  }

  /** Opens it, and once more: recovering is the same the second time. */
  open(): void {
    this.opened = this.start(this.disk)
    const { broker, topics } = this.opened
    const again = this.start(this.disk.copy(this.clock, new Dice(1)))
    rule(
      durableState(broker, topics).join('\n') === durableState(again.broker, again.topics).join('\n'),
      'the second recovery is not like the first',
    )
    this.readQueues()
    this.readPartitions()
  }

  /**
   * Turns one bit of the journal round and recovers again: damage is refused or, where it can be taken for a torn tail,
   * reported; it never passes in silence. Returns what became of it.
   */
  damage(dice: Dice): 'refused' | 'reported' | 'harmless' {
    const disk = this.disk.copy(this.clock, new Dice(1))
    const names = disk.list('journal')
    if (names.length === 0) return 'harmless'
    const path = `journal/${dice.pick(names)}`
    const size = disk.contents(path)!.length
    if (size === 0) return 'harmless'
    disk.flip(path, dice.below(size), dice.below(8))
    let reported = false
    let damaged: Opened
    try {
      damaged = this.start(disk, (event) => {
        if (event.kind !== 'recovered') reported = true
      })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return 'refused'
    }
    if (reported) return 'reported'
    const [before, after] = [this.opened, damaged].map(({ broker, topics }) => durableState(broker, topics).join('\n'))
    rule(before === after, `a bit of ${path} was turned round, and nobody noticed`)
    return 'harmless'
  }

  expect(what: Promised['what']): void {
    if (what.kind === 'settled') {
      const there = this.queues.get(what.queue)?.has(what.id)
      rule(!there, `message ${what.id} is in ${what.queue} again, though its acknowledgement was durable`)
    } else if (what.kind === 'confirmed') {
      const { message } = what
      if (!message.persistent) return
      for (const copy of message.copies.values()) {
        // It may have expired, or come back too often, and been acknowledged where it went then: what clients know of that other copy may be younger
        // than the image.
        const dead = deadOf(copy.queue)
        if (copy.queue.startsWith(deadOf('')) || copy.acked || message.copies.get(dead)?.acked === true) continue
        const there = [copy.queue, dead].some((queue) => this.queues.get(queue)?.has(message.id))
        rule(there, `message ${message.id} was confirmed and is not in ${copy.queue}`)
      }
    } else {
      const records = this.partitions.get(what.partition)
      what.ids.forEach((id, i) => {
        const offset = what.baseOffset + i
        const there = records?.get(offset)
        rule(
          there === id,
          `record ${id} was acknowledged at ${offset} of partition ${what.partition}, where ${there} is`,
        )
      })
    }
  }

  /** Nothing is there that nobody sent. */
  readAll(load: Load): void {
    for (const [queue, ids] of this.queues) {
      for (const id of ids) {
        const { copies } = load.amqp.messages[id] ?? {}
        const sent = [...(copies?.keys() ?? [])].some((to) => to === queue || deadOf(to) === queue)
        rule(sent, `message ${id} is in ${queue}, but was not sent there`)
      }
    }
    for (const [partition, records] of this.partitions) {
      for (let offset = 0; offset < records.size; offset++) {
        const id = records.get(offset)
        rule(id !== undefined, `partition ${partition} has nothing at offset ${offset}`)
        rule(
          load.kafka.records[id]?.partition === partition,
          `partition ${partition} has a record that was not sent there`,
        )
      }
    }
  }

  private start(disk: SimDisk, report: (event: StoreEvent | BrokerEvent) => void = () => {}): Opened {
    const env: Env = {
      clock: this.clock.process(),
      disk,
      net: { kept: 0, listen: () => {} },
      random: new Dice(2),
      compute: new SimCompute(this.clock, () => 0),
    }
    const fail = (error: Error) => {
      throw error
    }
    return openSmall(this.swarm, env, new Arena(this.swarm.arena), fail, report)
  }

  private readQueues(): void {
    for (const queue of this.opened.broker.queuesById.values()) {
      const { index } = queue
      const ids = new Set<number>()
      for (let sequence = index.nextLive(index.head); sequence < index.tail; sequence = index.nextLive(sequence + 1)) {
        const place = (index.flags(sequence) >> PLACE_SHIFT) & 3
        const id = idIn(this.bytes(place, index.position(sequence), index.length(sequence)))
        rule(!ids.has(id), `message ${id} is in ${queue.name} twice`)
        ids.add(id)
      }
      this.queues.set(queue.name, ids)
    }
  }

  private readPartitions(): void {
    for (const partition of this.opened.topics.partitions.values()) {
      const { index } = partition
      const records = new Map<number, number>()
      for (let entry = index.firstEntry(); entry !== -1; entry = index.next(entry)) {
        const bytes = this.bytes(index.place(entry), index.position(entry), index.length(entry))
        for (const batch of decodeBatches(bytes)) {
          batch.ids.forEach((id, i) => {
            records.set(batch.baseOffset + i, id)
          })
        }
      }
      this.partitions.set(partition.number, records)
    }
  }

  private bytes(place: number, position: number, length: number): Uint8Array {
    const { broker } = this.opened
    const at = broker.store.locate(place, position, length)
    if (at >= 0) return broker.arena.bytes.slice(at, at + length)
    const into = new Uint8Array(length)
    let done = false
    broker.store.readAsync(place, position, length, into, 0, (error) => {
      if (error !== null) throw error
      done = true
    })
    for (let steps = 0; !done; steps++) rule(this.clock.step() && steps < 100_000, 'a read never ends')
    return into
  }
}

/** The number in the body of `exchange | routing key | 0xCE | header frame | body frame …`. */
function idIn(bytes: Uint8Array): number {
  let at = 1 + bytes[0]!
  at += 1 + bytes[at]!
  rule(bytes[at] === 0xce, 'a stored message is spoilt')
  at++
  at += 8 + getU32(bytes, at + 3)
  return getU32(bytes, at + 7)
}

function getU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
