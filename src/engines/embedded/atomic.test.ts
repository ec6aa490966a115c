import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../env/memory-disk.ts'
import type { Bus } from '../../sdk/bus.ts'
import { json } from '../../sdk/contract/json.ts'
import { NO_EFFECTS, type Settlement } from '../../sdk/engine.ts'
import { silent } from '../../sdk/logger.ts'
import { queue } from '../../sdk/queue.ts'
import { topic } from '../../sdk/topic.ts'
import { busOver } from '../connect.ts'
import { EmbeddedConsumption, type EmbeddedDelivery } from './consumption.ts'
import { Life } from './life.ts'

/*
 * The acknowledgement of a message, its inbox key and what its handler sent are one journal entry. The disk fails at each write in turn, the broker recovers on
 * what was written, senders send all again, and each effect has to be there once. Bugs that tear the step apart are planted, and have to be found.
 */
const NUMBERS = [0, 1, 2, 3, 4]
/** Of the end, which has no effect. */
const END = -1
/** Writes at which the disk fails, counted from when the consumer begins. */
const WRITES = 8

const FAILURE = Object.assign(new Error('the disk fails'), { code: 'EIO' })

const orders = queue('orders', { schema: json<number>() })
const paid = topic('paid', { schema: json<number>(), partitions: 1 })

async function live(disk: MemoryDisk, run: (bus: Bus) => Promise<void>): Promise<void> {
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})
  const life = await Life.begin({ data: disk, settings: {}, log: silent, onFatal: (error) => fail(error) })
  try {
    await Promise.race([run((await busOver(life.broker.engine())) as Bus), failed])
  } finally {
    await life.die()
  }
}

async function consume(bus: Bus, handled: (n: number) => void): Promise<void> {
  await bus.consume(
    orders,
    async (n, context) => {
      if (n !== END) await context.publish(paid, n)
      handled(n)
    },
    { idempotent: true },
  )
}

const send = (bus: Bus) => Promise.all(NUMBERS.map((n) => bus.send(orders, n, { id: `o-${n}` })))

/** The effects after the disk has failed at that write. */
async function effectsWith(write: number): Promise<number[]> {
  const disk = new MemoryDisk()
  await live(disk, async (bus) => {
    await bus.declare(orders, paid)
    await send(bus)
  })
  const second = disk.takeOver()
  await live(second, async (bus) => {
    let left = write
    second.fault = (operation) => (operation === 'write' && --left === 0 ? FAILURE : null)
    let done = 0
    await new Promise<void>((resolve) => {
      void consume(bus, () => ++done === NUMBERS.length && resolve()).catch(() => {})
    })
    // What was handled last is stored with this.
    await bus.send(orders, END)
  }).catch((error) => assert.match(String(error), /the disk fails|crashed/))
  const found: number[] = []
  await live(second.takeOver(), async (bus) => {
    await send(bus)
    await consume(bus, () => {})
    await (await bus.send(orders, END, { receipt: true })).handled
    await bus.publish(paid, END)
    await new Promise<void>((resolve) => {
      void bus.subscribe(paid, { from: 'earliest' }, (n) => (n === END ? resolve() : void found.push(n)))
    })
  })
  return found.sort()
}

async function wrong(): Promise<number> {
  for (let write = 1; write <= WRITES; write++) {
    const found = await effectsWith(write)
    if (found.join() !== NUMBERS.join()) return write
  }
  return 0
}

test('acknowledgement, inbox key and effects are stored together, at whatever write the disk fails', async () => {
  assert.equal(await wrong(), 0)
})

type SettleOne = (delivery: EmbeddedDelivery, settlement: Settlement) => Promise<void>

/** Bugs, by what they do; each gets what is right. */
const BUGS: Readonly<
  Record<string, (this: EmbeddedConsumption, right: SettleOne, ...of: Parameters<SettleOne>) => Promise<void>>
> = {
  'effects are stored before the acknowledgement': async function (right, delivery, settlement) {
    if (settlement.kind === 'ack') await storeAlone(this, { ...settlement.effects, inbox: null })
    await right(
      delivery,
      settlement.kind === 'ack'
        ? { kind: 'ack', effects: { ...settlement.effects, messages: [], records: [] } }
        : settlement,
    )
  },
  'effects are stored after the acknowledgement': async function (right, delivery, settlement) {
    await right(
      delivery,
      settlement.kind === 'ack'
        ? { kind: 'ack', effects: { ...NO_EFFECTS, inbox: settlement.effects.inbox } }
        : settlement,
    )
    if (settlement.kind === 'ack') await storeAlone(this, { ...settlement.effects, inbox: null })
  },
  'the inbox key is stored as one that is forgotten at once': async (right, delivery, settlement) => {
    if (settlement.kind !== 'ack' || settlement.effects.inbox === null) return right(delivery, settlement)
    const inbox = { ...settlement.effects.inbox, until: 0 }
    await right(delivery, { kind: 'ack', effects: { ...settlement.effects, inbox } })
  },
}

/** As if it were a step of its own. */
async function storeAlone(consumption: EmbeddedConsumption, effects: typeof NO_EFFECTS): Promise<void> {
  const inside = consumption as unknown as {
    readonly store: (effects: typeof NO_EFFECTS, settle: () => void) => Promise<void>
  }
  await inside.store(effects, () => {})
}

for (const [name, bug] of Object.entries(BUGS)) {
  test(`it is found if ${name}`, async () => {
    const { prototype } = EmbeddedConsumption
    const right = prototype.settleOne
    prototype.settleOne = function (this: EmbeddedConsumption, ...of) {
      return Reflect.apply(bug, this, [right.bind(this), ...of])
    }
    try {
      assert.notEqual(await wrong(), 0)
    } finally {
      prototype.settleOne = right
    }
  })
}
