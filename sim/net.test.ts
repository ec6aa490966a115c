import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Handler, Socket } from '../src/env/net.ts'
import { Arena } from '../src/std/arena.ts'
import { SimClock } from './clock.ts'
import { SimNet, type Wire } from './net.ts'
import { Dice } from './random.ts'

/** Sends every message (a length byte and that many bytes) back, from one output buffer that it reuses when it may. */
class Echo implements Handler {
  ends = 0
  reuse = false
  private readonly socket: Socket
  private readonly arena: Arena
  private out = new Uint8Array(256)

  constructor(socket: Socket, arena: Arena) {
    this.socket = socket
    this.arena = arena
  }

  input(start: number, end: number): number {
    let at = start
    const { bytes } = this.arena
    while (at < end && at + 1 + bytes[at]! <= end) {
      const length = 1 + bytes[at]!
      this.out.set(bytes.subarray(at, at + length))
      this.socket.write(this.out.subarray(0, length))
      if (this.socket.pending > 0 && !this.reuse) this.out = new Uint8Array(256)
      at += length
    }
    return at
  }

  drained(): void {}

  closed(): void {
    this.ends++
  }
}

function echoing(seed: number, reuse = false) {
  const dice = new Dice(seed)
  const clock = new SimClock(dice)
  const arena = new Arena(16 * 1024)
  const net = new SimNet(clock, dice, arena, { keep: 1024, region: 512, stuffed: 0.2, slowest: 2 })
  const handlers: Echo[] = []
  const accept = (socket: Socket) => {
    const handler = new Echo(socket, arena)
    handler.reuse = reuse
    handlers.push(handler)
    return handler
  }
  net.listen({ host: '127.0.0.1', port: 5672 }, accept, () => {})
  while (clock.step());
  return { dice, clock, net, handlers, wire: net.connect(5672) as Wire }
}

function talk(seed: number, reuse: boolean): boolean {
  const { dice, clock, wire, handlers, net } = echoing(seed, reuse)
  const sent: number[] = []
  const got: number[] = []
  let closed = 0
  wire.onBytes = (bytes) => got.push(...bytes)
  wire.onClosed = () => closed++
  for (let i = 0; i < 40; i++) {
    const message = new Uint8Array(1 + dice.below(200)).map(() => dice.below(256))
    message[0] = message.length - 1
    clock.after(dice.unit() * 20, () => {
      sent.push(...message)
      wire.send(message)
    })
  }
  clock.after(10, () => wire.read(false))
  clock.after(30, () => wire.read(true))
  clock.after(40, () => wire.end())
  while (clock.step());
  assert.deepEqual([closed, handlers[0]!.ends, wire.open], [1, 1, false])
  assert.ok(net.counts.partialWrites > 0 && net.counts.splitReads > 0)
  return got.length === sent.length && got.every((byte, i) => byte === sent[i])
}

test('bytes arrive in order, whatever the pieces, and everything ends once', () => {
  for (let seed = 1; seed <= 30; seed++) assert.ok(talk(seed, false), `seed ${seed}`)
})

test('output that is reused too early goes out spoilt', () => {
  let spoilt = 0
  for (let seed = 1; seed <= 30; seed++) if (!talk(seed, true)) spoilt++
  assert.ok(spoilt > 20)
})

test('a reset reaches both sides, and a dead process is reset for its clients only', () => {
  const { clock, net, handlers, wire } = echoing(1)
  const other = net.connect(5672) as Wire
  const closed: string[] = []
  wire.onClosed = () => closed.push('reset')
  other.onClosed = () => closed.push('died')
  wire.reset()
  while (clock.step());
  assert.deepEqual([closed, handlers[0]!.ends], [['reset'], 1])
  net.die()
  while (clock.step());
  assert.deepEqual([closed, handlers[1]!.ends], [['reset', 'died'], 0])
  assert.equal(net.connect(5672), null)
})
