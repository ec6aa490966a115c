import assert from 'node:assert/strict'
import { connect, type Socket as TcpSocket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Arena } from '../std/arena.ts'
import type { Handler, Listener, Socket } from './net.ts'
import { NodeNet } from './node-net.ts'

const MODES = [
  { name: 'adopted', adopt: true },
  { name: "'data' events", adopt: false },
]

/** Resolves when `done()` holds; looks after each turn of the loop. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

/** Takes lines of text that end in '\n'; leaves the rest. */
class Lines implements Handler {
  readonly lines: string[] = []
  readonly shown: number[] = []
  readonly ends: (Error | null)[] = []
  drains = 0
  /** Called for each line. */
  onLine: (line: string) => void = () => {}
  readonly socket: Socket
  paused = false
  private readonly arena: Arena

  constructor(socket: Socket, arena: Arena) {
    this.socket = socket
    this.arena = arena
  }

  input(start: number, end: number): number {
    this.shown.push(end - start)
    let from = start
    for (let i = start; i < end && !this.paused; i++) {
      if (this.arena.bytes[i] !== 10) continue
      const line = this.arena.buffer.toString('latin1', from, i)
      this.lines.push(line)
      from = i + 1
      this.onLine(line)
    }
    return from
  }

  drained(): void {
    this.drains++
  }

  closed(error: Error | null): void {
    this.ends.push(error)
  }
}

async function listening(t: TestContext, adopt: boolean) {
  const arena = new Arena(1024 * 1024)
  const net = new NodeNet({ arena, adopt })
  const handlers: Lines[] = []
  const clients: TcpSocket[] = []
  const listener = await new Promise<Listener>((resolve, reject) => {
    const accept = (socket: Socket) => {
      const handler = new Lines(socket, arena)
      handlers.push(handler)
      return handler
    }
    net.listen({ host: '127.0.0.1', port: 0 }, accept, (error, made) => (error ? reject(error) : resolve(made!)))
  })
  t.after(() => {
    for (const client of clients) client.destroy()
    for (const handler of handlers) handler.socket.destroy()
    listener.close(() => {})
  })
  const join = async () => {
    const n = handlers.length
    const client = connect({ host: '127.0.0.1', port: listener.port, noDelay: true })
    client.on('error', () => {})
    clients.push(client)
    await until(() => handlers.length > n && client.readyState === 'open')
    return { client, handler: handlers[n]! }
  }
  return { net, listener, handlers, join }
}

