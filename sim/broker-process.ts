import { openAmqp } from '../src/amqp/open.ts'
import type { Broker } from '../src/broker/broker.ts'
import { openBroker } from '../src/broker/open.ts'
import type { Env } from '../src/env/env.ts'
import type { Arena } from '../src/std/arena.ts'
import type { Process, World } from './world.ts'

/** The real broker with its fronts, as the server composes them, in a small house. */
export function startBroker(world: World, env: Env, arena: Arena, onFatal: (error: Error) => void): Process {
  const { swarm } = world
  const broker = openBroker({
    env,
    arena,
    broker: { outputRegions: 16, maxMessageSize: swarm.file - 1024, memory: 64 * 2 ** 20 },
    store: { journalRing: swarm.ring, spillRing: swarm.ring, fileSize: swarm.file, reserve: 2 * swarm.file },
    register: [],
    onFatal,
    report: (event) => {
      world.note(JSON.stringify(event))
      world.add(`store: ${event.kind}`)
    },
  })
  const amqp = openAmqp(broker, {
    login: () => true,
    version: 'sim',
    clusterName: 'sim',
    channelMax: 100,
    frameMax: 131_072,
    heartbeat: 0,
    assemblyBudget: 32 * 2 ** 20,
  })
  env.net.listen(
    { host: '127.0.0.1', port: 5672 },
    (socket) => amqp.accept(socket),
    () => {},
  )
  return {
    check: () => checkBroker(broker),
    count: () => {
      world.add('journal bytes', broker.store.journal.tail)
    },
  }
}

function checkBroker(_broker: Broker): void {}
