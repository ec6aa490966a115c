import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Broker } from '../../src/broker/broker.ts'
import { MemoryDisk } from '../../src/env/memory-disk.ts'
import { nodeParts } from '../../src/env/node.ts'
import { silent } from '../../src/sdk/logger.ts'
import { batchWorker } from '../../src/server/batch-worker-entry.ts'
import { readConfig } from '../../src/server/config.ts'
import { openFronts } from '../../src/server/fronts.ts'
import { listen } from '../../src/server/listen.ts'
import { readListener } from '../../src/server/listen-address.ts'
import { openOn } from '../../src/server/open-data.ts'
import { arenaSize } from '../../src/server/sizes.ts'
import { Arena } from '../../src/std/arena.ts'
import { MovableClock } from '../../src/testing/movable-clock.ts'

/** Seconds. */
const STEP = 5
/** Turns of the event loop in which what is at hand gets done. */
const TURNS = 20

/** A registry on a real port, whose clock can be moved, connections' time limits included. */
class Rig {
  readonly port: number
  readonly broker: Broker
  private readonly clock: MovableClock
  private readonly end: () => Promise<void>

  private constructor(port: number, broker: Broker, clock: MovableClock, end: () => Promise<void>) {
    this.port = port
    this.broker = broker
    this.clock = clock
    this.end = end
  }

  static async open(): Promise<Rig> {
    const flags = { 'journal-ring': '16MiB', 'journal-file': '16MiB' }
    const config = readConfig({ file: null, environment: {}, flags, listen: [], advertise: [] })
    const arena = new Arena(arenaSize(config))
    const clock = new MovableClock()
    const { live: _, ...parts } = nodeParts({ arena, worker: batchWorker, clock })
    const env = { ...parts, disk: new MemoryDisk() }
    const onFatal = (error: Error) => {
      throw error
    }
    const opened = openOn({ env, arena, release: (done) => done(), onFatal }, config, silent)
    const { broker, nouns } = opened
    const front = openFronts(broker, nouns, config, silent).http
    const listener = await listen(
      env.net,
      broker.memory,
      readListener('http://127.0.0.1:0', 'listen'),
      null,
      front,
      silent,
    )
    return new Rig(listener.port, broker, clock, async () => {
      await new Promise<void>((done) => listener.close(done))
      front.destroy()
      await new Promise<void>((done) => opened.close(done))
    })
  }

  stop(): Promise<void> {
    return this.end()
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms, async () => {
      for (let n = 0; n < TURNS; n++) await new Promise((resolve) => setImmediate(resolve))
    })
  }
}

/** A client that sends what it is told to, and nothing else. */
class RawHttp {
  readonly socket: Socket
  /** Resolves when the connection is over. */
  readonly over: Promise<unknown>
  text = ''

  private constructor(socket: Socket) {
    this.socket = socket
    this.over = once(socket, 'close')
    socket.setEncoding('latin1')
    socket.on('error', () => {})
    socket.on('data', (text: string) => {
      this.text += text
    })
  }

  static async open({ port }: Rig): Promise<RawHttp> {
    const client = new RawHttp(connect(port, '127.0.0.1'))
    await once(client.socket, 'connect')
    return client
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && !this.socket.readableEnded
  }

  write(text: string): void {
    this.socket.write(text)
  }

  /** Takes so many more characters, at least, and then no more. */
  async take(length: number): Promise<void> {
    const until = this.text.length + length
    this.socket.resume()
    while (this.text.length < until) await once(this.socket, 'data')
    this.socket.pause()
  }

  /** Sends that, and waits for the answer to a request in it. */
  async ask(text: string): Promise<void> {
    const before = this.text.length
    this.write(text)
    while (!this.text.includes('}', before)) await once(this.socket, 'data')
  }
}

const MODE = 'GET /mode HTTP/1.1\r\nhost: x\r\n\r\n'
const POST = 'POST /subjects/s/versions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n'

