import { Dice } from '../../../sim/random.ts'
import { Queue } from '../../../src/core/queue/queue.ts'
import { exchange } from '../../../src/wire/amqp/methods.ts'
import { openTarget } from '../../amqp/broker-for-test.ts'
import { type Address, search } from '../search.ts'
import { type Admin, adminOf, managementOf } from './admin.ts'
import { FURTHER_TYPES, Generator } from './generate.ts'
import { countCommand } from './hits.ts'
import { Link } from './link.ts'
import { namesFor } from './names.ts'
import { explain, runBoth } from './run.ts'

/** Which types the real one has beside those that every RabbitMQ has. */
let further: readonly string[] = []
/** Whose hands the operators' side of each is in. */
const admins: { ours?: Admin; real?: Admin } = {}

/*
 * Compares ours with a real RabbitMQ, whose management API is 10,000 ports above:
 *
 *   node dist/test/differential/amqp/main.js --real HOST:PORT --sequences 1000
 *
 * Left out, as docs/compatibility.md tells these to be different:
 * - filters of streams, which RabbitMQ applies to chunks; how many messages and consumers a stream has, which it counts late;
 * - limits on bytes, but for those that are far away, and exchanges that draw, or hash, with more than one destination;
 * - the instants in a dead letter's history;
 * - what comes after a mistake that ends a connection of which another channel has consumers;
 * - delayed messages, which a RabbitMQ has not got.
 * A channel that is new to a quorum queue which refuses publishers may still differ: see `reject-publish` there.
 */
await search({
  realPort: 5672,
  sequence: (seed, prefix, length) => new Generator(new Dice(seed), namesFor(prefix), further).sequence(length),
  run(commands, prefix, ours, real) {
    if (admins.ours === undefined || admins.real === undefined) throw new Error('ours has to run in this process')
    const [one, other] = [
      { ...ours, admin: admins.ours },
      { ...real, admin: admins.real },
    ]
    return runBoth(commands, namesFor(prefix), one, other)
  },
  explain,
  count: countCommand,
  plant: forgetRedelivered,
  ready,
  open,
})

async function open() {
  const { host, port, broker, stop } = await openTarget()
  if (broker === null) throw new Error('ours has to run in this process')
  admins.ours = adminOf(broker)
  await admins.ours.prepare()
  return {
    host,
    port,
    async stop() {
      await admins.real?.remove()
      await stop()
    },
  }
}

/** Makes what sequences need on the real one, and finds out which exchange types it knows. */
async function ready({ host, port }: Address): Promise<void> {
  admins.real = managementOf(host, port)
  await admins.real.prepare()
  const link = new Link(host, port)
  const flags = { ticket: 0, passive: false, durable: false, autoDelete: false, internal: false, nowait: false }
  const known: string[] = []
  for (const type of FURTHER_TYPES) {
    const name = `probe-${type}`
    await link.ensure(1)
    const answer = await link.ask(1, exchange.declare, { ...flags, exchange: name, type, arguments: new Map() })
    if (!answer.startsWith('exchange.declare-ok')) continue
    known.push(type)
    await link.ask(1, exchange.delete, { ticket: 0, exchange: name, ifUnused: false, nowait: false })
  }
  await link.close()
  further = known
  const without = FURTHER_TYPES.filter((type) => !known.includes(type))
  if (without.length > 0) console.log(`not compared, as the real one has not got it: ${without.join(', ')}`)
}

/** A message that comes again does not say so. */
function forgetRedelivered(): void {
  const { requeue } = Queue.prototype
  Queue.prototype.requeue = function (sequence) {
    const done = requeue.call(this, sequence)
    if (done) this.index.setFlags(sequence, this.index.flags(sequence) & ~8)
    return done
  }
}
