import { openBroker } from '../src/broker/open.ts'
import { bindQueue } from '../src/broker/queue/bind.ts'
import { declareQueue } from '../src/broker/queue/declare.ts'
import { nodeEnv } from '../src/env/node.ts'
import { batchWorker } from '../src/server/batch-worker-entry.ts'
import { Arena } from '../src/std/arena.ts'
import { assert } from '../src/std/assert.ts'
import { STORE_DEFAULTS } from '../src/store/store.ts'
import { EMPTY_TABLE } from '../src/wire/amqp/field.ts'

const ROUNDS = 5

/** How long a step of a checkpoint holds the event loop in a broker with `count` queues, each with a binding, in milliseconds of the processor. */
export async function measureDefinitions(directory: string, count: number): Promise<void> {
  const arena = new Arena(256 * 2 ** 20)
  const broker = openBroker({
    env: nodeEnv({ directory, arena, worker: batchWorker }),
    arena,
    broker: { outputRegions: 1, maxMessageSize: 2 ** 20, memory: 2 ** 30 },
    store: { ...STORE_DEFAULTS, checkpointGrowth: 2 ** 50 },
    register: [],
    onFatal: (error) => {
      throw error
    },
    report() {},
  })
  const vhost = broker.vhosts.get('/')
  assert(vhost !== undefined, 'the first vhost is there')
  const flags = { durable: true, exclusive: false, autoDelete: false, args: EMPTY_TABLE }
  for (let n = 0; n < count; n++) {
    const queue = `queue-${n}`
    while (!broker.hasRoomForDefinition(8192, false)) await new Promise((resolve) => setImmediate(resolve))
    assert(declareQueue(broker, vhost, 1, { name: queue, ...flags }).ok, 'it is declared')
    assert(bindQueue(broker, vhost, 1, { exchange: 'amq.topic', queue, key: `a.${n}`, args: EMPTY_TABLE }).ok, 'bound')
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const { checkpoints } = broker.store
  const step = checkpoints.step.bind(checkpoints)
  const longest: number[] = []
  let steps = 0
  checkpoints.step = () => {
    const begun = process.cpuUsage()
    const waits = step()
    const { user, system } = process.cpuUsage(begun)
    longest[longest.length - 1] = Math.max(longest.at(-1) ?? 0, (user + system) / 1000)
    steps++
    return waits
  }
  for (let round = 0; round < ROUNDS; round++) {
    longest.push(0)
    const declared = declareQueue(broker, vhost, 1, { name: `more-${round}`, ...flags })
    assert(declared.ok, 'something has happened since the last checkpoint')
    await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise<void>((resolve) => checkpoints.request(resolve))
  }
  const text = longest.map((ms) => ms.toFixed(1)).join(', ')
  console.log(`${count} queues and bindings: longest step of ${ROUNDS} checkpoints ${text} ms, ${steps} steps`)
}
