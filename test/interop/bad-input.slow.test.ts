import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { type BrokerProcess, startBroker } from './broker-process.ts'
import { Mailbox } from './mailbox.ts'
import { Peer } from './peer.ts'
import { controlled, fresh } from './target.ts'

/** What all the bad input together may cost in memory, above what the broker had before. */
const GROWTH_MIB = 150
const ATTEMPTS = 200
const CONNECTIONS = 10_000
const WAVE = 500

const AMQP_HEADER = Buffer.from('AMQP\0\0\x09\x01', 'latin1')
const PORTS = ['amqp', 'kafka'] as const

suite('bad input', { skip: controlled && 'it is about our own process', timeout: 300_000 }, () => {
  let broker: BrokerProcess
  let good: WellBehaved
  let rssBefore = 0

  before(async () => {
    broker = await startBroker()
    good = await WellBehaved.connect(broker)
    for (let i = 0; i < 50; i++) await good.works()
    rssBefore = rssMib(broker.pid)
  })
  after(async () => {
    await good?.close()
    await broker?.stop()
  })

  const portOf = (protocol: (typeof PORTS)[number]) => (protocol === 'amqp' ? broker.amqpPort : broker.kafkaPort)
  /** The connection ends, a line names it, and everybody else goes on. */
  const costsOnlyTheConnection = async (peer: Peer, why: RegExp) => {
    await peer.ended()
    await broker.logged(new RegExp(`127\\.0\\.0\\.1:${peer.localPort}\\b[^\\n]*${why.source}`))
    await good.works()
  }

  for (const protocol of PORTS) {
    test(`random bytes to the ${protocol} listener`, async () => {
      const random = seeded(protocol === 'amqp' ? 1 : 2)
      for (let i = 0; i < ATTEMPTS; i++) {
        const peer = await Peer.connect(portOf(protocol))
        // A size that looks right for Kafka would have it wait for the rest.
        peer.send(random(1 + ((i * 7919) % 4000)))
        peer.finish()
        await peer.ended()
      }
      await good.works()
      const peer = await Peer.connect(portOf(protocol))
      peer.send(Buffer.alloc(4096, 0xa5))
      await costsOnlyTheConnection(peer, protocol === 'amqp' ? /is not the AMQP/ : /a request of -\d+ bytes/)
    })

    test(`an HTTP request to the ${protocol} listener`, async () => {
      const peer = await Peer.connect(portOf(protocol))
      peer.send(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))
      await costsOnlyTheConnection(peer, /this is HTTP, not/)
    })

    test(`a length field of 2 GiB to the ${protocol} listener`, async () => {
      const peer = await Peer.connect(portOf(protocol))
      if (protocol === 'amqp') {
        await peer.logIn()
        peer.send(Buffer.from([1, 0, 1, 0x7f, 0xff, 0xff, 0xff, 0, 20, 0, 10, 0, 0xce]))
      } else peer.send(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 18, 0, 0, 0, 0, 0, 1]))
      await costsOnlyTheConnection(peer, protocol === 'amqp' ? /frame_too_large/ : /a request of 2147483647 bytes/)
    })

    test(`${CONNECTIONS} connections to the ${protocol} listener, opened and dropped`, async () => {
      for (let done = 0; done < CONNECTIONS; done += WAVE) {
        const peers = await Promise.all(Array.from({ length: WAVE }, () => Peer.connect(portOf(protocol))))
        peers.forEach((peer, i) => {
          // Some say nothing, some half of something, some reset and some say goodbye.
          if (i % 3 === 1) peer.send(protocol === 'amqp' ? AMQP_HEADER.subarray(0, i % 9) : Buffer.from([0, 0, 1]))
          if (i % 2 === 0) peer.reset()
          else peer.finish()
        })
        await Promise.all(peers.map((peer) => peer.closed()))
      }
      await good.works()
    })
  }

  test('AMQP frames with wrong ends, types, channels and methods', async () => {
    const frames: [string, number[], RegExp][] = [
      ['a wrong end', [1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 51, 0], /invalid_frame_end_marker/],
      ['an unknown type', [9, 0, 0, 0, 0, 0, 4, 0, 10, 0, 51, 0xce], /FRAME_ERROR/],
      ['a body before any method', [3, 0, 1, 0, 0, 0, 1, 65, 0xce], /CHANNEL_ERROR|UNEXPECTED_FRAME/],
      ['a method on a channel that is not open', [1, 0, 7, 0, 0, 0, 5, 0, 85, 0, 10, 0, 0xce], /CHANNEL_ERROR/],
      ['an unknown class', [1, 0, 0, 0, 0, 0, 4, 3, 231, 3, 231, 0xce], /./],
      ['a frame above the limit', [1, 0, 0, 0, 2, 0, 1, 0, 10], /frame_too_large/],
    ]
    for (const [what, bytes, why] of frames) {
      const peer = await Peer.connect(broker.amqpPort)
      await peer.logIn()
      peer.send(Buffer.from(bytes))
      await costsOnlyTheConnection(peer, why).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`)
      })
    }
  })

  test('AMQP arguments cut short at every byte', async () => {
    // queue.declare 'q' with arguments {a: longstr 'x'}.
    const declare = [0, 50, 0, 10, 0, 0, 1, 113, 2, 0, 0, 0, 8, 1, 97, 83, 0, 0, 0, 1, 120]
    for (let length = 4; length < declare.length; length++) {
      const peer = await Peer.connect(broker.amqpPort)
      await peer.logIn()
      await peer.openChannel()
      peer.send(Buffer.from([1, 0, 1, 0, 0, 0, length, ...declare.slice(0, length), 0xce]))
      await peer.ended()
    }
    await good.works()
  })

  test('an AMQP client that leaves in the middle of a message', async () => {
    const peer = await Peer.connect(broker.amqpPort)
    await peer.logIn()
    await peer.openChannel()
    // basic.publish to the default exchange, then a header that promises 10,000 bytes, of which one comes.
    peer.send(Buffer.from([1, 0, 1, 0, 0, 0, 10, 0, 60, 0, 40, 0, 0, 0, 1, 113, 0, 0xce]))
    peer.send(Buffer.from([2, 0, 1, 0, 0, 0, 14, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 39, 16, 0, 0, 0xce]))
    peer.send(Buffer.from([3, 0, 1, 0, 0, 0, 1, 65, 0xce]))
    peer.reset()
    await broker.logged(new RegExp(`127\\.0\\.0\\.1:${peer.localPort}\\b[^\\n]*went away`))
    await good.works()
  })

  test('Kafka requests with an unknown key, an unknown version, and cut short', async () => {
    const requests: [Buffer, RegExp][] = [
      [kafkaRequest(999, 0, []), /999/],
      [kafkaRequest(0, 99, []), /Produce version 99/],
      [kafkaRequest(3, 1, [0, 0, 3]), /./],
      [kafkaRequest(3, 1, [0x7f, 0xff, 0xff, 0xff]), /./],
      [kafkaRequest(1, 4, [255, 255, 255, 255]), /./],
      [Buffer.from([0, 0, 0, 2, 0, 18]), /a request of 2 bytes/],
    ]
    for (const [bytes, why] of requests) {
      const peer = await Peer.connect(broker.kafkaPort)
      peer.send(bytes)
      await costsOnlyTheConnection(peer, why)
    }
  })

  test('clients that never read what they ask for', async () => {
    const queue = fresh('large')
    await good.channel.assertQueue(queue)
    for (let i = 0; i < 8; i++) good.channel.sendToQueue(queue, Buffer.alloc(1_000_000, i))
    await good.channel.waitForConfirms()
    const getter = await Peer.connect(broker.amqpPort)
    await getter.logIn()
    await getter.openChannel()
    getter.stopReading()
    // Answers that wait for the disk come first, then many a basic.get, then basic.recover, so that there is always something to get.
    const declare = [1, 0, 1, 0, 0, 0, 14, 0, 50, 0, 10, 0, 0, 1, 113, 2, 0, 0, 0, 0, 0xce]
    declare[6] = declare.length - 8
    const drop = [1, 0, 1, 0, 0, 0, 9, 0, 50, 0, 40, 0, 0, 1, 113, 0, 0xce]
    const name = Buffer.from(queue)
    const get = [1, 0, 1, 0, 0, 0, 8 + name.length, 0, 60, 0, 70, 0, 0, name.length, ...name, 0, 0xce]
    const recover = [1, 0, 1, 0, 0, 0, 5, 0, 60, 0, 110, 1, 0xce]
    const round = [...declare, ...drop, ...Array.from({ length: 1000 }, () => get).flat(), ...recover]
    await getter.flood(Buffer.from(round), 60_000_000)
    const asker = await Peer.connect(broker.kafkaPort)
    asker.stopReading()
    await asker.flood(kafkaRequest(3, 1, [255, 255, 255, 255]), 60_000_000)
    await good.works()
    assert.ok(rssMib(broker.pid) - rssBefore < GROWTH_MIB, `grew from ${rssBefore} to ${rssMib(broker.pid)} MiB`)
    getter.reset()
    asker.reset()
    await good.works()
    await good.channel.deleteQueue(queue)
  })

  test('an AMQP publisher that never reads loses its connection by its own heartbeat', async () => {
    const publisher = await Peer.connect(broker.amqpPort)
    await publisher.logIn({ heartbeat: 1 })
    await publisher.openChannel()
    publisher.stopReading()
    // Mandatory messages to no queue: every one is to come back.
    const body = Buffer.alloc(1000, 65)
    const message = Buffer.concat([
      Buffer.from([1, 0, 1, 0, 0, 0, 10, 0, 60, 0, 40, 0, 0, 0, 1, 63, 1, 0xce]),
      Buffer.from([2, 0, 1, 0, 0, 0, 14, 0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0xce]),
      Buffer.from([3, 0, 1, 0, 0, 3, 232, ...body, 0xce]),
    ])
    await publisher.flood(message, 200_000_000)
    await broker.logged(new RegExp(`127\\.0\\.0\\.1:${publisher.localPort}\\b[^\\n]*missed heartbeats`))
    await good.works()
  })

  test('none of that has cost much memory, or an error of our own', async () => {
    const grown = rssMib(broker.pid) - rssBefore
    assert.ok(grown < GROWTH_MIB, `grew by ${grown} MiB`)
    assert.doesNotMatch(broker.log(), /"level":"error"|assert/i)
  })
})

/** A client of each protocol that was there before and must not notice anything. */
class WellBehaved {
  readonly channel: ConfirmChannel
  private readonly connection: ChannelModel
  private readonly producer: Producer
  private readonly queue: string
  private readonly came: Mailbox<string>
  private count = 0

  private constructor(
    connection: ChannelModel,
    channel: ConfirmChannel,
    producer: Producer,
    queue: string,
    came: Mailbox<string>,
  ) {
    this.connection = connection
    this.channel = channel
    this.producer = producer
    this.queue = queue
    this.came = came
  }

  static async connect(broker: BrokerProcess): Promise<WellBehaved> {
    const connection = await connect(`amqp://127.0.0.1:${broker.amqpPort}`)
    const channel = await connection.createConfirmChannel()
    const queue = fresh('good')
    await channel.assertQueue(queue, { exclusive: true })
    const came = new Mailbox<string>()
    await channel.consume(queue, (message) => {
      if (message === null) return
      channel.ack(message)
      came.put(message.content.toString())
    })
    const brokers = [`127.0.0.1:${broker.kafkaPort}`]
    const kafka = new Kafka({ clientId: 'good', brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } })
    const producer = kafka.producer()
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'good' }] })
    await admin.disconnect()
    await producer.connect()
    return new WellBehaved(connection, channel, producer, queue, came)
  }

  async works(): Promise<void> {
    const text = `${++this.count}`
    this.channel.sendToQueue(this.queue, Buffer.from(text))
    await this.channel.waitForConfirms()
    assert.equal(await this.came.next(), text)
    const [{ errorCode }] = await this.producer.send({ topic: 'good', messages: [{ value: text }] })
    assert.equal(errorCode, 0)
  }

  async close(): Promise<void> {
    await this.producer.disconnect()
    await this.connection.close()
  }
}

function kafkaRequest(key: number, version: number, body: number[]): Buffer {
  const rest = [key >> 8, key & 255, version >> 8, version & 255, 0, 0, 0, 1, 255, 255, ...body]
  return Buffer.from([0, 0, rest.length >> 8, rest.length & 255, ...rest])
}

function rssMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kib) / 1024)
}

/** Bytes that are the same in every run. */
function seeded(seed: number): (length: number) => Buffer {
  let state = seed
  return (length) => {
    const bytes = Buffer.alloc(length)
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      bytes[i] = state >>> 16
    }
    return bytes
  }
}
