import { connect } from 'node:net'
import { Consumer } from '../amqp/consumer.ts'
import { AmqpModel, type Message } from '../amqp/model.ts'
import { Publisher } from '../amqp/publisher.ts'
import { Failure } from '../failure.ts'
import { Admin } from '../kafka/admin.ts'
import { KafkaModel, TOPIC } from '../kafka/model.ts'
import { Producer } from '../kafka/producer.ts'
import { Reader } from '../kafka/reader.ts'
import type { Wire } from '../net.ts'
import type { Dice } from '../random.ts'
import type { Swarm } from '../swarm.ts'
import type { Actor, World } from '../world.ts'
import { ConnectionNames } from './event.ts'

const PATIENCE_MS = 120_000

/** What a client may rely on from the moment that `offset` bytes had gone to it. */
export interface Promised {
  readonly wire: RealWire
  readonly offset: number
  readonly what:
    | { readonly kind: 'confirmed'; readonly message: Message }
    | { readonly kind: 'settled'; readonly id: number; readonly queue: string }
    | {
        readonly kind: 'appended'
        readonly partition: number
        readonly baseOffset: number
        readonly ids: readonly number[]
      }
}

/** A real connection that counts what came. */
export interface RealWire extends Wire {
  /** As the recorded process names the connection. */
  name: string
  got: number
}

/** The simulator's model clients against a real process, in real time. */
export class Load {
  readonly promises: Promised[] = []
  readonly amqp: AmqpModel
  readonly kafka: KafkaModel
  private readonly actors: Actor[] = []
  private readonly counts = new Map<string, number>()
  private readonly wires: RealWire[] = []
  private readonly names = new ConnectionNames()
  private speaking: RealWire | null = null
  private error: Error | null = null
  private readonly world: World

  constructor(dice: Dice, swarm: Swarm, amqpPort: number, kafkaPort: number) {
    const started = performance.now()
    // What model clients use of a world, with the real clock and network in it.
    const world = {
      dice,
      swarm,
      clock: {
        get time() {
          return performance.now() - started
        },
        now: () => Date.now(),
        after: (delay: number, run: () => void) => setTimeout(() => this.guard(run), delay),
      },
      net: { connect: (port: number) => this.connect(port === 5672 ? amqpPort : kafkaPort) },
      life: 1,
      draining: false,
      add: (name: string, n = 1) => this.counts.set(name, (this.counts.get(name) ?? 0) + n),
      tell: () => {},
      note: () => {},
    }
    this.world = world as unknown as World
    this.amqp = new AmqpModel(this.world)
    this.kafka = new KafkaModel(this.world)
    this.listenToModels()
    for (let i = 0; i < swarm.publishers; i++) this.actors.push(new Publisher(this.world, this.amqp, `publisher-${i}`))
    // The last queue has no consumer: all that was confirmed has to be in it.
    this.amqp.queues.slice(0, -1).forEach((queue, i) => {
      this.actors.push(new Consumer(this.world, this.amqp, queue, `consumer-${i}`, i % 2 === 0))
    })
    this.actors.push(new Admin(this.world, this.kafka.partitions.length, TOPIC))
    for (let i = 0; i < swarm.producers; i++) this.actors.push(new Producer(this.world, this.kafka, `producer-${i}`))
    for (let i = 0; i < swarm.readers; i++) this.actors.push(new Reader(this.world, this.kafka, `reader-${i}`))
  }

  /** Until so many promises were made: how long that takes is the machine's affair. */
  async run(promises: number): Promise<void> {
    for (const actor of this.actors) actor.begin()
    const patience = performance.now() + PATIENCE_MS
    while (this.promises.length < promises && this.error === null) {
      if (performance.now() > patience) throw new Failure(`${this.promises.length} of ${promises} promises were made`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (this.error !== null) throw this.error
  }

  stop(): void {
    ;(this.world as { draining: boolean }).draining = true
    for (const wire of this.wires) wire.reset()
  }

  private listenToModels(): void {
    const { amqp, kafka } = this
    const confirmed = amqp.confirmed.bind(amqp)
    amqp.confirmed = (message, life) => {
      this.promise({ kind: 'confirmed', message })
      confirmed(message, life)
    }
    const settled = amqp.settled.bind(amqp)
    amqp.settled = (copy) => {
      this.promise({ kind: 'settled', id: copy.message.id, queue: copy.queue })
      settled(copy)
    }
    const acknowledged = kafka.acknowledged.bind(kafka)
    kafka.acknowledged = (partition, baseOffset, ids) => {
      this.promise({ kind: 'appended', partition, baseOffset, ids })
      acknowledged(partition, baseOffset, ids)
    }
  }

  private promise(what: Promised['what']): void {
    const wire = this.speaking!
    this.promises.push({ wire, offset: wire.got, what })
  }

  private guard(run: () => void): void {
    if ((this.world as { draining: boolean }).draining) return
    try {
      run()
    } catch (error) {
      this.error ??= error as Error
    }
  }

  private connect(port: number): RealWire {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    const wire: RealWire = {
      name: '',
      got: 0,
      open: true,
      onBytes: () => {},
      onClosed: () => {},
      send: (bytes) => {
        if (!socket.destroyed) socket.write(new Uint8Array(bytes))
      },
      read: (on) => (on ? socket.resume() : socket.pause()),
      end: () => socket.end(),
      // A socket that is being shut down cannot be reset: the runtime would keep its handle, and spin when the process ends.
      reset: () => (socket.writableEnded ? socket.destroy() : socket.resetAndDestroy()),
    }
    socket.on('connect', () => {
      wire.name = this.names.next(port, socket.localPort!)
    })
    socket.on('data', (bytes) => {
      wire.got += bytes.length
      this.speaking = wire
      this.guard(() => wire.onBytes(new Uint8Array(bytes)))
    })
    socket.on('error', () => {})
    socket.on('close', () => this.guard(() => wire.onClosed()))
    this.wires.push(wire)
    return wire
  }
}
