import assert from 'node:assert/strict'
import { BulkClient } from './bulk-client.ts'
import type { MortalBroker } from './mortal-broker.ts'
import { fillBody, numberOf } from './numbered-body.ts'

const WINDOW = 5000
const SETTLE_EVERY = 1000

/** What is known of a message: it may be kept, it must be kept, it may be gone. One that must be gone is not known any more. */
type Known = 'sent' | 'confirmed' | 'acknowledged'

/** A queue of numbered messages on a broker that dies, and what has to be in it. */
export class KeptQueue {
  /** How many messages were published. */
  published = 0
  /** How many of them were confirmed or still there after a kill. */
  confirmed = 0
  settled = 0
  private readonly broker: MortalBroker
  private readonly name: string
  private readonly sizeOf: (number: number) => number
  private readonly known = new Map<number, Known>()

  constructor(broker: MortalBroker, name: string, sizeOf: (number: number) => number) {
    this.broker = broker
    this.name = name
    this.sizeOf = sizeOf
  }

  /** Publishes so many, until all are confirmed or the broker has died. */
  async publish(count: number, progress: (confirmed: number) => void = () => {}): Promise<void> {
    const client = await BulkClient.open(this.broker.amqpPort)
    const first = this.published
    let done = 0
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    client.listen({
      confirmed: (upTo) => {
        for (; done < upTo; done++)
          if (this.known.get(first + done) === 'sent') this.known.set(first + done, 'confirmed')
        progress(done)
        if (done === count) finish()
        else pump()
      },
    })
    const pump = () => {
      while (this.published < first + count && this.published - first - done < WINDOW) {
        const number = this.published++
        this.known.set(number, 'sent')
        const size = this.sizeOf(number)
        client.publish(size, (bytes, at) => fillBody(bytes, at, size, number))
      }
      client.flush()
    }
    await client.declare(this.name)
    await client.publishTo(this.name)
    pump()
    await Promise.race([finished, client.ended])
    this.confirmed += done
    await client.drop()
  }

  /** Acknowledges what comes unless `keep` says otherwise, until so many have come or the broker has died. */
  async consume(keep: (number: number) => boolean, enough = Number.POSITIVE_INFINITY): Promise<void> {
    const client = await BulkClient.open(this.broker.amqpPort)
    let last = -1
    let came = 0
    let acknowledged: number[] = []
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    const settle = () => {
      const some = acknowledged
      acknowledged = []
      const all = came >= enough
      // The answer to a later request on the channel tells that the acknowledgements before it are kept.
      const forget = () => {
        for (const number of some) this.known.delete(number)
        this.settled += some.length
        if (all) finish()
      }
      client.declare(this.name).then(forget, () => {})
    }
    client.listen({
      deliver: (tag, bytes, from, to) => {
        const number = this.check(bytes, from, to, last)
        last = number
        came++
        if (keep(number)) return
        this.known.set(number, 'acknowledged')
        acknowledged.push(number)
        client.ack(tag, false)
      },
      turn: () => {
        if (acknowledged.length >= SETTLE_EVERY || (came >= enough && acknowledged.length > 0)) settle()
        else client.flush()
      },
    })
    await client.declare(this.name)
    await client.consume(this.name)
    await Promise.race([finished, client.ended])
    await client.drop()
  }

  /**
   * Reads everything that waits after a restart and gives it back: all that must be there is, in order, with its content, and nothing
   * that must be gone. Returns how many there are. `held` runs while this reader has all of them.
   */
  async checkAll(held: () => Promise<void> = async () => {}): Promise<number> {
    const client = await BulkClient.open(this.broker.amqpPort)
    const there: number[] = []
    let last = -1
    let expected = Number.POSITIVE_INFINITY
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    client.listen({
      deliver: (_tag, bytes, from, to) => {
        last = this.check(bytes, from, to, last)
        there.push(last)
        if (there.length === expected) finish()
      },
    })
    expected = await client.declare(this.name)
    if (expected === 0) finish()
    await client.consume(this.name)
    await Promise.race([finished, client.ended])
    assert.equal(there.length, expected, 'messages that were counted did not come')
    this.compare(there)
    await held()
    await client.drop()
    return there.length
  }

  private check(bytes: Buffer, from: number, to: number, last: number): number {
    const number = numberOf(bytes, from, to)
    assert.ok(number >= 0, 'a body is not what was published')
    assert.equal(to - from, this.sizeOf(number), `the size of ${number}`)
    assert.ok(number > last, `${number} came after ${last}`)
    assert.ok(this.known.has(number), `${number} came again after its acknowledgement was kept, or was lost once`)
    return number
  }

  private compare(there: readonly number[]): void {
    const present = new Set(there)
    let gap = -1
    for (const [number, known] of this.known) {
      const kept = present.has(number)
      if (known === 'confirmed') assert.ok(kept, `${number} was confirmed and is lost`)
      if (known === 'sent' && !kept) gap = number
      if (known === 'sent' && kept) assert.ok(gap < 0, `${number} is kept without ${gap} before it`)
    }
    this.known.clear()
    for (const number of there) this.known.set(number, 'confirmed')
  }
}