for (const { name, adopt } of MODES) {
  test(`a message that arrives in pieces is shown as one run (${name})`, async (t) => {
    const { net, join } = await listening(t, adopt)
    const { client, handler } = await join()
    assert.equal(handler.socket.remotePort, client.localPort)
    assert.equal(handler.socket.localAddress, '127.0.0.1')
    for (const byte of 'split\nin') {
      const before = handler.shown.length
      client.write(byte)
      await until(() => handler.shown.length > before)
    }
    assert.deepEqual(handler.lines, ['split'])
    assert.deepEqual(handler.shown, [1, 2, 3, 4, 5, 6, 1, 2])
    assert.equal(net.kept, 2)
    client.write(' two\n')
    await until(() => handler.lines.length === 2)
    assert.equal(handler.lines[1], 'in two')
    assert.equal(net.kept, 0)
  })

  test(`bytes kept aside do not mix between connections (${name})`, async (t) => {
    const { join } = await listening(t, adopt)
    const pairs = [await join(), await join(), await join()]
    const text = (i: number) => `${String(i).repeat(150_000)}\n`
    for (const [i, { client }] of pairs.entries()) client.write(text(i) + text(i + 3) + text(i + 6))
    await until(() => pairs.every(({ handler }) => handler.lines.length === 3))
    pairs.forEach(({ handler }, i) => {
      assert.ok(handler.lines.every((line, n) => `${line}\n` === text(i + 3 * n)))
    })
  })

  test(`a paused connection reads nothing, and resumes in the middle of its bytes (${name})`, async (t) => {
    const { net, join } = await listening(t, adopt)
    const { client, handler } = await join()
    handler.onLine = (line) => {
      if (line !== 'stop') return
      handler.paused = true
      handler.socket.pause()
    }
    client.write(`a\nstop\nb\nstop\nc${'x'.repeat(200_000)}`)
    await until(() => handler.paused && client.writableLength === 0)
    client.write('\nlast\n')
    assert.deepEqual(handler.lines, ['a', 'stop'])
    assert.ok(net.kept > 0)
    handler.paused = false
    handler.socket.resume()
    assert.equal(handler.lines.length, 2, 'not from inside this call')
    await until(() => handler.lines.length === 4)
    handler.paused = false
    handler.socket.resume()
    await until(() => handler.lines.length === 6)
    assert.deepEqual(handler.lines.slice(2, 4), ['b', 'stop'])
    assert.equal(handler.lines[4]!.length, 200_001)
    assert.equal(net.kept, 0)
  })

  test(`a peer that does not read makes a backlog, which drains (${name})`, async (t) => {
    const { join } = await listening(t, adopt)
    const { client, handler } = await join()
    const small = Buffer.from('small')
    handler.socket.write(small, () => assert.fail('it went at once'))
    assert.equal(handler.socket.pending, 0)
    client.pause()
    const done: number[] = []
    const chunk = Buffer.alloc(1024 * 1024, 1)
    let sent = 0
    while (handler.socket.pending < 4 * chunk.length) {
      const n = sent++
      handler.socket.write(chunk, () => done.push(n))
    }
    assert.equal(handler.drains, 0)
    let got = 0
    client.on('data', (bytes) => {
      got += bytes.length
    })
    client.resume()
    await until(() => got === small.length + sent * chunk.length && handler.drains === 1)
    assert.equal(handler.socket.pending, 0)
    assert.deepEqual(
      done,
      [...done].sort((a, b) => a - b),
    )
    assert.ok(done.length >= 4 && done.at(-1) === sent - 1)
  })

  test(`either side may end, and closed comes once, afterwards (${name})`, async (t) => {
    const { join } = await listening(t, adopt)
    const half = await join()
    half.handler.onLine = () => half.handler.socket.write(Buffer.from('answer'))
    let answer = ''
    half.client.on('data', (bytes) => {
      answer += bytes
    })
    half.client.end('question\n')
    await until(() => half.handler.ends.length === 1 && half.client.closed)
    assert.equal(answer, 'answer')
    assert.deepEqual(half.handler.ends, [null])
    half.handler.socket.write(Buffer.from('nobody'))
    half.handler.socket.destroy()

    const ours = await join()
    let heard = ''
    ours.client.on('data', (bytes) => {
      heard += bytes
    })
    ours.client.write('unread')
    ours.handler.socket.pause()
    ours.handler.socket.write(Buffer.from('goodbye'))
    ours.handler.socket.end()
    assert.deepEqual(ours.handler.ends, [])
    await until(() => ours.handler.ends.length === 1)
    assert.equal(heard, 'goodbye')

    const reset = await join()
    reset.client.resetAndDestroy()
    await until(() => reset.handler.ends.length === 1)
    assert.equal((reset.handler.ends[0] as NodeJS.ErrnoException).code, 'ECONNRESET')

    const waiting = await join()
    let freed = 0
    waiting.client.pause()
    const chunk = Buffer.alloc(8 * 1024 * 1024)
    waiting.handler.socket.write(chunk, () => freed++)
    waiting.handler.socket.write(chunk, () => freed++)
    waiting.handler.socket.destroy()
    await until(() => waiting.handler.ends.length === 1)
    assert.equal(freed, 2)
  })

  test(`a handler may end its connection from inside input (${name})`, async (t) => {
    const { net, join } = await listening(t, adopt)
    const { client, handler } = await join()
    handler.onLine = () => handler.socket.destroy()
    client.write('bad\nrest')
    await until(() => handler.ends.length === 1 && client.closed)
    assert.deepEqual(handler.lines, ['bad'])
    assert.equal(net.kept, 0)
  })

  test(`a listener closes while connections live on (${name})`, async (t) => {
    const { listener, join } = await listening(t, adopt)
    const { client, handler } = await join()
    await new Promise<void>((resolve) => listener.close(resolve))
    client.write('still here\n')
    await until(() => handler.lines.length === 1)
    const late = connect({ host: '127.0.0.1', port: listener.port })
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => late.on('error', resolve))
    assert.equal(error.code, 'ECONNREFUSED')
  })

  test(`a thousand connections come and go (${name})`, async (t) => {
    const { net, listener, handlers } = await listening(t, adopt)
    for (let round = 0; round < 10; round++) {
      const clients: TcpSocket[] = []
      for (let i = 0; i < 100; i++) {
        const client = connect({ host: '127.0.0.1', port: listener.port })
        client.on('error', () => {})
        client.write('hello\npart')
        clients.push(client)
      }
      await until(() => handlers.filter((handler) => handler.lines.length === 1).length === (round + 1) * 100)
      clients.forEach((client, i) => {
        if (i % 3 === 0) client.resetAndDestroy()
        else if (i % 3 === 1) client.end()
        else client.destroy()
      })
      await until(() => handlers.every((handler) => handler.ends.length === 1))
    }
    assert.equal(handlers.length, 1000)
    assert.equal(net.kept, 0)
  })
}

test('an address that cannot be had is an error, not an exception', async (t) => {
  const { net, listener } = await listening(t, true)
  const error = await new Promise<Error | null>((resolve) => {
    net.listen({ host: '127.0.0.1', port: listener.port }, () => assert.fail('nobody comes'), resolve)
  })
  assert.equal((error as NodeJS.ErrnoException).code, 'EADDRINUSE')
})
