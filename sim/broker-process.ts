import { openAmqp } from '../src/amqp/open.ts'
import type { Broker } from '../src/broker/broker.ts'
import { ClusterIdentity } from '../src/broker/cluster-id.ts'
import { registerGroupFold } from '../src/broker/group/fold.ts'
import { Groups } from '../src/broker/group/groups.ts'
import { openBroker } from '../src/broker/open.ts'
import { registerTopicFold } from '../src/broker/topic/fold.ts'
import { startRetention } from '../src/broker/topic/retention.ts'
import { Topics } from '../src/broker/topic/topics.ts'
import type { Env } from '../src/env/env.ts'
import { openKafka } from '../src/kafka/open.ts'
import type { Arena } from '../src/std/arena.ts'
import type { Process, World } from './world.ts'

/** The real broker with its fronts, as the server composes them, in a small house. */
export function startBroker(world: World, env: Env, arena: Arena, onFatal: (error: Error) => void): Process {
  const { swarm } = world
  let topics!: Topics
  let groups!: Groups
  let cluster!: ClusterIdentity
  const broker = openBroker({
    env,
    arena,
    broker: { outputRegions: 16, maxMessageSize: swarm.file - 1024, memory: 64 * 2 ** 20 },
    store: { journalRing: swarm.ring, spillRing: swarm.ring, fileSize: swarm.file, reserve: 2 * swarm.file },
    register: [
      (opened) => {
        topics = new Topics(opened, {})
        groups = new Groups(opened, { groupInitialRebalanceDelayMs: 500 })
        registerTopicFold(topics)
        registerGroupFold(groups, topics)
        cluster = new ClusterIdentity(opened)
      },
    ],
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
  startRetention(topics)
  const kafka = openKafka(broker, topics, groups, {
    nodeId: 1,
    clusterId: cluster.value(broker),
    autoCreateTopics: false,
    requestBudget: 32 * 2 ** 20,
    log: (text) => world.note(text),
  })
  env.net.listen(
    { host: '127.0.0.1', port: 9092 },
    (socket) => kafka.accept(socket, null),
    () => {},
  )
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
