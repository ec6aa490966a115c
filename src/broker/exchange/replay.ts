import { Exchange } from '../../core/exchange/exchange.ts'
import type { Queue } from '../../core/queue/queue.ts'
import type { Broker } from '../broker.ts'
import { publish, roomFor } from '../queue/publish.ts'
import type { VHost } from '../vhost.ts'
import { type KeptMessage, readKept } from './kept-message.ts'
import type { KeptMessages } from './kept-messages.ts'

/** Messages, and bytes of them, that are given out in one turn. */
const RUN = 1024
const RUN_BYTES = 1024 * 1024

/**
 * Gives what the exchange remembers to a queue that has just been bound to it, oldest first; to an exchange, as RabbitMQ's plugin
 * does, newest first. What is in memory and not too much comes before this returns, the rest in the following turns. False if a message
 * found no queue behind an exchange: those after it are not given out.
 */
export function replayHistory(broker: Broker, vhost: VHost, source: Exchange, destination: Exchange | Queue): boolean {
  const kept = broker.kept.get(source.id)
  if (kept === undefined || kept.remembered.size === 0) return true
  const { remembered } = kept
  const sequences = Array.from({ length: remembered.size }, (_, i) => remembered.at(i))
  if (destination instanceof Exchange) sequences.reverse()
  const replay = new Replay(broker, vhost, kept, destination, sequences)
  if (!replay.step()) broker.turn.start(replay)
  return !replay.unroutable
}

class Replay {
  private readonly broker: Broker
  private readonly vhost: VHost
  private readonly kept: KeptMessages
  private readonly destination: Exchange | Queue
  private readonly sequences: readonly number[]
  unroutable = false
  private next = 0

  constructor(
    broker: Broker,
    vhost: VHost,
    kept: KeptMessages,
    destination: Exchange | Queue,
    sequences: readonly number[],
  ) {
    this.broker = broker
    this.vhost = vhost
    this.kept = kept
    this.destination = destination
    this.sequences = sequences
  }

  /** True if it is done, or goes on by itself when there are bytes or room. */
  step(): boolean {
    const { broker, kept, sequences } = this
    const { index } = kept
    const again = () => broker.turn.start(this)
    let bytes = 0
    for (let n = 0; this.next < sequences.length; n++, this.next++) {
      if (n === RUN || bytes > RUN_BYTES) return false
      const sequence = sequences[this.next]!
      const length = index.length(sequence)
      // It may be forgotten meanwhile.
      if (index.flags(sequence) === 0) continue
      const at = broker.store.locate(kept.place(sequence), index.position(sequence), length)
      if (at < 0) {
        broker.store.load(kept.place(sequence), index.position(sequence), length, (error) => {
          // What the disk does not give back is passed over; the store has reported it.
          if (error !== null) this.next++
          again()
        })
        return true
      }
      const message = readKept(broker.arena.bytes.slice(at, at + length), broker.env.clock.now())
      if (!this.give(message, again)) return true
      bytes += length
    }
    return true
  }

  /** False if there is no room, or nobody who would take it. */
  private give({ message, key, more, headers }: KeptMessage, again: () => void): boolean {
    const { broker, destination } = this
    const queues: Queue[] = []
    if (!(destination instanceof Exchange)) queues.push(destination)
    else this.vhost.router.route(destination, key, more, headers, queues)
    const there = queues.filter((queue) => !queue.deleted)
    if (there.length === 0) {
      this.unroutable = destination instanceof Exchange
      return !this.unroutable
    }
    const room = roomFor(message.keysLength + message.contentLength, there)
    if (!broker.hasRoom(room)) {
      broker.whenRoom(again)
      return false
    }
    publish(broker, there, message)
    return true
  }
}
