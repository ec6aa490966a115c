import assert from 'node:assert/strict'
import { type Channel, type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import type { MortalBroker } from './mortal-broker.ts'

const WINDOW = 1000
const PREFETCH = 500
const ACK_EVERY = 50
const SETTLE_EVERY = 1000

/**
 * Records on their way through a queue of a broker that dies now and then. The publisher sends again what was not confirmed,
 * the consumer acknowledges; both judge every step by what AMQP's confirms and acknowledgements promise.
 */
export class QueueTrail {
  /** All records before this one are confirmed. */
  confirmed = 0
  /** How many were sent again, since the connection ended before their confirm came. */
  resent = 0
  deliveries = 0
  /** All records before this one were delivered at least once. */
  delivered = 0
  private readonly broker: MortalBroker
  private readonly queue: string
  private readonly records: readonly string[]
  /** How often each was sent, and how many of those copies are acknowledged for certain. */
  private readonly sent: Uint8Array
  private readonly settled: Uint8Array
  private pump: () => void = () => {}
  private limit = 0

  constructor(broker: MortalBroker, queue: string, records: readonly string[]) {
    this.broker = broker
    this.queue = queue
    this.records = records
    this.sent = new Uint8Array(records.length)
    this.settled = new Uint8Array(records.length)
  }

  /** Lets the publisher go on as far as this record. */
  allow(limit: number): void {
    this.limit = Math.min(limit, this.records.length)
    this.pump()
  }

  /** Publishes everything, over as many connections as it takes. */
  async publish(progress: (confirmed: number) => void): Promise<void> {
    while (this.confirmed < this.records.length) {
      await this.session((connection) => this.publishOn(connection, progress))
    }
  }

  private async publishOn(connection: ChannelModel, progress: (confirmed: number) => void): Promise<void> {
    const channel = await connection.createConfirmChannel()
    channel.on('error', () => {})
    await channel.assertQueue(this.queue, { durable: true })
    await new Promise<void>((resolve, reject) => {
      let next = this.confirmed
      channel.once('close', resolve)
      this.pump = () => {
        while (next < this.limit && next - this.confirmed < WINDOW) this.send(channel, next++, confirm)
      }
      const confirm = (index: number, error: unknown) => {
        if (error) return
        // A queue takes messages in order, so what comes after an unconfirmed one must not be kept without it.
        if (index !== this.confirmed) return reject(new Error(`${index} was confirmed before ${this.confirmed}`))
        this.confirmed++
        progress(this.confirmed)
        if (this.confirmed === this.records.length) resolve()
        else this.pump()
      }
      this.pump()
    })
    this.pump = () => {}
  }

  private send(channel: ConfirmChannel, index: number, confirm: (index: number, error: unknown) => void): void {
    if (this.sent[index]! > 0) this.resent++
    this.sent[index]!++
    const options = { persistent: true, messageId: `${index}` }
    try {
      channel.sendToQueue(this.queue, Buffer.from(this.records[index]!), options, (error) => confirm(index, error))
    } catch {
      // amqplib's way of saying that the channel has ended: its 'close' follows.
    }
  }

  /** Consumes with acknowledgements until `enough` records have come at least once, over as many connections as it takes. */
  async consume(enough: number): Promise<void> {
    while (this.delivered < enough) await this.session((connection) => this.consumeOn(connection, enough))
  }

  private async consumeOn(connection: ChannelModel, enough: number): Promise<void> {
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    await channel.assertQueue(this.queue, { durable: true })
    await channel.prefetch(PREFETCH)
    await new Promise<void>((resolve, reject) => {
      let unsettled: number[] = []
      let count = 0
      const take = (message: ConsumeMessage | null) => {
        if (message === null || this.delivered >= enough) return
        unsettled.push(this.check(message))
        if (++count % ACK_EVERY === 0 || this.delivered === enough) channel.ack(message, true)
        if (count % SETTLE_EVERY === 0 || this.delivered === enough) {
          const acknowledged = unsettled
          unsettled = []
          this.settle(channel, acknowledged).then(() => this.delivered >= enough && resolve(), reject)
        }
      }
      channel.once('close', resolve)
      channel.consume(this.queue, orReject(take, reject)).catch(() => {})
    })
  }

  /** The answer to a later request on the channel tells that the acknowledgements before it are kept. */
  private async settle(channel: Channel, acknowledged: readonly number[]): Promise<void> {
    const answered = await channel.checkQueue(this.queue).catch(() => null)
    if (answered !== null) for (const index of acknowledged) this.settled[index]!++
  }

  private check(message: ConsumeMessage): number {
    const index = Number(message.properties.messageId)
    assert.equal(message.content.toString(), this.records[index])
    assert.ok(index <= this.delivered, `${index} came before ${this.delivered}`)
    assert.ok(this.settled[index]! < this.sent[index]!, `${index} came again after its acknowledgement was kept`)
    this.deliveries++
    if (index === this.delivered) this.delivered++
    return index
  }

  /** Takes copies of what was sent twice until the queue is empty; nothing else may be left. */
  async drain(): Promise<void> {
    await this.session(async (connection) => {
      const channel = await connection.createChannel()
      for (;;) {
        const message = await channel.get(this.queue, { noAck: true })
        if (message === false) return
        this.check({ ...message, fields: { ...message.fields, consumerTag: '' } })
      }
    })
  }

  /** Runs `act` with a connection as soon as there is one; returns when `act` has ended or the broker has. */
  private async session(act: (connection: ChannelModel) => Promise<void>): Promise<void> {
    await this.broker.up()
    let connection: ChannelModel
    try {
      connection = await connect(`amqp://127.0.0.1:${this.broker.amqpPort}`, { noDelay: true })
    } catch {
      return
    }
    let lost = false
    const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()))
    connection.on('error', () => {
      lost = true
    })
    void closed.then(() => {
      lost = true
    })
    try {
      await act(connection)
    } catch (error) {
      if (!lost || error instanceof assert.AssertionError) throw error
    }
    if (!lost) await connection.close().catch(() => {})
    await closed
  }
}

/** `act`, which throws within somebody else's event: that is told to `reject`. */
function orReject<T>(act: (one: T) => void, reject: (error: unknown) => void): (one: T) => void {
  return (one) => {
    try {
      act(one)
    } catch (error) {
      reject(error)
    }
  }
}