describe('a client of the registry that lets it wait', { timeout: 30_000 }, () => {
  let rig: Rig
  /** Somebody who asks now and then, and stays. */
  let other: RawHttp

  before(async () => {
    rig = await Rig.open()
    other = await RawHttp.open(rig)
  })

  after(() => rig.stop())

  /** Lets time pass, in which others are served. */
  const pass = async (seconds: number, each: () => unknown = () => {}) => {
    for (let n = 0; n < seconds; n += STEP) {
      await rig.pass(STEP * 1000)
      await each()
      await other.ask(MODE)
    }
  }

  /** What a client has sent when it stops; the answer to the request in it says that it was read. */
  const CASES: readonly (readonly [what: string, sent: string, more: string])[] = [
    ['has asked and asks nothing more', '', ''],
    ['never ends a line', 'GET /subj', ''],
    ['never ends its headers', 'GET /subjects HTTP/1.1\r\nhost: x\r\n', ''],
    ['sends one header after the other', 'GET /subjects HTTP/1.1\r\nhost: x\r\n', 'x-more: y\r\n'],
    ['never sends the body that it promised', POST, ''],
    ['sends its body byte by byte', POST, '{'],
    [
      'sends chunks and never the last one',
      POST.replace('content-length: 100', 'transfer-encoding: chunked'),
      '1\r\n{\r\n',
    ],
  ]

  for (const [what, sent, more] of CASES) {
    it(`that ${what} loses its connection after half a minute, and nobody else does`, async () => {
      const client = await RawHttp.open(rig)
      await client.ask(MODE + sent)
      await pass(25, () => client.write(more))
      assert.ok(client.isOpen)
      await pass(15, () => client.write(more))
      await client.over
      assert.ok(other.isOpen)
    })
  }

  it('that says nothing at all, too', async () => {
    const client = await RawHttp.open(rig)
    await pass(40)
    await client.over
    assert.equal(client.text, '')
  })

  it('is waited for anew after each of its requests', async () => {
    const client = await RawHttp.open(rig)
    for (let n = 0; n < 4; n++) {
      await pass(25)
      await client.ask(MODE)
    }
    assert.ok(client.isOpen)
    client.socket.destroy()
  })

  it('is not lost to a registry that lets it wait: after a minute without an answer it is told so', async () => {
    const client = await RawHttp.open(rig)
    const { memory, subjects } = rig.broker
    const all = memory.limit * 2
    memory.hold(all)
    await pass(STEP)
    const body = JSON.stringify({ schema: '"int"' })
    client.write(`POST /subjects/waits/versions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
    await pass(55)
    assert.equal(client.text, '')
    await pass(10)
    assert.match(client.text, /^HTTP\/1.1 500 .*"error_code":50002,"message":"The operation timed out"/s)
    memory.hold(-all)
    await pass(STEP)
    assert.equal(subjects.registry.lastId('.'), 1, 'it was registered when there was room')
    await client.ask(MODE)
    client.socket.destroy()
  })

  it('that takes nothing of its answer loses it, and one that takes it slowly gets it all', async () => {
    const schema = (n: number) => JSON.stringify({ type: 'fixed', name: `F${n}`, size: 1, doc: 'x'.repeat(1_000_000) })
    const { registry } = rig.broker.subjects
    for (let n = 1; n <= 16; n++) {
      const body = JSON.stringify({ schema: schema(n) })
      const head = `POST /subjects/large${n}/versions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n`
      await other.ask(head + body)
    }
    assert.equal([...registry.subjects()].length, 17)
    const list = 'GET /schemas HTTP/1.1\r\nhost: x\r\n\r\n'
    const deaf = await RawHttp.open(rig)
    deaf.socket.pause()
    deaf.write(list)
    const slow = await RawHttp.open(rig)
    slow.socket.pause()
    slow.write(list)
    await pass(40, () => slow.take(1_000_000))
    deaf.socket.resume()
    await deaf.over
    assert.ok(deaf.text.length < 16_000_000, 'its answer was not whole')
    await slow.take(7_000_000)
    assert.ok(slow.isOpen)
    slow.socket.destroy()
  })
})
